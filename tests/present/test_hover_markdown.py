"""The text of a hover."""

from dataclasses import replace

import pytest

from forethought.facts.certain_uses import UsedBy, Uses
from forethought.facts.effects import Effect, Effects
from forethought.facts.location import Location
from forethought.facts.symbol_facts import SymbolFacts
from forethought.insights.entry import Entry, Insights, Note, PredictedQuestion, Provenance
from forethought.names.resolver import Target
from forethought.present.hover_markdown import hover_markdown
from forethought.present.symbol_links import line_link, symbol_links
from forethought.repo.blame import LastChange
from forethought.syntax.tags import Position, Range, Span, Symbol
from forethought.text.uris import file_uri
from forethought.workspace.symbol_info import SymbolInfo

PLACE = Range(Position(4, 4), Position(4, 9))
SYMBOL = Symbol(
    id="total", name="total", kind="function", range=PLACE, selection=PLACE, span=Span(0, 1), body=None, parent="",
    signature="def total(shapes: list[Shape]) -> float", doc="The sum of all areas.\n\nMore of it.",
)  # fmt: skip
INFO = SymbolInfo(
    "shapes.py",
    "python",
    SYMBOL,
    "subject",
    facts=SymbolFacts(
        signature=SYMBOL.signature,
        doc=SYMBOL.doc,
        calls=(),
        called_by=tuple(Location("main.py", f"caller_{number}", PLACE) for number in range(5)),
        called_by_count=7,
        raises=("ValueError",),
        tests=(Location("tests/test_shapes.py", "test_total", PLACE),),
    ),
    last_change=LastChange("c" * 40, "Ann", "2026-01-02T03:04:05+00:00", "Add <b>shapes</b>"),
)
PROVENANCE = Provenance(
    model="SmolLM2-135M", generator_id="p", prompt_version="1", rounds=1, candidates=1, prompt_tokens=1,
    completion_tokens=1, seconds=1.0, created_at="2026-01-01T00:00:00Z", demo=True,
)  # fmt: skip
INSIGHTS = Insights(
    "Adds up `shapes`.", ("It needs a list.", "Empty gives 0.", "Third."), (PredictedQuestion("Q?", "A."),)
)
EFFECTS = Effects(
    (
        Effect("clock", "time.time", "shapes.py", PLACE),
        Effect(
            "network", "pool.send", "far.py", PLACE, tuple(Target("far.py", name) for name in ("send", "a", "once"))
        ),
        Effect("file_write", "dump", "shapes.py", PLACE),
    )
)
ENTRY = Entry("subject", "p", "done", INSIGHTS, PROVENANCE)
FRESH = replace(INFO, state="fresh", entry=ENTRY)


def link_to(path: str, range_: Range) -> str:
    return line_link(file_uri(f"/r/{path}"), range_)


def last_line(symbol_info: SymbolInfo) -> str:
    return hover_markdown([symbol_info]).splitlines()[-1]


def test_insights_leave_no_room_for_what_other_servers_show() -> None:
    text = hover_markdown([FRESH], link_to=link_to)
    assert text.startswith("Adds up `shapes`.") and "It needs a list." in text and "Third." not in text
    assert "def total" not in text and "The sum of all areas" not in text
    assert "[`caller_0`](file:///r/main.py#L5)" in text and "Called 7 times" in text
    assert len([line for line in text.splitlines() if line]) <= 6


def test_what_nothing_calls_says_how_often_it_is_used() -> None:
    places = (Location("main.py", "reader", PLACE), Location("main.py", "", PLACE))
    uses: UsedBy = {"read": Uses(2, places), "imported": Uses(3, places)}
    assert INFO.facts is not None
    unused = replace(INFO, facts=replace(INFO.facts, called_by=(), called_by_count=0))
    assert "Used 2 times: `reader`, `main.py`" in hover_markdown([replace(unused, used_by=uses)])
    assert "sed " not in hover_markdown([replace(unused, used_by={})])
    assert "Used" not in hover_markdown([replace(INFO, used_by=uses)])


def test_without_insights_signature_and_facts_are_there_at_once() -> None:
    text = hover_markdown([INFO])
    assert "```python\ndef total(shapes: list[Shape]) -> float\n```" in text
    assert "The sum of all areas." in text and "More of it" not in text
    assert "raises `ValueError`" in text and "tested by `test_total`" in text
    assert "Add \\<b>shapes\\</b>" in text
    assert last_line(INFO) == "— Forethought · facts"


