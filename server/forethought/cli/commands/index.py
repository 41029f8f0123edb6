"""`forethought index`: updates the index."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from forethought import __version__
from forethought.cli.interruption import cancel_on_interrupt
from forethought.cli.invocation import Invocation, common_options
from forethought.cli.locations import choose_root, path_in_root
from forethought.cli.output import note, show_progress
from forethought.cli.output_file import write_file
from forethought.cli.render import describe_index
from forethought.errors import Cancelled
from forethought.scip.export import export_index
from forethought.text.redaction import redact
from forethought.text.uris import file_uri
from forethought.workspace.indexer import IndexReport
from forethought.workspace.precise_import import precise_problem


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option(
    "--export-scip",
    "scip",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the index of the whole repository to this file, in SCIP's format.",
)
@common_options
@click.pass_obj
def index(invocation: Invocation, path: Path | None, scip: Path | None) -> None:
    """Update the index and report what it contains.

    PATH limits the update to a folder or a file.
    """
    root, within = choose_root(invocation.root, path)
    if path is not None:
        within = path_in_root(root, path)
    with (
        invocation.open_workspace(root, within) as (_, workspace),
        cancel_on_interrupt() as cancel,
        show_progress("indexing") as progress,
    ):
        report = workspace.refresh([within] if within else None, on_progress=progress, cancel=cancel)
        skipped = workspace.why_left_out(within)
        if scip is not None and not report.cancelled:
            data_languages = workspace.languages.data_names
            exported = export_index(
                workspace.resolver(), file_uri(root), __version__, redact, data_languages, lambda: cancel.cancelled
            )
            try:
                write_file(scip, exported)
            except Cancelled:
                report = replace(report, cancelled=True)
        problem = precise_problem(workspace.index, root)
    if report.cancelled:
        invocation.interrupted()
    elif skipped:
        invocation.failed(f"{within} is skipped: {skipped}")
    elif report.failures:
        invocation.failed(*(f"{name}: {reason}" for name, reason in sorted(report.failures.items())))
    if problem:
        note(problem)
    document = _index_document(report)
    invocation.report(document, *describe_index(root, document))


def _index_document(report: IndexReport) -> dict[str, Any]:
    return {
        "files": report.files,
        "symbols": report.symbols,
        "references": report.references,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        "languages": dict(report.languages),
        "skipped": dict(report.skipped),
        "read": report.read,
        "changed": len(report.changed),
        "removed": len(report.removed),
        "failures": [{"path": path, "reason": reason} for path, reason in sorted(report.failures.items())],
    }
