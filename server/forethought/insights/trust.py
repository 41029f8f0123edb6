"""What may be believed of entries that were imported: nothing that they say of themselves. Pure."""

from dataclasses import replace

from forethought.insights.context import Context
from forethought.insights.entry import Entry, Insights, Note, PredictedQuestion
from forethought.insights.evidence import find_evidence
from forethought.insights.grounding import fault, sentences, ungrounded

_HARMLESS = frozenset({None, "says nothing", "cut off"})
"""What `fault` says of text that does not speak against the code, such as an answer of one word."""


def is_believed(entry: Entry) -> bool:
    """Tell whether an entry may be shown and spares a pass: it was written here, or was held against its code here."""
    return entry.provenance.origin == "local" or (entry.provenance.checked and entry.outcome == "done")


def is_unchecked(entry: Entry) -> bool:
    """Tell whether an entry was imported and not held against its code yet."""
    return entry.provenance.origin == "shared" and not entry.provenance.checked


def hold_against_code(entry: Entry, context: Context) -> Entry:
    """The imported entry with only the texts that its code bears out, marked as checked.

    An answer counts as the model's even if the entry says that it quotes the code. The outcome is `empty` if nothing
    is left. Raises ValueError if the context is another one.
    """
    if entry.context_hash != context.context_hash:
        raise ValueError("the entry is about other code")
    insights = entry.insights
    kept = Insights(
        summary=insights.summary if insights.summary and _is_borne_out(insights.summary, context) else None,
        inferences=tuple(text for text in insights.inferences if _is_borne_out(text, context)),
        questions=tuple(_as_predicted(item) for item in insights.questions if _is_answer_borne_out(item, context)),
        notes=tuple(_as_found(note, context) for note in insights.notes if _is_borne_out(note.text, context)),
    )
    return replace(
        entry,
        insights=kept,
        outcome="empty" if kept.empty else "done",
        provenance=replace(entry.provenance, checked=True),
    )


def _is_answer_borne_out(item: PredictedQuestion, context: Context) -> bool:
    return _names_only_known(item.question, context) and _is_borne_out(item.answer, context)


def _as_predicted(item: PredictedQuestion) -> PredictedQuestion:
    return replace(item, basis="model")


def _as_found(note: Note, context: Context) -> Note:
    return replace(note, evidence=find_evidence(note.text, context.own))


def _is_borne_out(text: str, context: Context) -> bool:
    """Tell whether no exact check speaks against a text, and some line of the code is what it is about."""
    found = {fault(part, context) for part in sentences(text)}
    return _names_only_known(text, context) and found <= _HARMLESS and bool(find_evidence(text, context.own))


def _names_only_known(text: str, context: Context) -> bool:
    return ungrounded(text, context.identifiers, context.text) is None
