"""Which words of a question are names, and of what: named, pointed at, or spoken of before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from forethought.qa.intent.lexicon import lexicon
from forethought.qa.intent.tokenizer import Token

MAX_NAMES = 3
_POINTERS = frozenset({"this", "that", "it", "its"})
VERBAL = frozenset(
    {"call", "use", "depend", "raise", "test", "check", "define", "inherit", "subclass", "implement", "change", "take"}
    | {"have", "return"}
)
_ASKING = frozenset({"which", "what", "howmany", "default", "other", "all", "any", "every"})
"""Before a kind of definition, they ask for it: “which function @ …” does not say that @ is a function."""
_AFTER_A_KIND = frozenset({"or"})
_POINTED_KINDS = frozenset({"function", "method", "class", "file", "module"})
DETERMINERS = frozenset({"the", "a", "an", "this", "these", "those", "our", "my", "your", "each", "every"})


@dataclass(frozen=True, slots=True)
class Name:
    """What a mark stands for."""

    text: str | None
    """None: pointed at."""
    marked: bool = False
    kind: str | None = None
    within: str | None = None
    spoken_of: bool = False


class Names(Protocol):
    """What the index knows by name."""

    def defines(self, name: str) -> bool:
        """Whether there is a definition of this (qualified) name."""
        ...

    def has_file(self, name: str) -> bool:
        """Whether there is a file of this path, or one whose path ends so."""
        ...


class NoNames:
    """Before anything is indexed: plain words that also mean something else are no names."""

    def defines(self, name: str) -> bool:
        return False

    def has_file(self, name: str) -> bool:
        return False


Naming = tuple[tuple[int, ...], frozenset[int]]
"""Places of the tokens that are names, and of those that are misspelt words of ours."""


def namings(tokens: Sequence[Token], known: Names) -> Iterator[list[Naming]]:
    """Which tokens are names: the likeliest first, each step a list of equally likely ones."""
    ours = lexicon().meanings
    sure: list[int] = []
    slips: list[int] = []
    doubtful: list[int] = []
    for place, token in enumerate(tokens):
        if token.marked:
            sure.append(place)
        elif not token.name or token.word in lexicon().no_names or token.word in _POINTERS:
            continue
        elif token.word in ours or token.word in lexicon().kinds or token.word in lexicon().guarded:
            doubtful.append(place)
        elif token.meant and not known.defines(token.name):
            slips.append(place)
        else:
            sure.append(place)
    if len(sure) <= MAX_NAMES:
        yield [(tuple(sure), frozenset(slips))]
    if len(sure) < MAX_NAMES:
        named = [place for place in doubtful if known.defines(tokens[place].name) or _is_of_default(tokens, place)]
        yield [(tuple(sorted((*sure, place))), frozenset(slips)) for place in named]
        yield [(tuple(sorted((*sure, place))), frozenset(slips) - {place}) for place in slips]


def _is_of_default(tokens: Sequence[Token], place: int) -> bool:
    """A parameter may be called as one of our words: “the default of type”, “the default value”."""
    return any(word_at(tokens, place - back) in ("default", "defaults") for back in (1, 2, 3))


def written_as(token: Token, place: int, naming: Naming) -> Token:
    if place in naming[0]:
        return Token("@", token.name, token.marked)
    return Token(token.meant) if place in naming[1] else token


def word_at(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].word if 0 <= place < len(tokens) else ""


def naming_at(tokens: Sequence[Token], place: int, some_named: bool, known: Names) -> tuple[int, Name | None] | None:
    """(how many tokens name something here, what: None when they only lead up to a name); None when they do not.

    “@”, “function @”, “@ function”, “the function called @”, “this function”, “it”.
    """
    word, following = word_at(tokens, place), word_at(tokens, place + 1)
    kind = lexicon().kinds.get(word)
    if word in ("a", "an") and following in lexicon().kinds and _named_at(tokens, place + 2) is not None:
        place, word, following, kind, lead = (
            place + 1,
            following,
            word_at(tokens, place + 2),
            lexicon().kinds[following],
            1,
        )
    else:
        lead = 0
    if kind is not None and (at := _named_at(tokens, place + 1)) is not None:
        this = word_at(tokens, place - 1) in ("this", "that")
        plain = not tokens[at].marked and tokens[at].name.lower() in lexicon().guarded
        if (plain and at == place + 1) or (this and not tokens[at].marked and not known.defines(tokens[at].name)):
            return None  # “who calls this function recursively?”, “… the function first?”
        if lead or word_at(tokens, place - 1) not in _ASKING:
            return lead + at - place + 1, Name(tokens[at].name, marked=True, kind=kind)
        return None
    if word == "@":
        kind = lexicon().kinds.get(following)
        plain = not tokens[place].marked and tokens[place].name.islower()
        if (
            kind is not None
            and plain
            and (tokens[place].name in lexicon().guarded or not known.defines(tokens[place].name))
        ):
            return None  # “the next function”, “a private method”
        if kind is not None and lexicon().meanings.get(word_at(tokens, place + 2)) not in _AFTER_A_KIND:
            return 2, Name(tokens[place].name, marked=True, kind=kind)
        return 1, Name(tokens[place].name, tokens[place].marked)
    return _pointed(tokens, place, some_named)


def _named_at(tokens: Sequence[Token], place: int) -> int | None:
    """Where the name stands, if it does, after “called”."""
    if word_at(tokens, place) in ("called", "named"):
        place += 1
    return place if word_at(tokens, place) == "@" else None


def is_plain_name(tokens: Sequence[Token], place: int) -> bool:
    """A lower-case word that is not marked, with nothing beside it that says what it is."""
    if word_at(tokens, place) != "@" or tokens[place].marked or not tokens[place].name.islower():
        return False
    following = word_at(tokens, place + 1)
    return following not in lexicon().kinds and lexicon().meanings.get(following) != "parameter"


def _pointed(tokens: Sequence[Token], place: int, some_named: bool) -> tuple[int, Name | None] | None:
    """The same for “this”, “this function”, “its”, and “the function” where nothing has a name."""
    word, following = word_at(tokens, place), word_at(tokens, place + 1)
    kind = lexicon().kinds.get(following)
    if word == "here":
        first = lexicon().meanings.get(tokens[0].word, "")
        return None if first in ("be", "do", "have", "can") else (1, None)
    if (
        word == "the"
        and not some_named
        and kind in _POINTED_KINDS
        and lexicon().meanings.get(word_at(tokens, place + 2)) != ""
    ):
        return 2, _pointer("this", kind)
    if word not in _POINTERS:
        return None
    if word == "that" and following in ("", ",") and place > 0:
        return 1, _pointer("it", None)  # “f: who calls that?”
    if word == "that" and some_named and place > 0:
        return None  # “the functions that @ calls”
    if word in ("this", "that") and (_named_at(tokens, place + 1) or (kind and _named_at(tokens, place + 2))):
        return None if is_plain_name(tokens, place + 1) else (1, None)
    if word == "that" and (some_named or lexicon().meanings.get(following) in VERBAL):
        return None
    if kind and word in ("this", "that"):
        return 2, _pointer(word, kind)
    return 1, _pointer(word, None)


def _pointer(word: str, kind: str | None) -> Name:
    return Name(None, kind=kind, spoken_of=word in ("it", "its") or (word == "that" and kind is None))
