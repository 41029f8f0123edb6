"""From a question's words to its intent. The whole question must be understood, else it is not matched.

Polite words are left out, words are replaced by their meanings, names by a mark; what remains must be one of the
rules. A wrong match is the worst failure: negation, conditions, comparisons and a name too many are left over, and
whatever is left over ends the attempt. Two readings that differ are none.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from forethought.matching.intent import Intent
from forethought.matching.names import is_marked
from forethought.matching.rules import compiled, introductions
from forethought.matching.words import KINDS, meanings, no_names, phrases, respelt

LONGEST = 300
"""Characters of the longest question that is read."""
_MOST_WORDS = 60
_MOST_NAMES = 3

_IDENTIFIER = r"\$?[^\W\d][\w$]*"
_TOKEN = re.compile(
    r"`(?P<ticked>[^`]+)`"
    rf"|(?P<quote>[\"'])(?P<quoted>{_IDENTIFIER}(?:(?:\.|::|\#|->){_IDENTIFIER})*(?:\(\))?)(?P=quote)(?!\w)"
    r"|(?P<path>[\w.@+-]*/[\w@+./-]*\w)"
    rf"|(?P<name>{_IDENTIFIER}(?:(?:\.|::|\#|->)-?{_IDENTIFIER})*(?P<call>\((?:\.\.\.|…)?\))?)"
    r"|(?P<tail>'[a-z]{1,2}\b)|(?P<stop>[,;:.!?—–]+|-+(?=\s))|(?P<other>[^\s])"
)
_CODE = re.compile(
    rf"(?:(?:def|class|fn|func|function|fun)\s+)?(?P<name>{_IDENTIFIER}(?:(?:\.|::|\#|->){_IDENTIFIER})*)"
    r"(?:\((?:\.\.\.|…)?\))?[!?]?$"
)
_TAILS = {"'re": "are", "'d": "would", "'ll": "will", "'ve": "have", "'m": "am", "n't": "not"}
_CONTRACTED = frozenset({"what", "who", "where", "when", "which", "how", "that", "there", "it", "here"})
_SINCE = re.compile(
    r"(?:(?:what|which|list|show)(?: me)?(?: all)?(?: the)?"
    r"(?: (?:symbols?|functions?|methods?|classes|files?|code|things?|definitions?))?"
    r"(?: that)?(?: (?:has|have|was|were|is|are|got))?(?: been)? (?:changed|modified|edited|touched|new|different)"
    r"|(?:what are )?(?:the )?changes|changed (?:symbols|functions|files)|what(?: is|'s) (?:new|changed|different))"
    r"(?: here| in (?:this|the) (?:repository|repo|project|codebase))? since"
    r"(?: (?:the )?(?:commit|revision|tag|branch|version|release))? [`'\"]?(?P<revision>[\w][\w./~^@{}+-]*)[`'\"]?",
    re.IGNORECASE,
)
_POINTERS = frozenset({"this", "that", "it", "its"})
_LEADING = frozenset(
    {"and", "so", "now", "then", "but", "or", "list", "show", "find", "get", "print", "display", "name", "enumerate"}
    | {"give", "tell"}
)
_VERBAL = frozenset(
    {"call", "use", "depend", "raise", "test", "check", "define", "inherit", "subclass", "implement", "change", "take"}
    | {"have", "return"}
)
_PREPOSITIONS = frozenset({"of", "in", "from", "on"})


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    """Lower case; a stop is a comma."""
    name: str = ""
    """As a name: with dots, as written otherwise; empty for what cannot be one."""
    marked: bool = False


@dataclass(frozen=True, slots=True)
class _Name:
    """What a mark stands for."""

    text: str | None
    """None: pointed at."""
    marked: bool = False
    kind: str | None = None
    within: str | None = None
    spoken_of: bool = False


def read_intent(question: str, knows: Callable[[str], bool] = lambda name: False) -> Intent | None:
    """The question's intent; None when it is not understood as a whole.

    `knows`: whether the index has a definition of this (qualified) name, or a file of this path. Without it, plain
    words that also mean something else are no names. Takes time linear in the question's length; never raises.
    """
    if len(question) > LONGEST:
        return None
    text = " ".join(question.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"').split())
    if since := _SINCE.fullmatch(text.rstrip(" ?!.")):
        return Intent("changed_since", None, other=since["revision"])
    tokens = list(_tokens(text))
    if not tokens or len(tokens) > _MOST_WORDS:
        return None
    tokens = _without_phrases(tokens)
    for reading in _namings(tokens, knows):
        found = {intent for option in reading if (intent := _understood(tokens, option, knows))}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def content_words(text: str) -> tuple[str, ...]:
    """What a question says, word by word: meanings where we have them, without what says nothing."""
    known = meanings()
    tokens = _without_phrases(list(_tokens(" ".join(text.replace("’", "'").split())[:LONGEST])))
    words = (token.name if token.marked else known.get(token.word, token.word) for token in tokens)
    return tuple(word for word in words if word not in ("", ","))


def _tokens(text: str) -> Iterator[_Token]:
    previous = ""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if match["ticked"] is not None:
            written = match["ticked"].strip()
            code = _CODE.match(written)
            path = re.fullmatch(r"[\w.@+/-]*\w", written)
            name = _dotted(code["name"]) if code else written if path else ""
            yield _Token(written.lower() if name else "`", name, marked=True)
        elif match["quoted"] is not None:
            yield _Token(match["quoted"].lower(), _dotted(match["quoted"].removesuffix("()")), marked=True)
        elif match["path"] is not None:
            yield _Token(match["path"].lower(), match["path"], marked=True)
        elif match["name"] is not None:
            written = match["name"].removesuffix(match["call"] or "")
            word = written.lower()
            marked = bool(match["call"] or is_marked(written)) and word not in ("e.g", "i.e")
            if text[match.end() :].startswith("'t") and word.endswith("n"):
                yield _Token("not")
            else:
                yield _Token(word, _dotted(written), marked)
            previous = word
            continue
        elif match["tail"] is not None:
            tail = match["tail"]
            if tail == "'s":
                yield _Token("is" if previous in _CONTRACTED else "'s")
            elif tail != "'t":
                yield _Token(_TAILS.get(tail, tail))
        elif kind == "stop" or match["stop"] is not None:
            yield _Token(",")
        elif match["other"].isascii() and match["other"] not in "()\"'*":
            yield _Token(match["other"])
        previous = ""


def _dotted(name: str) -> str:
    return name.replace("::", ".").replace("#", ".").replace("->", ".")


def _without_phrases(tokens: list[_Token]) -> list[_Token]:
    """Polite phrases out, and what is said in two words in one."""
    table = phrases()
    kept: list[_Token] = []
    at = 0
    while at < len(tokens):
        for words, instead in table.get(tokens[at].word, ()):
            if tuple(token.word for token in tokens[at : at + len(words)]) == words and not any(
                token.marked for token in tokens[at : at + len(words)]
            ):
                kept += [_Token(word) for word in instead]
                at += len(words)
                break
        else:
            kept.append(tokens[at])
            at += 1
    while kept and (kept[0].word in _LEADING or kept[0].word == ",") and not kept[0].marked:
        if kept[0].word == "find" and len(kept) == 2:
            break
        kept.pop(0)
    return kept


Naming = tuple[tuple[int, ...], frozenset[int]]
"""Places of the tokens that are names, and of those that are misspelt words of ours."""


def _namings(tokens: Sequence[_Token], knows: Callable[[str], bool]) -> Iterator[list[Naming]]:
    """Which tokens are names: the likeliest first, each step a list of equally likely ones."""
    known = meanings()
    sure: list[int] = []
    slips: list[int] = []
    doubtful: list[int] = []
    for place, token in enumerate(tokens):
        if token.marked:
            sure.append(place)
        elif not token.name or token.word in no_names() or token.word in _POINTERS:
            continue
        elif token.word in known or token.word in KINDS:
            doubtful.append(place)
        elif not knows(token.name) and respelt(token.word):
            slips.append(place)
        else:
            sure.append(place)
    if len(sure) <= _MOST_NAMES:
        yield [(tuple(sure), frozenset(slips))]
    if len(sure) < _MOST_NAMES:
        also = [place for place in doubtful if knows(tokens[place].name) or any(_is_default(token) for token in tokens)]
        yield [(tuple(sorted((*sure, place))), frozenset(slips)) for place in also]
        yield [(tuple(sorted((*sure, place))), frozenset(slips) - {place}) for place in slips]


def _is_default(token: _Token) -> bool:
    return token.word in ("default", "defaults")


def _understood(tokens: Sequence[_Token], naming: Naming, knows: Callable[[str], bool]) -> Intent | None:
    """The one intent of the tokens under this naming; None when there is none, or several."""
    names: list[_Name] = []
    clauses: list[list[str]] = [[]]
    written = [
        (_Token("@", token.name, token.marked) if place in naming[0]
         else replace(token, word=respelt(token.word) or token.word, name="") if place in naming[1] else token)
        for place, token in enumerate(tokens)
    ]  # fmt: skip
    some_named = bool(naming[0])
    place = 0
    while place < len(written):
        token, after = written[place], written[place + 1] if place + 1 < len(written) else _Token(",")
        place += 1
        if token.word == ",":
            clauses.append([])
        elif token.word in ("called", "named") and after.word == "@" and written[place - 2].word in KINDS:
            pass  # “a function called f”
        elif token.word == "@":
            names.append(_Name(token.name, token.marked))
            clauses[-1].append(f"@{len(names) - 1}")
        elif (pointed := _pointed(written, place - 1, some_named)) is not None:
            skipped, name = pointed
            place += skipped
            if name is not None:
                names.append(name)
                clauses[-1].append(f"@{len(names) - 1}")
        elif token.word in ("a", "an") and after.word in KINDS:
            clauses[-1].append("isa")
        else:
            clauses[-1].append(_meaning(token))
    if not names or len(names) > _MOST_NAMES:
        return None
    said = [[word for word in clause if word] for clause in clauses]
    found = {
        intent
        for sentence, standing in _sentences([clause for clause in said if clause], names)
        for words, standing_names in _merged(_absorbed(sentence, standing), knows)
        if (intent := _matched(words, standing_names, knows)) is not None
    }
    return found.pop() if len(found) == 1 else None


def _meaning(token: _Token) -> str:
    """The word's meaning; words that we do not know stand for themselves, so that nothing matches them."""
    return meanings().get(token.word, KINDS.get(token.word, f"?{token.word}"))


