"""`forethought ask`: one question."""

from typing import get_args

import click

from forethought.cli.interruption import cancel_on_interrupt
from forethought.cli.invocation import Invocation, common_options
from forethought.cli.locations import choose_root, first_column, parse_location, path_in_root
from forethought.cli.output import print_document, print_markdown, say, show_stream
from forethought.cli.render import describe_answer
from forethought.present.answer_document import answer_document
from forethought.present.location_encoder import LocationEncoder
from forethought.qa.question import AskedTier, Question


@click.command()
@click.argument("question")
@click.option("--at", "location", metavar="FILE[:LINE]", help="File, and line, that the question is about.")
@click.option("--verbosity", type=click.IntRange(0, 4), help="Maximum length of the answer; 1 by default.")
@click.option(
    "--tier",
    type=click.Choice(get_args(AskedTier)),
    default="auto",
    help="How to answer; by default, the fastest way that works.",
)
@click.option("--fresh", is_flag=True, help="Ask the model again instead of using a stored answer.")
@common_options
@click.pass_obj
def ask(
    invocation: Invocation, question: str, location: str | None, verbosity: int | None, tier: AskedTier, fresh: bool
) -> None:
    """Answer a question about the code.

    From the index or from stored insights if possible, otherwise by asking the model.
    """
    argument = parse_location(location) if location else None
    root, within = choose_root(invocation.root, argument.file if argument else None)
    path = path_in_root(root, argument.file) if argument else None
    with invocation.open_workspace(root, within) as (session, workspace), cancel_on_interrupt() as cancel:
        workspace.refresh(cancel=cancel)
        position = None
        if path is not None and argument is not None and argument.line is not None:
            position = first_column(workspace.lines(path), path, argument.line)
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
        print_markdown(answer.text)
        say("", *describe_answer(document))
