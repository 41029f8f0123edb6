"""c′ as it is kept: what a model wrote about a context hash, and who wrote it. Pure data; JSON in, JSON out."""

import hashlib
import sys
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

SCHEMA = 2
"""Version of the stored form. A store of a newer schema is left alone; an older one is not read."""

Outcome = Literal["done", "empty", "failed"]
Origin = Literal["local", "shared"]
QuestionOrigin = Literal["template", "model", "log"]
AnswerBasis = Literal["model", "facts"]
NoteKind = Literal["purpose", "how", "why", "condition", "effect", "caution", "usage"]


@dataclass(frozen=True, slots=True)
class PredictedQuestion:
    question: str
    answer: str
    predictability: float | None = None
    """Mean log-probability per token of the question given its context; None where the engine cannot score."""
    kind: str = ""
    """What it asks: `purpose`, `returns`, `raises`, `defaults`, `when`, `how` …; empty in entries of older versions."""
    origin: QuestionOrigin = "template"
    """Who thought of the question: a template, the model, or this user's own log (which never leaves the machine)."""
    basis: AnswerBasis = "model"
    """What the answer was made of: the model's words, or facts that the context itself shows."""


@dataclass(frozen=True, slots=True)
class Note:
    """One statement that a model made about a symbol."""

    text: str
    kind: NoteKind
    evidence: tuple[tuple[int, int], ...] = ()
    """First and last line of what it is about, counted from the symbol's first line, which is 0."""
    confidence: float | None = None
    """Estimated probability that it is right."""
    gain: float | None = None
    """Mean log-probability per token that the code adds to what signature and docs give it."""
    shown: bool = False
    """Whether people see it. Other notes only serve as material for answers."""


@dataclass(frozen=True, slots=True)
class Insights:
    summary: str | None = None
    inferences: tuple[str, ...] = ()
    questions: tuple[PredictedQuestion, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.summary or self.inferences or self.questions)

    @property
    def shown_notes(self) -> tuple[Note, ...]:
        return tuple(note for note in self.notes if note.shown)

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text: the summary, the inferences, each question and its answer, the notes."""
        summary = (self.summary,) if self.summary else ()
        questions = (text for item in self.questions for text in (item.question, item.answer))
        return tuple(dict.fromkeys((*summary, *self.inferences, *questions, *(note.text for note in self.notes))))


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who thought, when, and what it cost."""

    model: str
    generator_id: str
    prompt_version: str
    rounds: int
    """Really done: fewer than were wanted when the model said that it was finished."""
    candidates: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    created_at: str
    """UTC, ISO 8601."""
    origin: Origin = "local"
    demo: bool = False
    """Written by a model that is for demonstration only."""
    callees: dict[str, str] = field(default_factory=dict)
    """Used definition's qualified name → hash of its body when this was written; tells "a callee changed since"."""
    finished: bool = True
    """Whether this is the last stage of the pass; a pass that was cut off before is taken up again."""
    checked: bool = False
    """Whether a shared entry was held against its code on this machine. An import never sets it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one generator wrote about one context. `empty`: nothing survived grounding; `failed`: see `reason`."""

    context_hash: str
    generator_id: str
    outcome: Outcome
    insights: Insights
    provenance: Provenance
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The stored and exported form; it keeps the contract's names, `subject` and `producer`."""
        data = asdict(self)
        data["subject"] = data.pop("context_hash")
        data["producer"] = data["provenance"]["producer"] = data.pop("generator_id")
        del data["provenance"]["generator_id"]
        return data

    @classmethod
    def from_json(cls, data: Any) -> "Entry":
        """Rebuild an entry from untrusted JSON. Raises ValueError when it is not one."""
        try:
            insights, provenance = data["insights"], data["provenance"]
            entry = cls(
                context_hash=_text(data["subject"]),
                generator_id=_text(data["producer"]),
                outcome=_one_of(data["outcome"], "done", "empty", "failed"),
                insights=Insights(
                    summary=_text_or_none(insights["summary"]),
                    inferences=tuple(_text(item) for item in insights["inferences"]),
                    questions=tuple(
                        PredictedQuestion(
                            _text(item["question"]),
                            _text(item["answer"]),
                            _number_or_none(item["predictability"]),
                            _text(item.get("kind", "")),
                            _one_of(item.get("origin", "template"), "template", "model", "log"),
                            _one_of(item.get("basis", "model"), "model", "facts"),
                        )
                        for item in insights["questions"]
                    ),
                    notes=tuple(_note(item) for item in insights["notes"]),
                ),
                provenance=Provenance(
                    model=_text(provenance["model"]),
                    generator_id=_text(provenance["producer"]),
                    prompt_version=_text(provenance["prompt_version"]),
                    rounds=_count(provenance["rounds"]),
                    candidates=_count(provenance["candidates"]),
                    prompt_tokens=_count(provenance["prompt_tokens"]),
                    completion_tokens=_count(provenance["completion_tokens"]),
                    seconds=_number(provenance["seconds"]),
                    created_at=_text(provenance["created_at"]),
                    origin=_one_of(provenance["origin"], "local", "shared"),
                    demo=provenance["demo"] is True,
                    callees={_text(name): _text(digest) for name, digest in provenance["callees"].items()},
                    finished=provenance.get("finished", True) is not False,
                    checked=provenance.get("checked") is True,
                ),
                reason=_text_or_none(data["reason"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a c′ entry: {error!r}") from error
        if entry.generator_id != entry.provenance.generator_id:
            raise ValueError("not a c′ entry: its producer and its provenance disagree")
        return entry


def text_digest(text: str) -> str:
    """Names a text that a person called wrong, whatever its spacing and case: 32 hex digits."""
    return hashlib.sha256(" ".join(text.lower().split()).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _note(data: Any) -> Note:
    return Note(
        _text(data["text"]),
        _one_of(data["kind"], *get_args(NoteKind)),
        tuple((_count(first), _count(last)) for first, last in data["evidence"]),
        _number_or_none(data["confidence"]),
        _number_or_none(data["gain"]),
        data["shown"] is True,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {type(value).__name__}")
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise ValueError(f"expected a number, got {type(value).__name__}")
    return float(value)


def _number_or_none(value: Any) -> float | None:
    return None if value is None else _number(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"expected a count, got {value!r}")
    return value


def _one_of(value: Any, *allowed: Any) -> Any:
    if value not in allowed:
        raise ValueError(f"expected one of {allowed}, got {value!r}")
    return value
