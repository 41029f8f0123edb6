"""`forethought precompute`: sleep-time passes now, because the user asked for them."""

from pathlib import Path

import click

from forethought.cli.interruption import cancel_on_interrupt
from forethought.cli.invocation import Invocation, common_options
from forethought.cli.locations import choose_root, path_in_root
from forethought.cli.output import show_progress
from forethought.cli.render import describe_precompute
from forethought.errors import StoreError
from forethought.idle.precomputation import Selection


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--since", metavar="REV", help="Only files that changed since this revision.")
@click.option("--include", metavar="GLOB", multiple=True, help="Only files that match this glob; can be repeated.")
@click.option("--exclude", metavar="GLOB", multiple=True, help="No files that match this glob; can be repeated.")
@click.option("--budget-tokens", metavar="N", type=click.IntRange(min=0), help="Stop after this many tokens.")
@click.option("--budget-seconds", metavar="S", type=click.FloatRange(min=0), help="Stop after this many seconds.")
@click.option("--dry-run", is_flag=True, help="Only report what there is to think about and how long it would take.")
@common_options
@click.pass_obj
def precompute(
    invocation: Invocation,
    path: Path | None,
    since: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    budget_tokens: int | None,
    budget_seconds: float | None,
    dry_run: bool,
) -> None:
    """Think about every file now, the most valuable first.

    Updates the index first, reuses what is stored, and stores the insights of each symbol at once. Can be interrupted
    and resumed.
    """
    root, within = choose_root(invocation.root, path)
    if path is not None:
        within = path_in_root(root, path)
    selection = Selection(
        paths=(within,) if within else (),
        since=since,
        include=include,
        exclude=exclude,
        budget_tokens=budget_tokens,
        budget_seconds=budget_seconds,
        dry_run=dry_run,
    )
    with (
        invocation.open_workspace(root) as (session, workspace),
        cancel_on_interrupt() as cancel,
        show_progress("thinking") as progress,
    ):
        if not dry_run and not session.contexts.keeps:
            raise StoreError(
                "Insights cannot be stored, so nothing was thought about; see `forethought doctor`, or set"
                " `cache.directory`."
            )
        report = session.precompute(
            workspace, selection, lambda step: progress(step.done, step.total, step.message), cancel
        )
    document = report.to_json()
    if report.interrupted:
        invocation.interrupted()
    elif report.anything_failed:
        invocation.failed(*(f"{f'{item.path} {item.symbol}'.strip()}: {item.reason}" for item in report.failures))
    invocation.report(document, *describe_precompute(document, dry_run))
