"""`forethought bench NAME`, and the command-line group that `python -m benchmarks` shares with it.

Each benchmark's options are the parameters of its `run`.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import click

from forethought.bench import BENCHMARKS, Benchmark
from forethought.cli.invocation import Invocation, common_options
from forethought.text.sanitizers import visible

if TYPE_CHECKING:
    from forethought.bench.report import Report

WriteReport = Callable[["Report", Path], Sequence[str]]
"""Writes a report's files into a folder and returns the sentences that say so. Raises ForethoughtError."""

_MEASUREMENT = "measurement"
"""A `run` with this parameter uses a model and can resume; on the command line it stands for `--model`, `--engine`."""


class BenchGroup(click.Group):
    """One subcommand per benchmark. A module is imported only when its benchmark is run: they need optional packages.

    With `write_report`, every benchmark takes `--out` and leaves its report there.
    """

    def __init__(
        self,
        name: str,
        *,
        benchmarks: Mapping[str, Benchmark],
        write_report: WriteReport | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name, **{"subcommand_metavar": "NAME [ARGS]...", **options})
        self._benchmarks = benchmarks
        self._write_report = write_report

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*self._benchmarks, *self.commands])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self._benchmarks:
            return _command(cmd_name, self._benchmarks[cmd_name], self._write_report)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Benchmarks"):
            formatter.write_dl([(name, found.summary) for name, found in sorted(self._benchmarks.items())])
        if self.commands:
            with formatter.section("Other commands"):
                formatter.write_dl([(name, found.get_short_help_str(100)) for name, found in self.commands.items()])


@click.group(cls=BenchGroup, benchmarks=BENCHMARKS)
@common_options
def bench() -> None:
    """Measure what we promise on your own repository and machine.

    Benchmarks that need a model use SmolLM2 unless you chose another one.
    """


def default_folder(invocation: Invocation) -> Path:
    """Where results are stored unless told otherwise: `measurements` in the cache folder."""
    from forethought.bench.measurement import measurements_folder

    return measurements_folder(invocation.load_settings(None).settings)


def _command(name: str, benchmark: Benchmark, write_report: WriteReport | None) -> click.Command:
    module = import_module(benchmark.module)
    parameters = inspect.signature(module.run).parameters

    @click.command(name, help=benchmark.summary)
    @common_options
    @click.pass_obj
    def measure(invocation: Invocation, /, out: Path | None = None, **options: Any) -> None:
        from forethought.cli.locations import choose_root

        if "root" in parameters:
            options["root"] = choose_root(invocation.root)[0]
        if _MEASUREMENT in parameters:
            report = _run_resumable(invocation, name, benchmark, out or default_folder(invocation), options)
        else:
            report = module.run(**options)
        if report is not None:
            _deliver(invocation, report, out, write_report)

    measure.params[:0] = [*_parameters(module.run), *([_out_option()] if write_report else [])]
    return measure


def _run_resumable(
    invocation: Invocation, name: str, benchmark: Benchmark, folder: Path, options: dict[str, Any]
) -> "Report | None":
    """Run a benchmark that stores its results. Ctrl-C ends it with a report of the finished part, or None."""
    from forethought.bench.measurement import Measurement
    from forethought.cli.interruption import cancel_on_interrupt
    from forethought.cli.output import show_progress
    from forethought.errors import Cancelled

    chosen = {f"FORETHOUGHT_{key.upper()}": options.pop(key) for key in ("model", "engine")}
    environment = {**invocation.environment, **{key: value for key, value in chosen.items() if value}}
    package = benchmark.module.partition(".")[0]
    with (
        cancel_on_interrupt() as cancel,
        Measurement(
            name, folder, environment, package=package, cancel=cancel, show_progress=show_progress
        ) as measurement,
    ):
        try:
            report: Report = import_module(benchmark.module).run(measurement, **options)
        except Cancelled:
            if not cancel.cancelled:
                raise
            invocation.interrupted()
            return None
        if measurement.unfinished:
            invocation.interrupted()
            rest = f"Interrupted after {', '.join(measurement.unfinished)}; run the same command to resume."
            report = replace(report, verdict=(rest, *report.verdict))
    return report


def _deliver(invocation: Invocation, report: "Report", out: Path | None, write_report: WriteReport | None) -> None:
    from forethought.bench.report_json import report_to_json
    from forethought.cli.output import note, print_document, say

    written = write_report(report, out or default_folder(invocation)) if write_report else ()
    if invocation.json:
        print_document(report_to_json(report))
    else:
        _print_report(report)
    (note if invocation.json else say)(*map(visible, written))


def _print_report(report: "Report") -> None:
    from forethought.bench.tables import cell_text, goals_table, numeric_columns
    from forethought.cli.output import print_table, say

    say(visible(report.title), visible(report.shows), "")
    for table in (*((goals_table(report.goals),) if report.goals else ()), *report.tables):
        rows = [[cell_text(cell) for cell in row] for row in table.rows]
        print_table(table.title, table.columns, rows, numeric_columns(table), table.note)
    say(*(f"• {visible(sentence)}" for sentence in report.verdict))


def _parameters(run: Callable[..., Any]) -> list[click.Parameter]:
    """Derive command-line parameters from the signature of a `run`.

    A sequence of paths becomes arguments, a bool a flag, anything else an option of its type; `root` is the option
    every command takes. `Annotated[int, "What it does."]` gives an option its help text.
    """
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
        if isinstance(default, tuple):
            found.append(click.Argument([name], nargs=-1, type=value_type))
        else:
            shown = "" if default is None or is_flag else f" (default: {default})"
            help_text = f"{about.removesuffix('.')}{shown}."
            flag = f"--{name.replace('_', '-')}"
            found.append(click.Option([flag], default=default, type=value_type, is_flag=is_flag, help=help_text))
    return found


def _engine_options() -> list[click.Parameter]:
    kinds = click.Choice(["auto", "llama", "openai", "none"])
    model = "GGUF file or model name; by default the model you chose, else SmolLM2."
    engine = "What runs the model; by default as configured."
    return [click.Option(["--model"], help=model), click.Option(["--engine"], type=kinds, help=engine)]


def _out_option() -> click.Option:
    folder = click.Path(path_type=Path, file_okay=False)
    about = "Folder for results, plots and the report; by default `measurements` in the cache folder."
    return click.Option(["--out"], type=folder, help=about)
