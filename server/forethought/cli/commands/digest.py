"""`forethought digest`: what changed while you were away."""

import click

from forethought.cli.invocation import Invocation, common_options
from forethought.cli.locations import choose_root
from forethought.cli.output import print_document, print_markdown
from forethought.present.digest_document import digest_document
from forethought.present.location_encoder import LocationEncoder
from forethought.workspace.changes_since import MAX_LISTED


@click.command()
@click.option("--since", metavar="REV", help="Commit to compare with; by default, the one of your last digest.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=0),
    default=MAX_LISTED,
    help="Maximum number of symbols; 40 by default.",
)
@common_options
@click.pass_obj
def digest(invocation: Invocation, since: str | None, limit: int) -> None:
    """List what changed while you were away, symbol by symbol.

    What each did before, what it does now, and who is affected. The first digest of a repository covers the last 24
    hours. Needs no model.
    """
    root, within = choose_root(invocation.root)
    with invocation.open_workspace(root, within) as (session, workspace):
        document = digest_document(session.digest(workspace, since, limit), LocationEncoder())
    if invocation.json:
        print_document(document)
    else:
        print_markdown(document["markdown"])
