"""`forethought show`: the stored insights of a file or a symbol, with live facts."""

import click

from forethought.cli.invocation import Invocation, common_options
from forethought.cli.locations import LocationError, choose_root, first_column, parse_location, path_in_root
from forethought.cli.render import describe_insights
from forethought.present.insight_document import insight_document
from forethought.present.location_encoder import LocationEncoder


@click.command()
@click.argument("location", metavar="FILE[:LINE]")
@common_options
@click.pass_obj
def show(invocation: Invocation, location: str) -> None:
    """Show what is known about a file or a symbol.

    With a line, the innermost symbol there. Needs no model.
    """
    argument = parse_location(location)
    root, within = choose_root(invocation.root, argument.file)
    path = path_in_root(root, argument.file)
    with invocation.open_workspace(root, within) as (_, workspace):
        workspace.refresh()
        if argument.line is None:
            symbol_infos = workspace.symbol_infos(path)
        else:
            position = first_column(workspace.lines(path), path, argument.line)
            target = workspace.enclosing_symbol(path, position)
            symbol_info = workspace.symbol_info(target) if target else None
            symbol_infos = (symbol_info,) if symbol_info else None
        if not symbol_infos:
            reason = workspace.why_left_out(path) or "it is a folder"
            raise LocationError(
                f"Nothing is known about {path or argument.file}: {reason}; see `forethought status` for skipped files."
            )
        document = insight_document(workspace, symbol_infos, LocationEncoder())
    invocation.report(document, *describe_insights(document))
