"""`forethought status`: index, coverage, store, engine, what is next and why."""

import click

from forethought.cli.invocation import Invocation, common_options


@click.command()
@common_options
@click.pass_obj
def status(invocation: Invocation) -> None:
    """Say what is indexed and thought about, and what is next.

    And why that is next, how much is stored, and which engine there is.
    """
    from forethought.cli.locations import choose_root
    from forethought.cli.output import print_document, say

    root, within = choose_root(invocation.root)
    with invocation.open_workspace(root, within) as (session, workspace):
        workspace.refresh()
        session.refresh_coverage()
        document = session.status()
    if invocation.json:
        print_document(document)
    else:
        from forethought.cli.render import describe_status

        say(*describe_status(document))
