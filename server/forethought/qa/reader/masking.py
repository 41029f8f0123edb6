"""Replaces the names in a question by marks, by what the index knows about them, in every way that makes sense."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol

from forethought.qa.intent.lexicon import lexicon
from forethought.qa.intent.mentions import DETERMINERS, KnownNames, with_subjects_marked
from forethought.qa.intent.tokenizer import STOP, Token, scan, word_at
from forethought.qa.reader.features import joined
from forethought.syntax.symbol_kinds import FIELD_KINDS, SymbolKind

SUBJECT, SUBJECTS, SECOND, PARAMETER, EXCEPTION, FILE, UNKNOWN = "S", "SS", "T", "P", "E", "F", "U"
"""Marks: the symbol asked about, several of them, a second one, a parameter of the first, an exception, a file, and
what looks like a name but is none of these."""

_MAX_MASKED = 12
_MAX_DOUBTFUL = 4
_MAX_QUALIFYING = 4
"""Words between a member and its class: “the method get of the class Client”."""
_EXCEPTION = re.compile(r"(?:Error|Exception|Fault|Warning|Interrupt|Panic|Exit)$|^Err[A-Z]|^(?:E[A-Z]{2,}|KeyError)$")
_QUALIFYING = frozenset({"of", "in", "from", "on", "the", "class", "method", "function", "struct", "type", "'s"})
_JOINING = frozenset({"and", "&", STOP, "both", "the", "plus"})
_IN_FILE = frozenset({"in", "of", "from", "at", "the", "file", "inside", "module"})
_POINTERS = frozenset({"this", "that", "it", "its", "here"})
_FILE_KINDS = frozenset({"file", "module"})
_ASKING = frozenset({"which", "what", "any", "some", "no", "how"})
_PLACING = frozenset({"in", "of", "on", "from", "inside", "within", "for"})
"""Prepositions before the class or the file that a symbol is in."""
_DECLARING = frozenset(
    {"function", "method", "class", "struct", "interface", "type", "symbol", "constant", "exception"}
)


class IndexedNames(KnownNames, Protocol):
    """The names in the index, and the parameters of what they mean."""

    def parameters(self, name: str | None) -> Collection[str]:
        """The names of the parameters of what the name means; of what is pointed at for None."""
        ...

    def kinds(self, name: str | None) -> Collection[SymbolKind]:
        """The kinds of all definitions that the name can mean; of what is pointed at for None."""
        ...

    def is_called(self, name: str) -> bool:
        """Whether anything of this name is called, wherever it is defined."""
        ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about."""

    name: str | None
    """None for “this” and “it”."""
    is_known: bool = True
    is_plain: bool = False
    """The name is also an ordinary word, and nothing marks it as a name."""
    is_wordlike: bool = False
    """It stands where a word would: “the configuration”, “which database”."""
    is_file: bool = False
    refers_back: bool = False
    in_file: str | None = None


@dataclass(frozen=True, slots=True)
class MaskedQuestion:
    """A question with its names masked in one way."""

    words: tuple[str, ...]
    subject: Subject
    names: dict[str, str] = field(default_factory=dict)
    """Mark → the name that it stands for, of all marks but the subject's."""
    others: tuple[str, ...] = ()
    """The other subjects, where several are asked about: “where are f and g defined?”"""
    is_guess: bool = False
    """The parameter, the second symbol or the subject is not in the index."""

    def name_of(self, mark: str) -> str | None:
        return self.names.get(mark)


