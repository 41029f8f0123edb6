"""`forethought index`: updates the index."""

from pathlib import Path
from typing import Any

import click

from forethought.cli.interruption import cancel_on_interrupt
from forethought.cli.invocation import Invocation, common_options
from forethought.cli.locations import choose_root, path_in_root
from forethought.cli.output import show_progress
from forethought.cli.render import describe_index
from forethought.workspace.indexer import IndexReport


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@common_options
@click.pass_obj
def index(invocation: Invocation, path: Path | None) -> None:
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
    if report.cancelled:
        invocation.interrupted()
    elif skipped:
        invocation.failed(f"{within} is skipped: {skipped}")
    elif report.failures:
        invocation.failed(*(f"{name}: {reason}" for name, reason in sorted(report.failures.items())))
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
