"""Applies a model's chat template, and tells the template's own text from what people wrote."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from forethought.engine.api import Message
from forethought.errors import EngineError

Render = Callable[[list[dict[str, str]]], str]
"""A chat template: turns messages with `role` and `content` into the text of a prompt. May raise anything."""

_PLACEHOLDER: Final = "FORETHOUGHT{}CONTENT"
_PADDING: Final = "\N{EM SPACE}\N{EN SPACE}"
"""Around each placeholder: whitespace that no template contains, but a template that trims its contents removes."""
_PLACEHOLDERS: Final = re.compile(f"({_PADDING})?FORETHOUGHT([0-9]{{1,6}})CONTENT({_PADDING})?")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a prompt."""

    text: str
    is_literal: bool
    """Written by a person or found in a repository: what looks like a control token in it is plain text."""


def render(messages: Sequence[Message], template: Render | None, default: Render) -> list[Piece]:
    """Apply `template`; or `default`, if there is none or if it cannot render even a plain question.

    For a template that refuses or drops the system role, system texts move into the first user message.
    Raises EngineError when there are no messages.
    """
    turns = _merge_neighbors(messages)
    if not turns:
        raise EngineError("The prompt has no messages, so there is nothing to answer; this is a bug in the caller.")
    for candidate in (template, default):
        if candidate is None:
            continue
        for attempt in (turns, _without_system_role(turns)):
            pieces = _render_pieces(attempt, candidate)
            if pieces is not None:
                return pieces
    raise EngineError("The conversation does not fit the model's chat template; this is a bug in the caller.")


def mistral_instruct(messages: list[dict[str, str]]) -> str:
    """Mistral's instruct format, for a file that has its control tokens but no template."""
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
    """Roles as words, for a base model without control tokens."""
    names = {"system": "Instructions", "user": "Question", "assistant": "Answer"}
    return "".join(f"{names[message['role']]}: {message['content']}\n\n" for message in messages) + "Answer:"


def _render_pieces(turns: list[Message], template: Render) -> list[Piece] | None:
    """Render with placeholders for the contents, so that template and contents can be told apart afterwards.

    What the template does thus depends only on the roles, which `IsolatedTemplate` counts on.

    None when the template raises, or does not use each content exactly once.
    """
    placeholders = [f"{_PADDING}{_PLACEHOLDER.format(index)}{_PADDING}" for index in range(len(turns))]
    try:
        rendered = template(
            [{"role": turn.role, "content": text} for turn, text in zip(turns, placeholders, strict=True)]
        )
    except Exception:  # noqa: BLE001  a template is the model author's program and may raise anything
        return None
    return _split(rendered, [turn.content for turn in turns])


def _split(rendered: str, contents: list[str]) -> list[Piece] | None:
    """Replace the placeholders, in any order, by the contents; None unless each occurs exactly once.

    A content whose padding is gone is trimmed, as the template trims it.
    """
    pieces: list[Piece] = []
    end = 0
    indexes = []
    for match in _PLACEHOLDERS.finditer(rendered):
        before, number, after = match.groups()
        index = int(number)
        if index >= len(contents):
            return None
        content = contents[index] if before else contents[index].lstrip()
        pieces += [
            Piece(rendered[end : match.start()], is_literal=False),
            Piece(content if after else content.rstrip(), is_literal=True),
        ]
        end = match.end()
        indexes.append(index)
    pieces.append(Piece(rendered[end:], is_literal=False))
    return [piece for piece in pieces if piece.text] if sorted(indexes) == list(range(len(contents))) else None


def _merge_neighbors(messages: Sequence[Message]) -> list[Message]:
    """Join neighboring messages of the same role: templates insist that roles alternate."""
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1].role == message.role:
            merged[-1] = Message(message.role, f"{merged[-1].content}\n\n{message.content}")
        else:
            merged.append(message)
    return merged


def _without_system_role(turns: list[Message]) -> list[Message]:
    """Move system texts into the first user message."""
    system = "\n\n".join(turn.content for turn in turns if turn.role == "system")
    rest = _merge_neighbors([turn for turn in turns if turn.role != "system"])
    while rest and rest[0].role == "assistant":
        rest = rest[1:]
    if not rest:
        return [Message("user", system)]
    if not system:
        return rest
    return [Message("user", f"{system}\n\n{rest[0].content}"), *rest[1:]]
