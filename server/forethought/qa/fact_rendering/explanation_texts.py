"""What a symbol does, without a model: its documentation, and what is read off its code."""

from forethought.facts.behavior_text import standalone
from forethought.facts.location import Location
from forethought.facts.symbol_behavior import text_limit
from forethought.qa.fact_rendering.phrasing import FactText
from forethought.qa.fact_rendering.subject import FactSubject
from forethought.syntax.tags import Position, Range

_MIN_LENGTH, _MAX_STATEMENT = 600, 240
"""Characters of all statements about a short function together, and of one that joins several sentences."""


def explanation(subject: FactSubject) -> FactText:
    """The first paragraph of the docs and, if asked how it works or if there are no docs, what the code does."""
    docs = (subject.symbol.doc or "").strip().partition("\n\n")[0]
    steps = _steps(subject) if subject.intent.aspect != "purpose" or not docs else FactText("")
    text = "\n\n".join(part for part in (docs, steps.text) if part)
    return FactText(text or f"{subject.name} has no documentation, and no code that says what it does.", steps.places)


def _steps(subject: FactSubject) -> FactText:
    """What the code does, in its order, each statement with its line."""
    behavior = subject.workspace.behavior(subject.target)
    if behavior is None:
        info = subject.workspace.symbol_info(subject.target)
        summary = info.behavior_summary if info is not None else ""
        return FactText(f"What {subject.name} does, read from the code: {summary}" if summary else "")
    limit = max(_MIN_LENGTH, 2 * text_limit(subject.symbol))
    statements = list(standalone(behavior.sentences(limit), _MAX_STATEMENT))
    if not statements:
        return FactText(behavior.text(limit))
    lines = [f"- {one.text} (line {one.row + 1})" for one in statements]
    at_least = " at least" if behavior.at_least else ""
    head = f"What {subject.name} does{at_least}, read from the code:"
    rows = (Range(Position(one.row, 0), Position(one.end_row, 0)) for one in statements)
    return FactText(
        "\n".join([head, *lines]), tuple(Location(subject.target.path, subject.symbol.name, row) for row in rows)
    )
