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
    from forethought.cli.output import print_document, say
    from forethought.cli.places import PlaceError, choose_root, first_column, parse_place, path_in_root
    from forethought.documents import Encoder, context_document

    written = parse_place(place)
    root, within = choose_root(invocation.root, written.file)
    path = path_in_root(root, written.file)
    with invocation.open_workspace(root, within) as (_, workspace):
        workspace.refresh()
        if written.line is None:
            cards = workspace.cards(path)
        else:
            position = first_column(workspace.lines(path), path, written.line)
            target = workspace.enclosing_symbol(path, position)
            card = workspace.card(target) if target else None
            cards = (card,) if card else None
        if not cards:
            reason = workspace.why_left_out(path) or "it is a folder"
            raise PlaceError(
                f"Nothing is known about {path or written.file}: {reason}; `forethought status` lists what is left out."
            )
        document = context_document(workspace, cards, Encoder("utf-16"))
    if invocation.json:
        print_document(document)
    else:
        from forethought.cli.render import describe_context

        say(*describe_context(document))
