"""Which tokens of a question mention a symbol: by its name, by pointing at it, or by referring back to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from forethought.qa.intent.lexicon import lexicon
from forethought.qa.intent.tokenizer import STOP, Token, word_at

MAX_MENTIONS = 3
NAME_MARK = "@"
"""The word of a token that is read as a name."""
DETERMINERS = frozenset({"the", "a", "an", "this", "these", "those", "our", "my", "your", "each", "every"})
VERBAL = frozenset(
    {"call", "use", "depend", "raise", "test", "check", "define", "inherit", "subclass", "implement", "change", "take"}
    | {"have", "return"}
)
"""Meanings of verbs that may follow “that”."""

_BEFORE_SUBJECT = frozenset({"does", "did", "is", "was", "can", "could", "will", "would", "may", "might"})
_POINTERS = frozenset({"this", "that", "it", "its"})
_ASKING_FOR_KIND = frozenset({"which", "what", "howmany", "default", "other", "all", "any", "every"})
"""Words that ask for a kind of symbol: “which function @ …” does not say that @ is a function."""
_POINTED_KINDS = frozenset({"function", "method", "class", "file", "module"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A symbol as a question mentions it."""

    text: str | None
    """The name, its parts joined by dots; None for “this” and “it”."""
    marked: bool = False
    """The name can only mean a symbol."""
    kind: str | None = None
    """What the question says it is: `class` of “the class Session”."""
    in_file: str | None = None
    """The file that the question says it is in."""
    refers_back: bool = False
    """“it”: what the conversation was about."""


class KnownNames(Protocol):
    """The names in the index."""

    def defines(self, name: str) -> bool:
        """Whether there is a definition of this (qualified) name."""
        ...

    def has_file(self, name: str) -> bool:
        """Whether there is a file of this path, or one whose path ends in it."""
        ...


class NoKnownNames:
    """An empty index: plain words that have a meaning are not names."""

    def defines(self, name: str) -> bool:
        return False

    def has_file(self, name: str) -> bool:
        return False


class Reading(NamedTuple):
    """One way to read the tokens of a question."""

    names: tuple[int, ...]
    """Places of the tokens that are read as names."""
    corrections: frozenset[int]
    """Places of the tokens that are read as misspelled words."""


def readings(tokens: Sequence[Token], known: KnownNames) -> Iterator[list[Reading]]:
    """Groups of equally likely readings, the likeliest group first."""
    vocabulary = lexicon()
    certain: list[int] = []
    misspelled: list[int] = []
    doubtful: list[int] = []
    for place, token in enumerate(tokens):
        if token.marked:
            certain.append(place)
        elif not token.name or token.word in vocabulary.no_names or token.word in _POINTERS:
            continue
        elif token.word in vocabulary.meanings or token.word in vocabulary.kinds or token.word in vocabulary.guarded:
            doubtful.append(place)
        elif token.correction and not known.defines(token.name):
            misspelled.append(place)
        else:
            certain.append(place)
    corrections = frozenset(misspelled)
    if len(certain) <= MAX_MENTIONS:
        yield [Reading(tuple(certain), corrections)]
    if len(certain) < MAX_MENTIONS:
        named = [place for place in doubtful if known.defines(tokens[place].name) or _follows_default(tokens, place)]
        yield [Reading(tuple(sorted((*certain, place))), corrections) for place in named]
        yield [Reading(tuple(sorted((*certain, place))), corrections - {place}) for place in misspelled]
    if not certain:  # “who calls any?”, where a function is called so
        small = [place for place, token in enumerate(tokens) if place and token.word in vocabulary.no_names]
        yield [Reading((place,), corrections) for place in small if known.defines(tokens[place].name)]


def with_subjects_marked(tokens: Sequence[Token], known: KnownNames) -> list[Token]:
    """The tokens; those between an auxiliary and its verb marked if they are names, as `check` in “does check call f?”.

    A common noun would have an article there.
    """
    marked = list(tokens)
    for place, token in enumerate(tokens):
        is_between = (
            word_at(tokens, place - 1) in _BEFORE_SUBJECT
            and word_at(tokens, place - 2) in ("", STOP)
            and lexicon().meanings.get(word_at(tokens, place + 1)) in VERBAL
        )
        is_noun = token.name and token.word not in lexicon().no_names | _POINTERS
        if is_between and is_noun and lexicon().meanings.get(token.word) != "place" and known.defines(token.name):
            marked[place] = replace(token, marked=True)
    return marked


