"""`forethought bench NAME`: measurements. Each bench's options are the parameters of its `run`."""

import inspect
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import click

from forethought.bench import BENCHES
from forethought.cli.invocation import Invocation, common_options


class _Benches(click.Group):
    """Imports a bench only when it is run: they need what nothing else needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(BENCHES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _command(cmd_name, BENCHES[cmd_name]) if cmd_name in BENCHES else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Benches"):
            formatter.write_dl(sorted(BENCHES.items()))


@click.group(cls=_Benches, subcommand_metavar="NAME [ARGS]...")
@common_options
def bench() -> None:
    """Measure, on this machine, what we promise."""


def _command(name: str, about: str) -> click.Command:
    module = import_module(f"forethought.bench.{name}")

    @click.command(name, help=about)
    @common_options
    @click.pass_obj
    def measure(invocation: Invocation, /, **options: Any) -> None:
        from forethought.cli.output import print_document, say
        from forethought.cli.places import choose_root

        if "root" in inspect.signature(module.run).parameters:
            options["root"] = choose_root(invocation.root)[0]
        result = module.run(**options)
        if invocation.json:
            print_document(result)
        else:
            knows_verbose = "verbose" in inspect.signature(module.render).parameters
            say(*module.render(result, **({"verbose": invocation.verbose} if knows_verbose else {})).splitlines())

    measure.params[:0] = _parameters(module.run)
    return measure


def _parameters(run: Callable[..., Any]) -> list[click.Parameter]:
    """A sequence of paths becomes arguments, a truth value a flag, anything else an option of its type; `root` is
    the option that every command takes."""
    found: list[click.Parameter] = []
    for parameter in inspect.signature(run).parameters.values():
        if parameter.name == "root":
            continue
        name, default = parameter.name, parameter.default
        is_flag = isinstance(default, bool)
        kinds = (parameter.annotation, *get_args(parameter.annotation))
        kind = next((kind for kind in (bool, int, float, Path) if kind in kinds), str)
        value_type = click.Path(path_type=Path) if kind is Path else kind
        required = default is inspect.Parameter.empty
        if isinstance(default, tuple):
            found.append(click.Argument([name], nargs=-1, type=value_type))
        elif required:
            found.append(click.Argument([name], type=value_type))
        else:
            flag = f"--{name.replace('_', '-')}"
            shown = "" if default is None or is_flag else f" ({default} by default)"
            help_text = f"Sets {name.replace('_', ' ')}{shown}."
            found.append(click.Option([flag], default=default, type=value_type, is_flag=is_flag, help=help_text))
    return found
