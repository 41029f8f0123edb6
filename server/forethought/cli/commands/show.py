"""`forethought show`: the stored c′ of a file or symbol, with live facts."""

import click

from forethought.cli.invocation import Invocation, common_options


@click.command()
@click.argument("place", metavar="FILE[:LINE]")
@common_options
@click.pass_obj
def show(invocation: Invocation, place: str) -> None:
    """Print what is known about a file or a symbol.

    With a line: the innermost symbol there. Needs no model.
    """
    from forethought.cli.locations import LocationError, choose_root, first_column, parse_location, path_in_root
    from forethought.cli.output import print_document, say
    from forethought.present.insight_document import insight_document
    from forethought.present.location_encoder import LocationEncoder

    written = parse_location(place)
    root, within = choose_root(invocation.root, written.file)
    path = path_in_root(root, written.file)
    with invocation.open_workspace(root, within) as (_, workspace):
        workspace.refresh()
        if written.line is None:
            symbol_infos = workspace.symbol_infos(path)
        else:
            position = first_column(workspace.lines(path), path, written.line)
            target = workspace.enclosing_symbol(path, position)
            symbol_info = workspace.symbol_info(target) if target else None
            symbol_infos = (symbol_info,) if symbol_info else None
        if not symbol_infos:
            reason = workspace.why_left_out(path) or "it is a folder"
            raise LocationError(
                f"Nothing is known about {path or written.file}: {reason}; `forethought status` lists what is left out."
            )
        document = insight_document(workspace, symbol_infos, LocationEncoder())
    if invocation.json:
        print_document(document)
    else:
        from forethought.cli.render import describe_context

        say(*describe_context(document))
