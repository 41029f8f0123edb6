"""From a conversation to the pieces of one prompt: a model's own template around texts that stay texts."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from forethought.engine.api import Message
from forethought.errors import EngineError

Render = Callable[[list[dict[str, str]]], str]
"""A model's own chat template: messages of `role` and `content` to the prompt's text. May raise anything."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a prompt."""

    text: str
    literal: bool
    """What a person or a repository wrote: control tokens in it are plain text."""


_MARK: Final = "FORETHOUGHT{}CONTENT"
_MARKS: Final = re.compile("FORETHOUGHT([0-9]{1,6})CONTENT")


def render(messages: Sequence[Message], template: Render | None, default: Render) -> list[Piece]:
    """Apply `template`, or `default` where there is none or where it cannot render even a plain question.

    A template that refuses a system role, or drops it, gets the system text in front of the first user message.
    Raises EngineError when there is no message.
    """
    turns = _merged(messages)
    if not turns:
        raise EngineError("The prompt has no message, so there is nothing to answer; this is a fault of the caller.")
    for apply in (template, default):
        if apply is None:
            continue
        for attempt in (turns, _folded(turns)):
            pieces = _attempt(attempt, apply)
            if pieces is not None:
                return pieces
    raise EngineError("The conversation does not fit the model's chat template; this is a fault of the caller.")


def instruct(messages: list[dict[str, str]]) -> str:
    """Mistral's format, for a file that has its tokens but no template."""
    system = ""
    text = "<s>"
    for message in messages:
        if message["role"] == "system":
            system = message["content"] + "\n\n"
        elif message["role"] == "user":
            text += f"[INST] {system}{message['content']} [/INST]"
            system = ""
        else:
            text += f" {message['content']}</s>"
    return text


def chatml(messages: list[dict[str, str]]) -> str:
    """The ChatML format."""
    turns = "".join(f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n" for message in messages)
    return turns + "<|im_start|>assistant\n"


def plain(messages: list[dict[str, str]]) -> str:
    """Roles in words, for a base model."""
    names = {"system": "Instructions", "user": "Question", "assistant": "Answer"}
    return "".join(f"{names[message['role']]}: {message['content']}\n\n" for message in messages) + "Answer:"


def _attempt(turns: list[Message], apply: Render) -> list[Piece] | None:
    """Render with a mark in each content's place, so that template and content can be told apart afterwards."""
    marks = [_MARK.format(number) for number in range(len(turns))]
    try:
        rendered = apply([{"role": turn.role, "content": mark} for turn, mark in zip(turns, marks, strict=True)])
        whole = apply([{"role": turn.role, "content": turn.content} for turn in turns])
    except Exception:  # noqa: BLE001  a template is the model author's program and may raise anything
        return None
    pieces = _split(rendered, [turn.content for turn in turns])
    if pieces is None:
        return None
    if "".join(piece.text for piece in pieces) != whole:
        # Some templates trim what they are given; a mark has nothing to trim.
        trimmed = _split(rendered, [turn.content.strip() for turn in turns])
        if trimmed is not None and "".join(piece.text for piece in trimmed) == whole:
            return trimmed
    return pieces


def _split(rendered: str, contents: list[str]) -> list[Piece] | None:
    """Put the contents where their marks are, in whatever order; None unless each mark is there exactly once."""
    pieces: list[Piece] = []
    place = 0
    seen = []
    for found in _MARKS.finditer(rendered):
        number = int(found[1])
        if number >= len(contents):
            return None
        pieces += [Piece(rendered[place : found.start()], False), Piece(contents[number], True)]
        place = found.end()
        seen.append(number)
    pieces.append(Piece(rendered[place:], False))
    return [piece for piece in pieces if piece.text] if sorted(seen) == list(range(len(contents))) else None


def _merged(messages: Sequence[Message]) -> list[Message]:
    """Neighbours of one role become one message: templates insist that roles alternate."""
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, f"{merged[-1].content}\n\n{message.content}")
        else:
            merged.append(message)
    return merged


def _folded(turns: list[Message]) -> list[Message]:
    """System texts move into the first user message."""
    system = "\n\n".join(turn.content for turn in turns if turn.role == "system")
    rest = _merged([turn for turn in turns if turn.role != "system"])
    while rest and rest[0].role == "assistant":
        rest = rest[1:]
    if not rest:
        return [Message("user", system)]
    if not system:
        return rest
    return [Message("user", f"{system}\n\n{rest[0].content}"), *rest[1:]]
