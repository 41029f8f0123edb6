"""`forethought uninstall`: deletes what we keep outside repositories."""

import click

from forethought.app.inventory import delete_items, take_inventory
from forethought.cli.invocation import Invocation, common_options
from forethought.engine.client.hosts import stop_hosts
from forethought.folders import runtime_folder


@click.command()
@click.option("--dry-run", is_flag=True, help="Only list what would be deleted.")
@common_options
@click.pass_obj
def uninstall(invocation: Invocation, dry_run: bool) -> None:
    """Delete everything that we keep outside repositories.

    Stores, models, snapshots, logs and environments. Use pip to remove the program itself.
    """
    settings = invocation.load_settings().settings
    if not dry_run:
        stop_hosts(runtime_folder(invocation.environment))
    items = take_inventory(settings, invocation.environment)
    problems = [] if dry_run else delete_items(items)
    if problems:
        invocation.failed(*problems)
    listed = [
        {"kind": item.kind, "path": str(item.path), "bytes": item.bytes, "files": len(item.files)} for item in items
    ]
    lines = [f"{item.kind:<12}{item.bytes / 1e6:>10.1f} MB  {item.path}" for item in items]
    megabytes = sum(item.bytes for item in items) / 1e6
    verb = "would be deleted" if dry_run else "deleted"
    summary = f"{megabytes:.1f} MB {verb}. `pip uninstall forethought` removes the program."
    invocation.report(
        {"dryRun": dry_run, "items": listed, "problems": problems},
        *lines,
        summary if items else "There is nothing to delete.",
    )
