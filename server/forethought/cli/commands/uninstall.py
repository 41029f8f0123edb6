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
    raise NotImplementedError
