"""`forethought bench NAME`: measurements. Each bench's options are the parameters of its `run`."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import click

from forethought.bench import BENCHES, Bench
from forethought.cli.invocation import Invocation, common_options

if TYPE_CHECKING:
    from benchmarks.report.report_files import Written
    from forethought.bench.report import Report

_MEASUREMENT = "measurement"
"""The parameter of a `run` that works with a model and keeps its results; it stands for three options."""
_OUT = click.Option(
    ["--out"],
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for results, plots and report; by default `measurements` in the cache folder.",
)


class _Benches(click.Group):
    """Imports a bench only when it is run: they need what nothing else needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*BENCHES, "report"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "report":
            return report_command
        return _command(cmd_name, BENCHES[cmd_name]) if cmd_name in BENCHES else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Benches"):
            formatter.write_dl([(name, bench.about) for name, bench in sorted(BENCHES.items())])
        with formatter.section("And"):
            formatter.write_dl([("report", "One page of all the reports that were made.")])


@click.group(cls=_Benches, subcommand_metavar="NAME [ARGS]...")
@common_options
def bench() -> None:
    """Measure, on this machine, what we promise.

    What needs a model takes SmolLM2 unless you chose another. It goes on where an interrupted run was, and leaves
    tables, plots and an HTML report.
    """


@click.command("report")
@common_options
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="[DIR]...")
@click.pass_obj
def report_command(invocation: Invocation, folders: tuple[Path, ...], out: Path | None) -> None:
    """Join the reports in these folders into one HTML page; by default those in the cache folder."""
    from benchmarks.report.report_files import join_reports
    from forethought.cli.output import print_document

    usual = _usual_folder(invocation)
    written = join_reports(folders or (usual,), out or (folders[0] if folders else usual))
    if invocation.json:
        print_document({"page": str(written.page)})
    _say_where(written, to_stdout=not invocation.json)


report_command.params.append(
    click.Option(
        ["--out"],
        type=click.Path(path_type=Path, file_okay=False),
        help="The folder for the page; by default the first that you name.",
    )
)


def _command(name: str, bench: Bench) -> click.Command:
    module = import_module(bench.module)
    parameters = inspect.signature(module.run).parameters

    @click.command(name, help=bench.about)
    @common_options
    @click.pass_obj
    def measure(invocation: Invocation, /, **options: Any) -> None:
        from forethought.bench.report import Report
        from forethought.cli.locations import choose_root
        from forethought.cli.output import print_document, say

        if "root" in parameters:
            options["root"] = choose_root(invocation.root)[0]
        if _MEASUREMENT in parameters:
            _measure(invocation, name, module.run, options)
            return
        result = module.run(**options)
        if isinstance(result, Report):
            _show(invocation, result, None)
        elif invocation.json:
            print_document(result)
        else:
            knows_verbose = "verbose" in inspect.signature(module.render).parameters
            say(*module.render(result, **({"verbose": invocation.verbose} if knows_verbose else {})).splitlines())

    measure.params[:0] = _parameters(module.run)
    return measure


def _measure(invocation: Invocation, name: str, run: Callable[..., "Report"], options: dict[str, Any]) -> None:
    """Run a bench that keeps its results; Ctrl-C ends it with a report of what is done."""
    from forethought.bench.measurement import Measurement
    from forethought.cli.interruption import cancel_on_interrupt
    from forethought.cli.output import show_progress
    from forethought.errors import Cancelled

    out, model, engine = (options.pop(key) for key in ("out", "model", "engine"))
    chosen = {"FORETHOUGHT_MODEL": model, "FORETHOUGHT_ENGINE": engine}
    environment = {**invocation.environment, **{key: value for key, value in chosen.items() if value}}
    folder = out or _usual_folder(invocation)
    with (
        cancel_on_interrupt() as cancel,
        Measurement(name, folder, environment, cancel=cancel, show_progress=show_progress) as measurement,
    ):
        try:
            report = run(measurement, **options)
        except Cancelled:
            if not cancel.cancelled:
                raise
            invocation.interrupted()
            return
        if measurement.unfinished:
            left = f"Interrupted: measured are {', '.join(measurement.unfinished)}; the same command goes on."
            report = replace(report, verdict=(left, *report.verdict))
        _show(invocation, report, folder)
    if measurement.unfinished:
        invocation.interrupted()


def _show(invocation: Invocation, report: "Report", folder: Path | None) -> None:
    """Print a report, and write its files."""
    from benchmarks.report.report_files import write_report
    from forethought.bench.cells import cell_text
    from forethought.bench.report_json import report_to_json
    from forethought.cli.output import print_document, print_table, say

    written = write_report(report, folder or _usual_folder(invocation))
    if invocation.json:
        print_document(report_to_json(report))
    else:
        say(report.title, report.shows, "")
        for table in report.tables:
            rows = [[cell_text(cell) for cell in row] for row in table.rows]
            numeric = [all(not isinstance(cell, str) for cell in column) for column in zip(*table.rows, strict=True)]
            print_table(table.title, table.columns, rows, numeric, table.note)
        say(*(f"• {sentence}" for sentence in report.verdict))
    _say_where(written, to_stdout=not invocation.json)


def _say_where(written: "Written", *, to_stdout: bool) -> None:
    from forethought.cli.output import note, say
    from forethought.text.sanitizers import visible

    lines = [f"Report: {visible(str(written.page))}", *([written.problem] if written.problem else [])]
    (say if to_stdout else note)(*lines)


def _usual_folder(invocation: Invocation) -> Path:
    return invocation.load_settings(None).settings.cache_folder / "measurements"


def _parameters(run: Callable[..., Any]) -> list[click.Parameter]:
    """A sequence of paths becomes arguments, a truth value a flag, anything else an option of its type; `root` is
    the option that every command takes. `Annotated[int, "What it does."]` gives an option its help."""
    found: list[click.Parameter] = []
    for parameter in inspect.signature(run).parameters.values():
        if parameter.name == "root":
            continue
        if parameter.name == _MEASUREMENT:
            found += _engine_options()
            continue
        name, default, annotation, about = parameter.name, parameter.default, parameter.annotation, ""
        if get_origin(annotation) is Annotated:
            annotation, about = get_args(annotation)
        is_flag = isinstance(default, bool)
        kinds = (annotation, *get_args(annotation))
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
            said = about.removesuffix(".") or f"Sets {name.replace('_', ' ')}"
            found.append(
                click.Option([flag], default=default, type=value_type, is_flag=is_flag, help=f"{said}{shown}.")
            )
    return found


def _engine_options() -> list[click.Parameter]:
    kinds = click.Choice(["auto", "llama", "openai", "none"])
    model = "A GGUF file, or a model's name; by default the one that you chose, else SmolLM2."
    engine = "What runs the model; by default what the settings say."
    return [click.Option(["--model"], help=model), click.Option(["--engine"], type=kinds, help=engine), _OUT]