def _pointed(tokens: Sequence[_Token], place: int, some_named: bool) -> tuple[int, _Name | None] | None:
    """(tokens to skip after this one, what is pointed at: None when the pointer only stands before a name).

    None when the token points at nothing.
    """
    word = tokens[place].word
    following = [token.word for token in tokens[place + 1 : place + 4]] + ["", "", ""]
    if word in ("the", "this", "that") and following[0] == "current":
        kind = KINDS.get(following[1])
        return (2, _pointer(word, kind)) if kind else None
    if word == "this" and following[0] == "source" and following[1] in ("file", "module"):
        return 2, _pointer(word, "file")
    if word == "here":
        first = meanings().get(tokens[0].word, "")
        return None if first in ("be", "do", "have", "can") else (0, None)
    if word not in _POINTERS:
        if word == "the" and not some_named and following[0] in KINDS and following[0] in _POINTED_KINDS:
            return 1, _pointer("this", KINDS[following[0]])
        return None
    kind = KINDS.get(following[0])
    if following[0] == "@" or (kind and following[1] == "@"):
        return 0, None
    if word == "that" and (some_named or meanings().get(following[0]) in _VERBAL):
        return None
    if kind and not (word == "its" or (word == "it")):
        return 1, _pointer(word, kind)
    return 0, _pointer(word, None)


