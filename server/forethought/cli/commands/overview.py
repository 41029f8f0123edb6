"""`forethought overview`: the repository explained, package by package."""

from pathlib import Path

import click

from forethought.cli.interruption import cancel_on_interrupt
from forethought.cli.invocation import Invocation, common_options
from forethought.cli.locations import LocationError, choose_root, path_in_root
from forethought.cli.output import note, print_document, print_markdown, show_progress
from forethought.cli.output_file import write_file
from forethought.errors import Cancelled
from forethought.present.location_encoder import LocationEncoder
from forethought.present.overview_document import overview_document, overview_markdown
from forethought.present.overview_page import overview_page
from forethought.text.sanitizers import visible


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with everything, which needs no network, to this file.",
)
@common_options
@click.pass_obj
def overview(invocation: Invocation, path: Path | None, html: Path | None) -> None:
    """Explain the repository, package by package.

    What each package is for, what it offers and who uses it, its most used files, and how calls flow from entry
    points to the network and the disk. Each sentence comes from stored insights, the docs or the code, and says which.
    PATH limits the overview to a folder or a file. Needs no model.
    """
    root, within = choose_root(invocation.root, path)
    if path is not None:
        within = path_in_root(root, path)
    with invocation.open_workspace(root, within) as (session, workspace), cancel_on_interrupt() as cancel:
        with show_progress("indexing") as progress:
            report = workspace.refresh(on_progress=progress, cancel=cancel)
        if report.cancelled:
            invocation.interrupted()
            return
        try:
            with show_progress("reading") as progress:
                found = session.overview(
                    workspace,
                    within,
                    with_code=invocation.json or html is not None,
                    on_progress=progress,
                    cancel=cancel,
                )
        except Cancelled:
            invocation.interrupted()
            return
        if not found.packages:
            reason = (workspace.why_left_out(within) if within else None) or "there are no source files"
            raise LocationError(f"There is nothing to explain in {within or root}: {reason}.")
        encoder = LocationEncoder()
        if html is not None:
            write_file(html, [overview_page(found, encoder).encode("utf-8", "replace")])
        if invocation.json:
            print_document(overview_document(found, encoder))
        elif html is None:
            print_markdown(overview_markdown(found))
    if html is not None:
        note(f"Wrote {visible(str(html))}: {len(found.packages)} packages, {len(found.flows)} flows.")
