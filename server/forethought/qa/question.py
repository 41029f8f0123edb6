"""What is asked, and what is answered."""

from dataclasses import dataclass, field
from typing import Literal

from forethought.engine.api import Message, Usage
from forethought.facts.symbol_facts import Place
from forethought.syntax.tags import Position, Range
from forethought.workspace.symbol_info import SymbolInfo
from forethought.workspace.workspace import Workspace

Tier = Literal["facts", "predicted", "enriched", "full", "none"]
AskedTier = Literal["auto", "facts", "predicted", "enriched", "full"]
AnswerState = Literal["fresh", "stale", "live"]


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    at: tuple[Workspace, str, Position | None] | None = None
    """The file, and the place in it, from which it was asked."""
    history: tuple[Message, ...] = ()
    verbosity: int = 1
    tier: AskedTier = "auto"
    fresh: bool = False
    """Skip what was predicted."""


@dataclass(frozen=True, slots=True)
class Source:
    workspace: Workspace
    path: str
    range: Range
    symbol: str


@dataclass(frozen=True, slots=True)
class Answer:
    id: str
    text: str
    tier: Tier
    matched_question: str | None = None
    sources: tuple[Source, ...] = ()
    state: AnswerState = "live"
    usage: Usage = field(default_factory=Usage)
    first_token_ms: float = 0.0
    total_ms: float = 0.0
    model: str | None = None
    context_hash: str | None = None
    """Of a stored answer: what “wrong” removes it from."""
    stored_text: str | None = None
    """The text as stored."""
    aspect: str | None = None
    """What was understood to be asked: an aspect, `same` as a stored question, or that the name is `unknown` or
    `ambiguous`; None when nothing was understood."""


@dataclass(frozen=True, slots=True)
class Referent:
    """What a question is about, with everything known about it."""

    workspace: Workspace
    symbol_info: SymbolInfo


def source_of(item: Referent) -> Source:
    symbol = item.symbol_info.symbol
    return Source(
        item.workspace, item.symbol_info.path, symbol.selection if symbol.kind != "file" else symbol.range, symbol.name
    )


def source_of_place(workspace: Workspace, place: Place) -> Source:
    return Source(workspace, place.path, place.range, place.symbol_id)


def no_answer(reason: str) -> Answer:
    """The tier `none`: what is missing, and what to do."""
    return Answer("", reason, "none")
