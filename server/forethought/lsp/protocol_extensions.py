"""What Forethought adds to LSP: its methods and commands, and the parameters that they take.

On the wire, names are in camelCase (`text_document` is `textDocument`), a member that is null counts as absent, and
unknown members are ignored. Parameters of any other form are answered with InvalidParams and one sentence.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import attrs
from lsprotocol.types import Position, TextDocumentIdentifier

from forethought.qa.question import AskedTier

CHAT = "forethought/chat"
"""Request: `ChatParams` → the chat result (`present.answer_document`). Streams `{delta}` as partial results."""
CONTEXT = "forethought/context"
"""Request: `ContextParams` → the insight document (`present.insight_document`), or null."""
DIGEST = "forethought/digest"
"""Request: `DigestParams` → `{markdown, roots: [digest document], problems: [sentence]}`."""
STATUS = "forethought/status"
"""Request without parameters → the status document (`app.status_document`)."""
DID_CHANGE_STATUS = "forethought/didChangeStatus"
"""Notification to the client: the status document."""
DID_FOCUS = "forethought/didFocus"
"""Notification: `FocusParams`."""
DID_CHANGE_LANGUAGE_SERVERS = "forethought/didChangeLanguageServers"
"""Notification: `LanguageServersParams`."""
FEEDBACK = "forethought/feedback"
"""Notification: `FeedbackParams`."""

ASK = "forethought.ask"
"""Command: `ChatParams` → the chat result."""
PRECOMPUTE_WORKSPACE = "forethought.precomputeWorkspace"
"""Command without arguments → the precompute document."""
PRECOMPUTE_FILE = "forethought.precomputeFile"
"""Command: a URI, `{uri}` or `PrecomputeFileArguments` → the precompute document."""
PAUSE = "forethought.pause"
"""Command: a number of minutes, or `PauseArguments` → the status document."""
RESUME = "forethought.resume"
"""Command without arguments → the status document."""
CLEAR_CACHE = "forethought.clearCache"
"""Command without arguments → null."""
SHOW_CONTEXT = "forethought.showContext"
"""Command: a URI, `{uri}` or `ContextParams` → the insight document, or null."""

Check = Callable[[Any], str | None]
"""Returns what is wrong with a value of the right type, as in “must be positive”, or None."""


def between(low: int, high: int) -> Check:
    def check(value: float) -> str | None:
        return None if low <= value <= high else f"must be a number from {low} to {high}"

    return check


def whole_between(low: int, high: int) -> Check:
    def check(value: int) -> str | None:
        return None if low <= value <= high else f"must be a whole number from {low} to {high}"

    return check


def not_blank(value: str) -> str | None:
    return None if value.strip() else "must not be blank"


ProgressToken = int | str
Text = Annotated[str, not_blank]


@attrs.frozen
class HistoryMessage:
    """An earlier message of the conversation."""

    role: Literal["system", "user", "assistant"]
    content: str = ""


@attrs.frozen
class ChatParams:
    """A question, and optionally the position that it is about."""

    question: Text
    text_document: TextDocumentIdentifier | None = None
    position: Position | None = None
    """In `text_document`."""
    history: tuple[HistoryMessage, ...] = ()
    verbosity: Annotated[int, whole_between(0, 4)] | None = None
    """Overrides the setting `chat.verbosity`."""
    tier: AskedTier = "auto"
    fresh: bool = False
    """Skip stored answers."""
    partial_result_token: ProgressToken | None = None
    work_done_token: ProgressToken | None = None


@attrs.frozen
class ContextParams:
    """A file, or the symbol that the identifier at a position refers to."""

    text_document: TextDocumentIdentifier
    position: Position | None = None


@attrs.frozen
class DigestParams:
    """What to compare, and with which revision."""

    text_document: TextDocumentIdentifier | None = None
    """Only the root that holds this file; by default, all roots."""
    since: str | None = None
    """A git revision; by default, the one that the previous digest saw."""
    limit: Annotated[int, whole_between(0, 10_000)] | None = None
    """Maximum number of symbols."""


@attrs.frozen
class FocusParams:
    """The file that the user looks at: its symbols are thought about first."""

    text_document: TextDocumentIdentifier


@attrs.frozen
class LanguageServersParams:
    """The languages for which the client has another language server, as LSP's language ids. Replaces earlier ones."""

    languages: tuple[str, ...]


@attrs.frozen
class FeedbackParams:
    """The user's verdict on an answer. “wrong” removes a stored answer, and “right” takes that back."""

    id: Text
    """Of the chat result."""
    verdict: Literal["wrong", "right"]


@attrs.frozen
class PrecomputeFileArguments:
    text_document: TextDocumentIdentifier


@attrs.frozen
class PauseArguments:
    minutes: Annotated[float, between(0, 525_600)] | None = None
    """At most a year; by default, until `forethought.resume`."""