@dataclass(frozen=True, slots=True)
class _Draft:
    """Which tokens are masked so far."""

    marks: dict[int, str]
    subject: Subject
    names: dict[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    is_guess: bool = False

    def marked(self, place: int, mark: str, name: str, is_guess: bool = False) -> "_Draft":
        marks, names = {**self.marks, place: mark}, {**self.names, mark: name}
        return replace(self, marks=marks, names=names, is_guess=self.is_guess or is_guess)


def masked(text: str, names: IndexedNames, common: Collection[str], points: bool) -> list[MaskedQuestion]:
    """The question with its names masked, in every way that makes sense; nothing if it names no one subject.

    common: words that a question may have that are no names. points: whether “this” and “it” can mean something.
    """
    tokens = _qualified(_scanned(text, names), names)
    ways = list(_masked(tokens, names, common, points))
    for placed, in_file in _without_places(tokens, names):
        for way in _masked(placed, names, common, points):
            if in_file is None or (way.subject.name is not None and way.subject.in_file is None):
                in_this = way.subject.in_file if in_file is None else in_file
                ways.append(replace(way, subject=replace(way.subject, in_file=in_this)))
    return ways[:_MAX_MASKED]


def _masked(
    tokens: Sequence[Token], names: IndexedNames, common: Collection[str], points: bool
) -> Iterator[MaskedQuestion]:
    found = _found(tokens, names, common)
    drafts = [
        full
        for draft in _subjects(tokens, found, names, points)
        for full in _with_slots(tokens, found, draft, names, common)
    ]
    drafts = [_with_joined(tokens, draft, names.parameters(draft.subject.name)) for draft in drafts]
    unique = {(tuple(sorted(draft.marks.items())), draft.subject): draft for draft in drafts}
    return (_question(tokens, draft) for draft in unique.values())


def _without_places(tokens: Sequence[Token], names: IndexedNames) -> Iterator[tuple[list[Token], str | None]]:
    """The tokens without a phrase before the question that says where the symbol is, and the file that it names.

    That is “in the class Client”, where another name is one of its members, or “in client.py”.
    """
    for place, token in enumerate(tokens):
        if not token.name or token.word in lexicon().no_names or not _is_known(token.name, names):
            continue
        start, end = place, place + 1
        while start > 0 and tokens[start - 1].word in DETERMINERS | lexicon().kinds.keys():
            start -= 1
        if end < len(tokens) and tokens[end].word in lexicon().kinds:
            end += 1
        if word_at(tokens, start - 1) not in _PLACING or word_at(tokens, start - 2) not in ("", STOP):
            continue  # “which methods of Client call get” is about all of them
        rest = [*tokens[: start - 1], *tokens[end:]]
        if not names.defines(token.name):
            yield rest, token.name
            continue
        for at, other in enumerate(rest):
            name = f"{token.name}.{other.name}"
            if other.name and other.word not in lexicon().no_names and names.defines(name):
                yield [*rest[:at], Token(name.lower(), name, True), *rest[at + 1 :]], None


@dataclass(frozen=True, slots=True)
class _Found:
    """Places of tokens."""

    certain: tuple[int, ...]
    """Known names that are no ordinary words."""
    doubtful: tuple[int, ...]
    """Ordinary words that are also names."""
    unknown: tuple[int, ...]
    """What looks like a name and is not in the index."""
    files: tuple[int, ...]


def _scanned(text: str, names: IndexedNames) -> list[Token]:
    """The tokens; a parameter after a dot, as in `f.timeout`, is one of its own."""
    tokens: list[Token] = []
    for token in scan(" ".join(text.replace("’", "'").split())):
        owner, _, last = token.name.rpartition(".")
        if owner and not _is_known(token.name, names) and names.defines(owner) and last in names.parameters(owner):
            tokens += [Token(owner.lower(), owner, True), Token(last.lower(), last, True)]
        else:
            tokens.append(token)
    return with_subjects_marked(tokens, names)


def _qualified(tokens: list[Token], names: IndexedNames) -> list[Token]:
    """The tokens with “get of the class Client” and “Client's get” as one name, where the index has it."""
    for start, first in enumerate(tokens):
        if not first.name:
            continue
        for end in range(start + 2, min(start + _MAX_QUALIFYING + 2, len(tokens))):
            second = tokens[end]
            between = {token.word for token in tokens[start + 1 : end]}
            if not second.name or not between <= _QUALIFYING or not between - {"the"}:
                continue
            name = f"{first.name}.{second.name}" if "'s" in between else f"{second.name}.{first.name}"
            if first.word not in lexicon().no_names and second.word not in lexicon().no_names and names.defines(name):
                return [*tokens[:start], Token(name.lower(), name, True), *tokens[end + 1 :]]
    return tokens


def _is_known(name: str, names: IndexedNames) -> bool:
    return names.defines(name) or names.has_file(name)


def _found(tokens: Sequence[Token], names: IndexedNames, common: Collection[str]) -> _Found:
    certain: list[int] = []
    doubtful: list[int] = []
    unknown: list[int] = []
    files: list[int] = []
    for place, token in enumerate(tokens):
        if not token.name or (not token.marked and (token.word in lexicon().no_names or token.word in _POINTERS)):
            continue
        is_plain = not token.marked and (token.word in common or token.word in lexicon().kinds)
        if names.defines(token.name):
            is_capital = place > 0 and token.name[0].isupper() and tokens[place - 1].word != STOP
            is_sure = not is_plain and not _is_wordlike(tokens, place)
            (certain if is_sure or is_capital else doubtful).append(place)
        elif not is_plain and names.has_file(token.name):
            files.append(place)
        elif (
            token.marked or (not is_plain and word_at(tokens, place - 1) in _DECLARING) or _EXCEPTION.search(token.name)
        ):
            unknown.append(place)
    return _Found(tuple(certain), tuple(doubtful), tuple(unknown), tuple(files))


def _is_wordlike(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if token.marked or not token.name.islower() or word_at(tokens, place + 1) in lexicon().kinds:
        return False
    return word_at(tokens, place - 1) in DETERMINERS | _ASKING


def _subjects(tokens: Sequence[Token], found: _Found, names: IndexedNames, points: bool) -> Iterator[_Draft]:
    """The ways to choose what the question is about, and the second symbol."""
    found = _without_parameters(tokens, found, names)
    errors = [place for place in (*found.certain, *found.unknown) if _EXCEPTION.search(tokens[place].name)]
    symbols = [place for place in found.certain if place not in errors]
    if symbols:
        yield from _about(tokens, found, symbols, errors)
        if others := _without_parameter_names(tokens, symbols, names):
            yield from _about(tokens, found, others, errors)
        for place in found.doubtful[:_MAX_DOUBTFUL]:
            yield from _about(tokens, found, sorted([*symbols, place]), errors)
        return
    for place in found.doubtful[:_MAX_DOUBTFUL]:
        yield from _about(tokens, found, [place], errors)
        for other in found.doubtful[:_MAX_DOUBTFUL]:
            if other > place:
                yield from _about(tokens, found, [place, other], errors)
    if points and (draft := _pointed(tokens)) is not None:
        yield _with_errors(tokens, draft, errors)
    known_errors = [place for place in errors if place in found.certain]
    if known_errors:
        yield from _about(tokens, found, known_errors, [])
    elif found.files:
        yield from _about_file(tokens, found.files)
    elif not found.doubtful and found.unknown:
        unknown = [place for place in found.unknown if place not in errors] or list(found.unknown)
        if len({tokens[place].name for place in unknown}) == 1:
            subject = Subject(tokens[unknown[0]].name, is_known=False)
            draft = _Draft(dict.fromkeys(unknown, SUBJECT), subject, is_guess=True)
            yield _with_errors(tokens, draft, [place for place in errors if place not in unknown])


def _without_parameters(tokens: Sequence[Token], found: _Found, names: IndexedNames) -> _Found:
    """The same without fields that have the name of a parameter of another symbol, which is what is meant then."""
    written = {tokens[place].name for place in (*found.certain, *found.doubtful)}
    meant = {
        name
        for name in written
        if _is_field(name, names) and any(name in names.parameters(other) for other in written - {name})
    }
    certain = tuple(place for place in found.certain if tokens[place].name not in meant)
    doubtful = tuple(place for place in found.doubtful if tokens[place].name not in meant)
    return replace(found, certain=certain, doubtful=doubtful)


def _is_field(name: str, names: IndexedNames) -> bool:
    kinds = names.kinds(name)
    return bool(kinds) and FIELD_KINDS.issuperset(kinds)


def _without_parameter_names(tokens: Sequence[Token], symbols: Sequence[int], names: IndexedNames) -> list[int]:
    """The places of the symbols but those that have the name of a parameter of another one; nothing if none has."""
    written = {tokens[place].name for place in symbols}
    meant = {name for name in written if any(name in names.parameters(other) for other in written - {name})}
    return [place for place in symbols if tokens[place].name not in meant] if meant else []


def _about(tokens: Sequence[Token], found: _Found, symbols: Sequence[int], errors: Sequence[int]) -> Iterator[_Draft]:
    written = list(dict.fromkeys(tokens[place].name for place in symbols))
    in_file = _file_beside(tokens, found, symbols[0]) if len(written) == 1 else None
    subject = Subject(
        written[0],
        is_plain=symbols[0] in found.doubtful,
        is_wordlike=_is_wordlike(tokens, symbols[0]),
        in_file=tokens[in_file].name if in_file is not None else None,
    )
    marks = {place: SUBJECT for place in symbols if tokens[place].name == written[0]}
    marks |= dict.fromkeys(found.files, FILE)
    if in_file is not None:
        marks |= dict.fromkeys(range(symbols[0] + 1, in_file + 1), "")
    if len(written) == 1:
        yield _with_errors(tokens, _Draft(marks, subject), errors)
    elif len(written) == len(symbols) and _are_joined(tokens, symbols):
        marks |= dict.fromkeys(range(symbols[0], symbols[-1] + 1), "")
        names = {SECOND: written[1]} if len(written) == 2 else {}
        yield _with_errors(tokens, _Draft({**marks, symbols[0]: SUBJECTS}, subject, names, tuple(written[1:])), errors)
    elif len(written) == 2:
        marks |= {place: SECOND for place in symbols if tokens[place].name == written[1]}
        yield _with_errors(tokens, _Draft(marks, subject, {SECOND: written[1]}), errors)


def _about_file(tokens: Sequence[Token], files: Sequence[int]) -> Iterator[_Draft]:
    if len(files) == 1:
        yield _Draft({files[0]: FILE}, Subject(tokens[files[0]].name, is_file=True))


def _pointed(tokens: Sequence[Token]) -> _Draft | None:
    """“this function” and “it” as the subject."""
    marks: dict[int, str] = {}
    subject = Subject(None)
    for place, token in enumerate(tokens):
        if token.word not in _POINTERS or (token.word in ("this", "that") and word_at(tokens, place + 1) == "is"):
            continue
        kind = word_at(tokens, place + 1)
        is_file = kind in _FILE_KINDS and token.word != "it"
        subject = Subject(None, is_file=is_file, refers_back=token.word in ("it", "its"))
        marks[place] = FILE if is_file else SUBJECT
        if kind in lexicon().kinds:
            marks[place + 1] = ""
    return _Draft(marks, subject) if marks else None


def _with_errors(tokens: Sequence[Token], draft: _Draft, errors: Sequence[int]) -> _Draft:
    if len({tokens[place].name for place in errors}) != 1:
        return draft  # none, or too many: those stay unknown words
    for place in errors:
        draft = draft.marked(place, EXCEPTION, tokens[place].name)
    return draft


def _with_slots(
    tokens: Sequence[Token], found: _Found, draft: _Draft, names: IndexedNames, common: Collection[str]
) -> Iterator[_Draft]:
    """The draft with parameters marked, in every way that makes sense."""
    if draft.subject.is_file or draft.others:
        yield draft
        return
    parameters = names.parameters(draft.subject.name) if draft.subject.is_known else ()
    free = [
        place
        for place, token in enumerate(tokens)
        if token.name and (place not in draft.marks or draft.marks[place] == SECOND)
    ]
    named = [place for place in free if tokens[place].name in parameters]
    certain = [
        place
        for place in named
        if place not in draft.marks and (tokens[place].marked or tokens[place].word not in common)
    ]
    if len({tokens[place].name for place in certain}) > 1:
        yield draft
        return
    for place in certain:
        draft = draft.marked(place, PARAMETER, tokens[place].name)
    yield draft
    if not certain:
        for place in named:
            if draft.marks.get(place) == SECOND:
                second = {key: mark for key, mark in draft.marks.items() if mark != SECOND}
                yield replace(draft, marks=second, names={}).marked(place, PARAMETER, tokens[place].name)
            elif tokens[place].word not in lexicon().no_names:
                yield draft.marked(place, PARAMETER, tokens[place].name)
    unknown = [place for place in found.unknown if place not in draft.marks]
    if len(unknown) == 1 and not certain and tokens[unknown[0]].name.lstrip("$").isidentifier():
        yield draft.marked(unknown[0], PARAMETER, tokens[unknown[0]].name, is_guess=True)
        if SECOND not in draft.names:
            yield draft.marked(unknown[0], SECOND, tokens[unknown[0]].name, is_guess=True)


def _with_joined(tokens: Sequence[Token], draft: _Draft, parameters: Collection[str]) -> _Draft:
    """The draft with any other parameter that “and” joins to the marked one as a name that is not understood."""
    marks = dict(draft.marks)
    for place, mark in draft.marks.items():
        for step in (-1, 1):
            other = place + 2 * step
            is_joined = mark == PARAMETER and word_at(tokens, place + step) in ("and", "or", STOP)
            if is_joined and other not in marks and 0 <= other < len(tokens) and tokens[other].name in parameters:
                marks[other] = UNKNOWN
    return replace(draft, marks=marks)


def _question(tokens: Sequence[Token], draft: _Draft) -> MaskedQuestion:
    looks_like_name = (token.marked and bool(token.name) for token in tokens)
    words = [
        draft.marks.get(place, UNKNOWN if is_name else token.word)
        for place, (token, is_name) in enumerate(zip(tokens, looks_like_name, strict=True))
    ]
    return MaskedQuestion(
        tuple(joined(word for word in words if word)), draft.subject, draft.names, draft.others, draft.is_guess
    )


def _are_joined(tokens: Sequence[Token], places: Sequence[int]) -> bool:
    """Whether only “and” and commas stand between the names."""
    between = [{token.word for token in tokens[left + 1 : right]} for left, right in pairwise(places)]
    return all(words and words <= _JOINING for words in between) and bool(between[-1] & {"and", "&", "plus"})


def _file_beside(tokens: Sequence[Token], found: _Found, symbol: int) -> int | None:
    """The file right after the symbol: “f in shop.py”."""
    for place in found.files:
        if symbol < place and all(token.word in _IN_FILE for token in tokens[symbol + 1 : place]):
            return place
    return None
