"""`forethought digest`: what changed while you were away."""

import click

from forethought.cli.invocation import Invocation, common_options


@click.command()
@click.option("--since", metavar="REV", help="The commit to compare with; by default, what your last digest saw.")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="List at most this many symbols; 40 by default.")
@common_options
@click.pass_obj
def digest(invocation: Invocation, since: str | None, limit: int | None) -> None:
    """Say what changed while you were away, symbol by symbol.

    What it did, what it does, and who is affected. The first digest of a repository looks back 24 hours. Needs no
    model.
    """
    from forethought.cli.locations import choose_root
    from forethought.cli.output import print_document, print_markdown
    from forethought.present.digest_document import digest_document
    from forethought.present.location_encoder import LocationEncoder
    from forethought.workspace.changes_since import MAX_LISTED

    root, within = choose_root(invocation.root)
    with invocation.open_workspace(root, within) as (session, workspace):
        found = session.digest(workspace, since, MAX_LISTED if limit is None else limit)
        document = digest_document(found, LocationEncoder())
    if invocation.json:
        print_document(document)
    else:
        print_markdown(document["markdown"])
