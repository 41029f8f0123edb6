"""`forethought ask`: one question."""

from typing import TYPE_CHECKING

import click

from forethought.cli.invocation import Invocation, common_options

if TYPE_CHECKING:
    from forethought.qa.question import AskedTier

TIERS = ("auto", "facts", "predicted", "enriched", "full")


@click.command()
@click.argument("question")
@click.option("--at", "place", metavar="FILE[:LINE]", help="The file, and the line, that the question is about.")
@click.option("--verbosity", type=click.IntRange(0, 4), help="How long the answer may be; 1 by default.")
@click.option(
    "--tier", type=click.Choice(TIERS), default="auto", help="How the answer is made; by default the quickest."
)
@click.option("--fresh", is_flag=True, help="Ask the model again instead of answering from a prediction.")
@common_options
@click.pass_obj
def ask(
    invocation: Invocation, question: str, place: str | None, verbosity: int | None, tier: "AskedTier", fresh: bool
) -> None:
    """Answer one question about the code.

    From the index or from what was thought about before, where that is possible; else by asking the model.
    """
    from forethought.cli.interruption import cancel_on_interrupt
    from forethought.cli.locations import choose_root, first_column, parse_location, path_in_root
    from forethought.cli.output import print_document, print_markdown, say, show_stream
    from forethought.present.answer_document import answer_document
    from forethought.present.location_encoder import LocationEncoder
    from forethought.qa.question import Question

    written = parse_location(place) if place else None
    root, within = choose_root(invocation.root, written.file if written else None)
    path = path_in_root(root, written.file) if written else None
    with invocation.open_workspace(root, within) as (session, workspace), cancel_on_interrupt() as cancel:
        workspace.refresh(cancel=cancel)
        position = None
        if path is not None and written is not None and written.line is not None:
            position = first_column(workspace.lines(path), path, written.line)
        asked = Question(
            text=question,
            at=(workspace, path, position) if path is not None else None,
            verbosity=workspace.settings.chat_verbosity if verbosity is None else verbosity,
            tier=tier,
            fresh=fresh,
        )
        with show_stream(enabled=not invocation.json) as add_delta:
            answer = session.ask(asked, add_delta, cancel)
        document = answer_document(answer, LocationEncoder())
    if invocation.json:
        print_document(document)
    else:
        from forethought.cli.render import describe_answer

        print_markdown(answer.text)
        say("", *describe_answer(document))
