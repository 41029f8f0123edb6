"""What a model is told about a symbol in place of its code: its interface, the facts, and the insights.

Facts and insights complement each other: an insight never says who calls a symbol, a fact never says what for.
"""

from collections.abc import Iterable, Iterator, Sequence

from forethought.facts import class_hierarchy as hierarchy
from forethought.facts.symbol_behavior import text_limit
from forethought.insights.entry import Insights
from forethought.qa.fact_rendering.phrasing import where
from forethought.qa.question import Referent
from forethought.syntax.decorators import decorators_of
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS

MAX_NAMES = 6
"""Names per line: the summary has to stay shorter than the code."""
MAX_MEMBERS = 16
MAX_DOCS_LENGTH = 240
"""Characters."""
MAX_BEHAVIOR_LENGTH = 400
"""Characters, and at most half of the code's."""

_NONE = "nothing in this repository"


def context_summary(referent: Referent) -> str:
    """Everything known about a symbol, one thing a line. Reads the index."""
    symbol = referent.symbol
    lines = [
        f"`{symbol.name}`, a {symbol.kind} in {where(referent.symbol_info)}"
        if symbol.name
        else f"The file {referent.path}"
    ]
    lines += [line for line in (symbol.signature, _docs_line(symbol.doc), *_fact_lines(referent)) if line]
    if referent.symbol_info.insights:
        lines += _insight_lines(referent.symbol_info.insights)
    return "\n".join(lines)


def _docs_line(doc: str | None) -> str:
    """The first paragraph of the documentation, shortened."""
    first = " ".join((doc or "").strip().partition("\n\n")[0].split())
    return f"Docs: {first if len(first) <= MAX_DOCS_LENGTH else f'{first[:MAX_DOCS_LENGTH]}…'}" if first else ""


def _fact_lines(referent: Referent) -> Iterator[str]:
    """The facts of the symbol; an empty string for what it cannot have."""
    symbol, workspace, target = referent.symbol, referent.workspace, referent.target
    yield _line("Decorators", decorators_of(symbol, workspace.lines(target.path)))
    if symbol.kind in FUNCTION_KINDS:
        yield _line("Yields", symbol.yielded)
        if symbol.body is None:
            yield _line("Returns", [symbol.returns] if symbol.returns else [])
        else:
            yield _line("Returns", symbol.returned or ([symbol.returns] if symbol.returns else []), if_none="nothing")
            yield _line("Raises", symbol.raises, if_none="nothing itself")
            facts = workspace.facts(target, "calls")
            names = [place.symbol_id for place in facts.calls]
            yield _line("Calls", names, if_none=_NONE, perhaps_more=bool(facts.unresolved_calls))
            behavior = workspace.behavior(target)
            limit = min(MAX_BEHAVIOR_LENGTH, text_limit(symbol))
            yield _line("Behavior", [behavior.text(limit)] if behavior is not None else [])
    elif symbol.kind in CLASS_KINDS or symbol.kind == "file":
        yield _line("Bases", symbol.bases, if_none="none" if symbol.kind in CLASS_KINDS else "")
        members = [member for _, member in hierarchy.own_members(workspace.resolver(), target)]
        yield _line("Defines", [member.short_name for member in members], limit=MAX_MEMBERS, if_none="nothing")
    if symbol.kind in CLASS_KINDS:
        subclasses = hierarchy.subclasses(workspace.resolver(), target)
        yield _line("Subclasses", [place.symbol_id for place in subclasses], if_none=_NONE)
    if symbol.kind != "file":
        callers = workspace.facts(target, "callers")
        names = [place.symbol_id or place.path for place in callers.called_by]
        perhaps_more = callers.may_have_more_callers
        yield _line("Called by", names, callers.called_by_count, if_none=_NONE, perhaps_more=perhaps_more)
        tests = workspace.facts(target, "tests")
        names = [place.symbol_id for place in tests.tests]
        yield _line("Tested by", names, tests.tests_count, if_none=_NONE, perhaps_more=not tests.tests_are_all)


def _line(
    label: str,
    names: Iterable[str],
    count: int | None = None,
    limit: int = MAX_NAMES,
    if_none: str = "",
    perhaps_more: bool = False,
) -> str:
    """“Calls: a, b and 3 more”.

    count: how many there are, where `names` may be only the first of them. if_none: what to say when there are none,
    so that the model does not invent some; the line is left out when it is empty. perhaps_more: there may be others
    that could not be resolved.
    """
    distinct = list(dict.fromkeys(names))
    left_out = max(len(distinct), count or 0) - min(len(distinct), limit)
    perhaps = ", perhaps others" if perhaps_more else ""
    if not distinct:
        return f"{label}: {'nothing that is certain' if perhaps_more else if_none}{perhaps}" if if_none else ""
    more = f" and {left_out} more" if left_out > 0 else ""
    return f"{label}: {', '.join(distinct[:limit])}{more}{perhaps}"


def _insight_lines(insights: Insights) -> list[str]:
    """The insights, each text once: answers to questions repeat the summary and the inferences."""
    texts: Sequence[str] = [*([insights.summary] if insights.summary else []), *insights.inferences]
    answers = [f"{item.question} {item.answer}" for item in insights.questions if item.answer not in texts]
    return [f"- {text}" for text in (*texts, *answers)]