_POINTED_KINDS = frozenset({"function", "method", "class", "file", "module"})


def _pointer(word: str, kind: str | None) -> _Name:
    return _Name(None, kind=kind, spoken_of=word in ("it", "its") or (word == "that" and kind is None))


def _absorbed(words: list[str], names: list[_Name]) -> tuple[list[str], list[_Name]]:
    """“the function @”, “@ function”, “function called @” are the name alone, which is then marked."""
    kept: list[str] = []
    names = list(names)
    place = 0
    while place < len(words):
        word = words[place]
        kind = KINDS.get(word)
        following = words[place + 1] if place + 1 < len(words) else ""
        if word == "isa" and place + 2 < len(words) and words[place + 2].startswith("@"):
            place += 1
            continue  # “a function called f”
        if kind and following.startswith("@") and not _is_subject(words, place):
            number = int(following[1:])
            names[number] = replace(names[number], kind=kind, marked=True)
            place += 1
            continue
        if kind and kept and kept[-1].startswith("@") and not _begins_clause(words, place):
            number = int(kept[-1][1:])
            if names[number].text is not None:
                names[number] = replace(names[number], kind=kind, marked=True)
                place += 1
                continue
        kept.append(word)
        place += 1
    return kept, names


def _is_subject(words: Sequence[str], place: int) -> bool:
    """“which class @ …”, “what function @ calls”: the kind belongs to the question word."""
    return place > 0 and words[place - 1] in ("which", "what", "howmany", "default")


