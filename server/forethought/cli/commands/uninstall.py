"""`forethought uninstall`: lists and deletes what we keep outside repositories."""

import click

from forethought.cli.invocation import Invocation, common_options


@click.command()
@click.option("--dry-run", is_flag=True, help="Only list what would be deleted.")
@common_options
@click.pass_obj
def uninstall(invocation: Invocation, dry_run: bool) -> None:
    """Delete everything that we keep outside repositories.

    Stores, models, snapshots, logs and environments of ours; the program itself is pip's to remove.
    """
    from forethought.app.inventory import delete_items, take_inventory
    from forethought.cli.output import print_document, say
    from forethought.engine.client.hosts import stop_hosts
    from forethought.folders import runtime_folder
    from forethought.text.sanitizers import visible

    settings = invocation.load_settings(None).settings
    if not dry_run:
        stop_hosts(runtime_folder(invocation.environment))
    items = take_inventory(settings, invocation.environment)
    problems = [] if dry_run else delete_items(items)
    if problems:
        invocation.failed(*problems)
    if invocation.json:
        listed = [
            {"kind": item.kind, "path": str(item.path), "bytes": item.bytes, "files": len(item.files)} for item in items
        ]
        print_document({"dryRun": dry_run, "items": listed, "problems": problems})
        return
    for item in items:
        say(f"{item.kind:<12}{item.bytes / 1e6:>10.1f} MB  {visible(str(item.path))}")
    total = sum(item.bytes for item in items) / 1e6
    done = "would be deleted" if dry_run else "deleted"
    say(
        f"{total:.1f} MB {done}. `pip uninstall forethought` removes the program."
        if items
        else "Nothing is left of us."
    )
