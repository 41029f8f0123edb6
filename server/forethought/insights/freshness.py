"""Which of the stored insights may be shown for a symbol, and whether another pass is needed. Pure."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from forethought.insights.entry import Entry, Insights, text_digest
from forethought.insights.prompts import PROMPT_VERSION
from forethought.insights.trust import is_believed

State = Literal["fresh", "stale", "missing", "empty", "failed"]


@dataclass(frozen=True, slots=True)
class InsightStatus:
    """How a context hash stands in c′."""

    state: State
    entry: Entry | None = None
    generator_ids: frozenset[str] = frozenset()
    """Who has thought about this very context hash to the end, with whatever outcome."""


def is_needed(insight_status: InsightStatus, generator_id: str | None, demo: bool) -> bool:
    """Whether this generator's thinking would bring something: insights stand neither from it nor from a better one."""
    if insight_status.entry is None or insight_status.state in ("stale", "missing"):
        return True
    if generator_id in insight_status.generator_ids:
        return False
    known = insight_status.entry.provenance
    if generator_id == known.generator_id or _version(known.prompt_version) < _version(PROMPT_VERSION):
        return True  # its pass was cut off between two stages, or was held against the code less strictly
    return insight_status.state != "fresh" or (known.demo and not demo)


def insight_status_of(
    entries: Sequence[Entry], earlier: Sequence[Entry], rejected: Collection[str], rejected_earlier: Collection[str]
) -> InsightStatus:
    """The best entry of the current context; else the best of the previous one here, as stale; else missing.

    Texts that a person called wrong are left out; an entry with nothing left of it is empty.
    """
    if best := best_entry(entries, rejected):
        state: State = "fresh" if best.outcome == "done" else best.outcome
        finished = (entry for entry in filter(is_believed, entries) if entry.provenance.finished)
        return InsightStatus(state, best, frozenset(entry.generator_id for entry in finished))
    best = best_entry(earlier, rejected_earlier)
    if best and best.outcome == "done":
        return InsightStatus("stale", best)
    return InsightStatus("missing")


def best_entry(entries: Iterable[Entry], rejected: Collection[str] = ()) -> Entry | None:
    """Prefer, in this order: non-empty, local, not the demo model, newer prompt version, more rounds, more recent.

    Shared entries that were not held against their code here do not count.
    """
    allowed = [without_rejected(entry, rejected) for entry in filter(is_believed, entries)]
    return max(allowed, key=_worth, default=None)


def without_rejected(entry: Entry, rejected: Collection[str]) -> Entry:
    """The entry without the texts whose digest is in `rejected`."""
    if not rejected or entry.outcome != "done":
        return entry
    insights = entry.insights
    wrong = [text for text in insights.texts if text_digest(text) in rejected]

    def is_right(text: str) -> bool:
        """Not rejected, and not a statement of a rejected answer."""
        return not any(text in other for other in wrong)

    kept = Insights(
        summary=insights.summary if insights.summary and is_right(insights.summary) else None,
        inferences=tuple(text for text in insights.inferences if is_right(text)),
        questions=tuple(item for item in insights.questions if is_right(item.answer)),
        notes=tuple(note for note in insights.notes if is_right(note.text)),
    )
    return replace(entry, insights=kept, outcome="empty" if kept.empty else "done")


def callee_changed(entry: Entry | None, callees: dict[str, str]) -> bool:
    """Whether a function that the symbol uses has another text now than when the insight was written."""
    if entry is None:
        return False
    then = entry.provenance.callees
    return any(name in callees and callees[name] != digest for name, digest in then.items())


def _worth(entry: Entry) -> tuple[int, bool, bool, int, int, str]:
    outcome = {"done": 2, "empty": 1, "failed": 0}[entry.outcome]
    provenance = entry.provenance
    thought = provenance.rounds * provenance.candidates
    is_local = provenance.origin == "local"  # what a shared entry says of itself proves nothing
    return outcome, is_local, not provenance.demo, _version(provenance.prompt_version), thought, provenance.created_at


def _version(prompt_version: str) -> int:
    return int(prompt_version) if re.fullmatch(r"[0-9]{1,9}", prompt_version) else 0
