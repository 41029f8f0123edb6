"""`forethought index`: the index only, with timings."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forethought.cli.invocation import Invocation, common_options

if TYPE_CHECKING:
    from forethought.workspace.indexer import IndexReport


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@common_options
@click.pass_obj
def index(invocation: Invocation, path: Path | None) -> None:
    """Bring the index up to date and say what it holds.

    PATH limits it to a folder or file.
    """
    from forethought.cli.interruption import cancel_on_interrupt
    from forethought.cli.locations import choose_root, path_in_root
    from forethought.cli.output import print_document, say, show_progress

    root, within = choose_root(invocation.root, path)
    if path is not None:
        within = path_in_root(root, path)
    with (
        invocation.open_workspace(root, within) as (_, workspace),
        cancel_on_interrupt() as cancel,
        show_progress("indexing") as progress,
    ):
        report = workspace.refresh([within] if within else None, on_progress=progress, cancel=cancel)
        left_out = workspace.why_left_out(within)
    if report.cancelled:
        invocation.interrupted()
    elif left_out:
        invocation.failed(f"{within} is left out: {left_out}")
    elif report.failures:
        invocation.failed(*(f"{name}: {reason}" for name, reason in sorted(report.failures.items())))
    document = _index_document(report)
    if invocation.json:
        print_document(document)
    else:
        from forethought.cli.render import describe_index

        say(*describe_index(root, document))


def _index_document(report: "IndexReport") -> dict[str, Any]:
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