def test_behavior_and_effects_stand_between_insights_and_facts() -> None:
    behavior = replace(FRESH, behavior_summary="Returns `0` when `not shapes`. Sets `a_b` to `*` <b>.", effects=EFFECTS)
    lines = [line for line in hover_markdown([behavior]).splitlines() if line]
    place = lines.index("Returns `0` when `not shapes`. Sets `a_b` to `*` \\<b>.")
    assert lines[place - 1].startswith("- ")
    assert lines[place + 1] == (
        "Uses the network: `pool.send`, through `send` → … → `once`; writes to the file system: `dump` …"
    )
    assert lines[place + 2].startswith("Called 7 times")
    assert len(lines) == 7


def test_the_origin_of_behavior_is_told_apart_from_the_model() -> None:
    told = replace(FRESH, behavior_summary="Returns `0`.")
    assert last_line(told) == f"{last_line(FRESH)} · behavior read from the code"
    assert last_line(replace(INFO, behavior_summary="Returns `0`.")) == last_line(INFO) == "— Forethought · facts"
    assert hover_markdown([told], content="insights") == hover_markdown([FRESH], content="insights")


def test_full_shows_both_and_insights_shows_only_insights() -> None:
    full = hover_markdown([FRESH], content="full")
    assert "def total" in full and "Adds up" in full
    only = hover_markdown([FRESH], content="insights")
    assert "Third." in only and "Called" not in only
    assert hover_markdown([INFO], content="insights") == ""


@pytest.mark.parametrize(
    ("symbol_info", "words"),
    [
        (FRESH, "predicted · SmolLM2-135M (demo model) · fresh"),
        (replace(FRESH, state="stale"), "stale: written for an older version of this code"),
        (replace(FRESH, callee_changed=True), "fresh, but a callee has changed since"),
        (replace(FRESH, entry=replace(ENTRY, provenance=replace(PROVENANCE, origin="shared"))), "shared · fresh"),
        (replace(FRESH, state="empty", entry=replace(ENTRY, insights=Insights())), "facts"),
        (replace(FRESH, state="failed"), "facts"),
    ],
)
def test_the_last_line_says_where_it_comes_from(symbol_info: SymbolInfo, words: str) -> None:
    assert last_line(symbol_info).startswith("— Forethought · ") and last_line(symbol_info).endswith(words)


def test_an_ambiguous_name_is_never_guessed() -> None:
    others = [replace(INFO, path=f"{name}.py") for name in "abcdef"]
    text = hover_markdown(others, link_to=link_to)
    assert text.startswith("6 possible definitions:") and "and 2 more" in text
    assert "[`total`](file:///r/a.py#L5) in `a.py`" in text and "def total" not in text


@pytest.mark.parametrize(
    ("count", "total", "links"),
    [(2, 2, "`f0`, `f1`"), (2, 3, "`f0`, `f1` …"), (3, 3, "`f0`, `f1` …"), (0, 5, "")],
)
def test_an_ellipsis_follows_when_symbols_are_left_out(count: int, total: int, links: str) -> None:
    callers = [Location("a.py", f"f{number}", PLACE) for number in range(count)]
    assert symbol_links(callers, 2, total, None) == links
    repeated = [Location("a.py", "f", PLACE)] * 2
    assert symbol_links(repeated, 2, 2, None) == "`f`"


def test_names_and_models_cannot_inject_links() -> None:
    evil = "x](http://evil.example) <img src=x>"
    symbol_info = replace(
        FRESH,
        symbol=replace(SYMBOL, name=evil, signature=f"def {evil}\n```\n<b>"),
        entry=replace(ENTRY, insights=Insights(summary=evil), provenance=replace(PROVENANCE, model=evil)),
    )
    text = hover_markdown([symbol_info], link_to=link_to)
    assert "](http" not in text and " <img" not in text
    assert "](http" not in hover_markdown([symbol_info, symbol_info], link_to=link_to)


def test_a_note_links_to_the_line_that_it_is_about_while_it_is_fresh() -> None:
    note = Note("It needs a list.", "how", ((2, 3),), 0.9, 0.5, shown=True)
    noted = replace(FRESH, entry=replace(ENTRY, insights=replace(INSIGHTS, notes=(note,))))
    assert "- It needs a list. ([`line 7`](file:///r/shapes.py#L7))" in hover_markdown([noted], link_to=link_to)
    assert "line 7" not in hover_markdown([replace(noted, state="stale")], link_to=link_to)
    assert "line 7" not in hover_markdown([noted])
