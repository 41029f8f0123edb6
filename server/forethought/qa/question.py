"""The data of questions and answers."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from forethought.engine.api import Message, Usage
from forethought.facts.location import Location
from forethought.names.resolver import Target
from forethought.syntax.tags import Position, Range, Symbol
from forethought.workspace.symbol_info import SymbolInfo
from forethought.workspace.workspace import Workspace

Tier = Literal["facts", "predicted", "enriched", "full", "none"]
AskedTier = Literal["auto", "facts", "predicted", "enriched", "full"]
AnswerState = Literal["fresh", "stale", "live"]


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    at: tuple[Workspace, str, Position | None] | None = None
    """Where it was asked: the root, the path of the file, and the position in it."""
    history: tuple[Message, ...] = ()
    """The conversation before the question, oldest message first."""
    verbosity: int = 1
    """0 to 4."""
    tier: AskedTier = "auto"
    """The only tier that may answer; any for `auto`."""
    fresh: bool = False
    """Do not use a predicted answer."""


class RootTarget(NamedTuple):
    """A symbol or a file, and the root it is in."""

    workspace: Workspace
    target: Target


@dataclass(frozen=True, slots=True)
class Referent:
    """A symbol or a file that a question is about, with everything known about it."""

    workspace: Workspace
    symbol_info: SymbolInfo

    @property
    def symbol(self) -> Symbol:
        return self.symbol_info.symbol

    @property
    def path(self) -> str:
        return self.symbol_info.path

    @property
    def target(self) -> Target:
        return Target(self.symbol_info.path, self.symbol_info.symbol.id)


@dataclass(frozen=True, slots=True)
class Source:
    """A place that an answer rests on."""

    workspace: Workspace
    path: str
    range: Range
    symbol: str
    """The qualified name; empty for the file itself."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way in which a question may be meant."""

    text: str
    """What is asked, in a few words, as Markdown."""
    question: str
    """The question that asks for it without doubt."""


@dataclass(frozen=True, slots=True)
class Answer:
    id: str
    """Unique per answer; empty until the answerer has set it."""
    text: str
    """Markdown."""
    tier: Tier
    matched_question: str | None = None
    """The predicted question that was answered."""
    sources: tuple[Source, ...] = ()
    """What the question is about comes first."""
    state: AnswerState = "live"
    """Whether stored insights were used, and whether they are about the code as it is now."""
    usage: Usage = field(default_factory=Usage)
    first_token_ms: float = 0.0
    total_ms: float = 0.0
    model: str | None = None
    """The model that wrote the text; None for text from the index."""
    context_hash: str | None = None
    """The stored entry that the text comes from: the verdict “wrong” removes it there."""
    stored_text: str | None = None
    """The text as stored, without notes."""
    aspect: str | None = None
    """What the question was understood to ask: an aspect, `same` as a stored question, or that the name is `unknown`
    or `ambiguous`; None when it was not understood."""
    read_as: str | None = None
    """What the question was taken to ask, where that was not said word for word; Markdown."""
    suggestions: tuple[Suggestion, ...] = ()
    """What the question may mean, if that is not certain, the likeliest first."""


def source_of(referent: Referent) -> Source:
    symbol = referent.symbol
    name_range = symbol.selection if symbol.kind != "file" else symbol.range
    return Source(referent.workspace, referent.path, name_range, symbol.name)


def source_of_place(workspace: Workspace, place: Location) -> Source:
    return Source(workspace, place.path, place.range, place.symbol_id)


def no_answer(reason: str) -> Answer:
    """An answer of the tier `none`: what is missing, and what to do about it."""
    return Answer("", reason, "none")
