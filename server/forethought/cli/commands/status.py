"""`forethought status`: the index, its coverage, the store, the engine, and what is next."""

import click

from forethought.cli.invocation import Invocation, common_options
from forethought.cli.locations import choose_root
from forethought.cli.render import describe_status


@click.command()
@common_options
@click.pass_obj
def status(invocation: Invocation) -> None:
    """Show what is indexed and thought about, and what is next.

    Also why it is next, how much is stored, and which engine is used.
    """
    root, within = choose_root(invocation.root)
    with invocation.open_workspace(root, within) as (session, workspace):
        workspace.refresh()
        session.refresh_coverage()
        document = session.status()
    invocation.report(document, *describe_status(document))