def as_read(tokens: Sequence[Token], reading: Reading) -> list[Token]:
    """The tokens under a reading: names marked, misspelled words corrected."""
    return [
        Token(NAME_MARK, token.name, token.marked)
        if place in reading.names
        else Token(token.correction)
        if place in reading.corrections
        else token
        for place, token in enumerate(tokens)
    ]


def mention_at(
    tokens: Sequence[Token], place: int, any_names: bool, known: KnownNames
) -> tuple[int, Mention | None] | None:
    """How many tokens mention something here, and what: None when they only lead up to a name.

    Recognizes “@”, “function @”, “@ function”, “the function called @”, “this function”, “it”. None when nothing is
    mentioned here. any_names: whether any token of the question is read as a name.
    """
    kinds, guarded = lexicon().kinds, lexicon().guarded
    word, following = word_at(tokens, place), word_at(tokens, place + 1)
    kind = kinds.get(word)
    skipped = 0
    if word in ("a", "an") and following in kinds and _name_place(tokens, place + 2) is not None:
        skipped = 1
        place, word, following, kind = place + 1, following, word_at(tokens, place + 2), kinds[following]
    if kind is not None and (named := _name_place(tokens, place + 1)) is not None:
        token = tokens[named]
        is_this = word_at(tokens, place - 1) in ("this", "that")
        is_guarded = not token.marked and token.name.lower() in guarded
        if (is_guarded and named == place + 1) or (is_this and not token.marked and not known.defines(token.name)):
            return None  # “who calls this function recursively?”, “… the function first?”
        if skipped or word_at(tokens, place - 1) not in _ASKING_FOR_KIND:
            return skipped + named - place + 1, Mention(token.name, marked=True, kind=kind)
        return None
    if word == NAME_MARK:
        token = tokens[place]
        kind = kinds.get(following)
        is_plain = not token.marked and token.name.islower()
        if kind is not None and is_plain and (token.name in guarded or not known.defines(token.name)):
            return None  # “the next function”, “a private method”
        if kind is not None and lexicon().meanings.get(word_at(tokens, place + 2)) != "or":
            return 2, Mention(token.name, marked=True, kind=kind)
        return 1, Mention(token.name, token.marked)
    return _pointed_at(tokens, place, any_names)


def is_plain_name(tokens: Sequence[Token], place: int) -> bool:
    """Whether a name here is an unmarked lower-case word, with nothing beside it that says what it is."""
    if word_at(tokens, place) != NAME_MARK or tokens[place].marked or not tokens[place].name.islower():
        return False
    following = word_at(tokens, place + 1)
    return following not in lexicon().kinds and lexicon().meanings.get(following) != "parameter"


def _follows_default(tokens: Sequence[Token], place: int) -> bool:
    """A parameter may be called like a word of the lexicon: “the default of type”, “the default value”."""
    return any(word_at(tokens, place - back) in ("default", "defaults") for back in (1, 2, 3))


def _name_place(tokens: Sequence[Token], place: int) -> int | None:
    """The place of a name that begins here, or after “called” here."""
    if word_at(tokens, place) in ("called", "named"):
        place += 1
    return place if word_at(tokens, place) == NAME_MARK else None


def _pointed_at(tokens: Sequence[Token], place: int, any_names: bool) -> tuple[int, Mention | None] | None:
    """`mention_at` for “this”, “this function”, “its”, and for “the function” where the question has no names."""
    meanings = lexicon().meanings
    word, following = word_at(tokens, place), word_at(tokens, place + 1)
    kind = lexicon().kinds.get(following)
    if word == "here":
        first = meanings.get(tokens[0].word, "")
        return None if first in ("be", "do", "have", "can") else (1, None)
    if word == "the" and not any_names and kind in _POINTED_KINDS and meanings.get(word_at(tokens, place + 2)) != "":
        return 2, _pointer("this", kind)
    if word not in _POINTERS:
        return None
    if word == "that" and following in ("", STOP) and place > 0:
        return 1, _pointer("it", None)  # “f: who calls that?”
    if word == "that" and any_names and place > 0:
        return None  # “the functions that @ calls”
    if word in ("this", "that") and (_name_place(tokens, place + 1) or (kind and _name_place(tokens, place + 2))):
        return None if is_plain_name(tokens, place + 1) else (1, None)
    if word == "that" and (any_names or meanings.get(following) in VERBAL):
        return None
    if kind and word in ("this", "that"):
        return 2, _pointer(word, kind)
    return 1, _pointer(word, None)


def _pointer(word: str, kind: str | None) -> Mention:
    return Mention(None, kind=kind, refers_back=word in ("it", "its") or (word == "that" and kind is None))
