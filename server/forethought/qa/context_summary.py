"""What a model is told of a symbol in place of its code: its interface, the facts, and what was thought of it.

Facts and insights complete each other: an insight never says who calls, a fact never says what for.
"""

from collections.abc import Iterable, Iterator, Sequence

from forethought.facts import class_hierarchy as hierarchy
from forethought.insights.entry import Insights
from forethought.names.file_names import CLASS_KINDS, FUNCTION_KINDS
from forethought.names.resolver import Target
from forethought.qa.fact_rendering import where
from forethought.qa.question import Referent
from forethought.syntax.decorators import decorators_of

MAX_NAMED = 6
"""Of one kind of fact: a briefing is shorter than the code."""
MAX_MEMBERS = 16
MAX_DOCS_LENGTH = 240
"""Characters."""


def context_summary(item: Referent) -> str:
    """All that is known of a symbol, a line each. Reads the index."""
    symbol = item.symbol_info.symbol
    lines = [
        f"`{symbol.name}`, a {symbol.kind} in {where(item.symbol_info)}"
        if symbol.name
        else f"The file {item.symbol_info.path}"
    ]
    lines += [line for line in (symbol.signature, _docs(symbol.doc), *_facts(item)) if line]
    if item.symbol_info.insights:
        lines += _thoughts(item.symbol_info.insights)
    return "\n".join(lines)


def _docs(doc: str | None) -> str:
    """How the docs begin."""
    first = " ".join((doc or "").strip().partition("\n\n")[0].split())
    return f"Docs: {first if len(first) <= MAX_DOCS_LENGTH else f'{first[:MAX_DOCS_LENGTH]}…'}" if first else ""


def _facts(item: Referent) -> Iterator[str]:
    symbol, workspace = item.symbol_info.symbol, item.workspace
    target = Target(item.symbol_info.path, symbol.id)
    yield _said("Decorators", decorators_of(symbol, workspace.lines(target.path)))
    if symbol.kind in FUNCTION_KINDS:
        yield _said("Yields", symbol.yielded)
        if symbol.body is None:
            yield _said("Returns", [symbol.returns] if symbol.returns else [])
        else:
            yield _said("Returns", symbol.returned or ([symbol.returns] if symbol.returns else []), none="nothing")
            yield _said("Raises", symbol.raises, none="nothing itself")
            found = workspace.facts(target, "calls")
            names = [place.symbol_id for place in found.calls]
            yield _said("Calls", names, none=_NONE, more=bool(found.ambiguous_callers))
    elif symbol.kind in CLASS_KINDS or symbol.kind == "file":
        yield _said("Bases", symbol.bases, none="none" if symbol.kind in CLASS_KINDS else "")
        members = [member for _, member in hierarchy.own_members(workspace.resolver(), target)]
        yield _said("Defines", [member.short_name for member in members], limit=MAX_MEMBERS, none="nothing")
    if symbol.kind in CLASS_KINDS:
        subclasses = hierarchy.subclasses(workspace.resolver(), target)
        yield _said("Subclasses", [place.symbol_id for place in subclasses], none=_NONE)
    if symbol.kind != "file":
        callers = workspace.facts(target, "callers")
        names = [place.symbol_id or place.path for place in callers.called_by]
        yield _said("Called by", names, callers.called_by_count, none=_NONE, more=callers.may_call_count > 0)
        tests = workspace.facts(target, "tests")
        names = [place.symbol_id for place in tests.tests]
        yield _said("Tested by", names, tests.tests_count, none=_NONE, more=not tests.tests_are_all)


_NONE = "nothing in this repository"


def _said(
    what: str,
    names: Iterable[str],
    count: int | None = None,
    limit: int = MAX_NAMED,
    none: str = "",
    more: bool = False,
) -> str:
    """“Calls: a, b and 3 more”. count: how many there are, where `names` may be only the first.

    none: what is said where there are none, lest the model invent some; without it nothing is. more: there may be
    others, of which it cannot be told whether they are meant.
    """
    found = list(dict.fromkeys(names))
    left_out = max(len(found), count or 0) - min(len(found), limit)
    perhaps = ", perhaps others" if more else ""
    if not found:
        return f"{what}: {'nothing that is certain' if more else none}{perhaps}" if none else ""
    return f"{what}: {', '.join(found[:limit])}{f' and {left_out} more' if left_out > 0 else ''}{perhaps}"


def _thoughts(insights: Insights) -> list[str]:
    """Each text once: answers to questions repeat the summary and the inferences."""
    said: Sequence[str] = [*([insights.summary] if insights.summary else []), *insights.inferences]
    answers = [f"{item.question} {item.answer}" for item in insights.questions if item.answer not in said]
    return [f"- {text}" for text in (*said, *answers)]
