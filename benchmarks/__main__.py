"""`python -m benchmarks NAME`, in a checkout with Forethought installed. See README.md."""

import sys
from pathlib import Path

import click

from benchmarks import BENCHMARKS
from benchmarks.datasets import gsm8k
from benchmarks.report.files import join_reports, write_report
from forethought.cli.commands.bench import BenchGroup, default_folder
from forethought.cli.invocation import Invocation, common_options
from forethought.cli.main import main
from forethought.cli.output import note, print_document, say
from forethought.text.sanitizers import visible


@click.group(
    "python -m benchmarks",
    cls=BenchGroup,
    benchmarks=BENCHMARKS,
    write_report=lambda report, folder: write_report(report, folder).sentences,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@common_options
def benchmarks() -> None:
    """Repeat our benchmarks.

    Those that need a model use SmolLM2 unless you chose another one. An interrupted run is resumed by the same command.
    Each leaves tables, plots and an HTML report.
    """


@benchmarks.command("report")
@common_options
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="[DIR]...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the page; by default the first one named.",
)
@click.pass_obj
def report(invocation: Invocation, folders: tuple[Path, ...], out: Path | None) -> None:
    """Join the reports in these folders into one HTML page; by default those in the cache folder."""
    chosen = folders or (default_folder(invocation),)
    written = join_reports(chosen, out or chosen[0])
    if invocation.json:
        print_document({"page": str(written.page)})
    (note if invocation.json else say)(*map(visible, written.sentences))


@benchmarks.command("fetch")
@common_options
@click.pass_obj
def fetch(invocation: Invocation) -> None:
    """Download the datasets that are not part of the repository (GSM8K)."""
    files = [gsm8k.fetch(dataset, default_folder(invocation)) for dataset in (gsm8k.TEST, gsm8k.SOCRATIC)]
    if invocation.json:
        print_document({"files": list(map(str, files))})
    else:
        say(*(visible(str(file)) for file in files))


if __name__ == "__main__":
    sys.exit(main(command=benchmarks))