def _begins_clause(words: Sequence[str], place: int) -> bool:
    return place + 1 < len(words) and words[place + 1] in ("that", "or", "call", "inherit")


def _sentences(clauses: list[list[str]], names: list[_Name]) -> Iterator[tuple[list[str], list[_Name]]]:
    """The clauses as one sentence; and, when one only says what “it” is, the other with the name in its place."""
    yield [word for clause in clauses for word in clause], names
    if len(clauses) != 2 or len(names) != 2:
        return
    for introduction, question in (clauses, clauses[::-1]):
        line = "".join(f"{word} " for word in introduction)
        pointer = next((word for word in question if word.startswith("@")), "@0")
        told = next((match["name"] for rule in introductions() if (match := rule.fullmatch(line))), None)
        if told is not None and names[int(pointer[1:])].text is None and names[int(told)].text is not None:
            yield [f"@{told}" if word == pointer else word for word in question], names


def _merged(
    sentence: tuple[list[str], list[_Name]], knows: Callable[[str], bool]
) -> Iterator[tuple[list[str], list[_Name]]]:
    """The sentence as it is; and with “@ of @”, “@'s @” as one qualified name, where the index has it."""
    words, names = sentence
    yield [word for word in words if word != "'s"], names
    for place in range(len(words) - 2):
        first, between, second = words[place : place + 3]
        if not (first.startswith("@") and second.startswith("@")):
            continue
        member, owner = names[int(first[1:])], names[int(second[1:])]
        if between == "'s":
            member, owner = owner, member
        elif between not in _PREPOSITIONS:
            continue
        if member.text is None or owner.text is None:
            continue
        qualified = f"{owner.text}.{member.text}"
        of_file = ("/" in owner.text or "." in owner.text) and not knows(qualified) and knows(owner.text)
        if not of_file and not knows(qualified):
            continue
        whole = (
            replace(member, within=owner.text, marked=True) if of_file else replace(member, text=qualified, marked=True)
        )
        number = int(first[1:])
        rest = [word for word in [*words[:place], first, *words[place + 3 :]] if word != "'s"]
        yield rest, [*names[:number], whole, *names[number + 1 :]]


def _matched(words: Sequence[str], names: Sequence[_Name], knows: Callable[[str], bool]) -> Intent | None:
    line = "".join(f"{word} " for word in words)
    found: list[Intent] = []
    for aspect, rule in compiled():
        if (match := rule.fullmatch(line)) is None:
            continue
        groups = match.groupdict()
        name = names[int(groups["name"])]
        other = groups.get("word")
        if groups.get("other") is not None:
            second = names[int(groups["other"])]
            if second.text is None:
                continue
            other = second.text
        if aspect == "calls" and other is not None and not knows(other):
            continue
        intent = Intent(
            aspect,
            name.text,
            of_file=name.kind == "file" and name.text is None,
            marked=name.marked,
            other=other,
            kind=groups.get("kind") or (None if name.kind in ("file", "symbol") else name.kind),
            within=name.within,
            spoken_of=name.spoken_of,
        )
        if aspect == "exists" and not intent.marked:
            continue
        found.append(intent)
    return found[0] if len({(intent.aspect, intent.name, intent.other) for intent in found}) == 1 else None
