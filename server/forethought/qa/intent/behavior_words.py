"""Words that mean something in questions about what a function does, and nothing in other questions."""

from collections.abc import Sequence
from dataclasses import replace

from forethought.qa.intent.lexicon import lexicon
from forethought.qa.intent.mentions import DETERMINERS
from forethought.qa.intent.small_talk import phrase_at
from forethought.qa.intent.tokenizer import Token, word_at

BEHAVIOR_MARK = "!"
"""Begins the word of a token that stands for a word or phrase of the lexicon's table `behavior`."""

_VALUES = frozenset({"none", "null", "nil", "undefined", "true", "false"})
_CONDITIONAL = frozenset({"if", "when"})
_WITH = f"{BEHAVIOR_MARK}with"
_BEING = frozenset({"is", "are", "was"})
_PARAMETER = frozenset({"argument", "parameter", "arg", "param"})


def with_behavior_words(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with those words and phrases replaced, and names marked where only a name can be.

    These are “header” in “if the header is missing” and in “what does f do with its argument header?”.
    """
    tokens = [replace(token, marked=False) if token.word in _VALUES else token for token in tokens]
    table = lexicon().behavior
    replaced: list[Token] = []
    at = 0
    while at < len(tokens):
        phrase = phrase_at(table, tokens, at)
        if phrase is None:
            replaced.append(tokens[at])
            at += 1
        else:
            replaced += [Token(f"{BEHAVIOR_MARK}{meaning}") for meaning in phrase[1]]
            at += len(phrase[0])
    return list(_with_names_marked(replaced))


def _with_names_marked(tokens: list[Token]) -> list[Token]:
    marked: list[Token] = []
    at = 0
    while at < len(tokens):
        marked.append(tokens[at])
        at += 1
        if (name := _name_place(tokens, at)) is not None:
            marked.append(replace(tokens[name], marked=True))
            at = name + 1
    return marked


def _name_place(tokens: Sequence[Token], at: int) -> int | None:
    """Where the name is that “if” or “with” before this place leads up to."""
    before, name = word_at(tokens, at - 1), at
    if word_at(tokens, name) in DETERMINERS or word_at(tokens, name) == "its":
        name += 1
    if before == _WITH and word_at(tokens, name) in _PARAMETER and name + 1 < len(tokens):
        name += 1
    is_name = name < len(tokens) and bool(tokens[name].name) and tokens[name].word not in lexicon().no_names
    leads_up = (before in _CONDITIONAL and word_at(tokens, name + 1) in _BEING) or (
        before == _WITH and name + 1 == len(tokens)
    )
    return name if is_name and leads_up else None
