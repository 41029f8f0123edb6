"""From a question's words to its intent. The whole question must be understood, else it is not matched.

Polite words are left out, words are replaced by their meanings, names by a mark; what remains must be one of the
rules. A wrong match is the worst failure: negation, conditions, comparisons and a name too many are left over, and
whatever is left over ends the attempt. Two readings that differ are none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from forethought.matching.intent import Intent
from forethought.matching.names import is_marked
from forethought.matching.rules import GUESSES, ONLY_OF_FILES, ONLY_OF_MARKED, any_rule, compiled, introductions
from forethought.matching.words import KINDS, Phrases, guarded, meanings, no_names, openings, phrases, respelt

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
    r"(?:(?:can you |could you |please )?(?:tell|show|give|list) )?(?:me )?"
    r"(?:(?:(?:what|which|everything|all) )?(?:all )?(?:the )?"
    r"(?:(?:symbols?|functions?|methods?|classes|files?|code|things?|definitions?) )?(?:that )?"
    r"(?:(?:has|have|was|were|is|are|got) )?(?:been )?(?:changed|modified|edited|touched|new|different)"
    r"|(?:what are )?(?:the )?changes|what(?:'s) (?:new|changed|different))"
    r"(?: here| in (?:this|the) (?:repository|repo|project|codebase))? since"
    r"(?: (?:the )?(?:commit|revision|tag|branch|version|release))? [`'\"]?(?P<revision>[\w][\w./~^@{}+-]*)[`'\"]?",
    re.IGNORECASE,
)
_POINTERS = frozenset({"this", "that", "it", "its"})
_LEADING = frozenset(
    {
        "and",
        "so",
        "now",
        "then",
        "but",
        "or",
        "well",
        "please",
        "hey",
        "hi",
        "hello",
        "ok",
        "okay",
        "list",
        "show",
        "get",
    }
    | {"print", "display", "name", "enumerate", "give", "tell"}
)
_VERBAL = frozenset(
    {"call", "use", "depend", "raise", "test", "check", "define", "inherit", "subclass", "implement", "change", "take"}
    | {"have", "return"}
)
_ASKING = frozenset({"which", "what", "howmany", "default", "other", "all", "any", "every"})
"""Before a kind of definition, they ask for it: “which function @ …” does not say that @ is a function."""
_AFTER_A_KIND = frozenset({"or"})
_POINTED_KINDS = frozenset({"function", "method", "class", "file", "module"})
_DETERMINERS = frozenset({"the", "a", "an", "this", "these", "those", "our", "my", "your", "each", "every"})
_NOUNS = frozenset({"test", "place", "thing", "subclass", "caller", "code", "member"})
_PREPOSITIONS = frozenset({"of", "in", "from", "on"})


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    """Lower case; a stop is a comma."""
    name: str = ""
    """As a name: with dots, as written otherwise; empty for what cannot be one."""
    marked: bool = False
    meant: str = ""
    """The word of ours that this may be a misspelling of."""


@dataclass(frozen=True, slots=True)
class _Name:
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


def read_intent(question: str, known: Names | None = None) -> Intent | None:
    """The question's intent; None when it is not understood as a whole.

    Takes time linear in the question's length; never raises.
    """
    known = known or NoNames()
    if len(question) > LONGEST:
        return None
    text = " ".join(question.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"').split())
    if since := _SINCE.fullmatch(text.rstrip(" ?!.")):
        return Intent("changed_since", None, other=since["revision"])
    tokens = list(_tokens(text))
    if not tokens or len(tokens) > _MOST_WORDS:
        return None
    tokens = [_with_spelling(token) for token in _without_phrases(tokens)]
    for reading in _namings(tokens, known):
        found = {intent for option in reading if (intent := _understood(tokens, option, known))}
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
        elif match["other"].isascii() and match["other"] not in "()\"'*-":
            yield _Token(match["other"])
        previous = ""


def _dotted(name: str) -> str:
    return name.replace("::", ".").replace("#", ".").replace("->", ".")


def _without_phrases(tokens: list[_Token]) -> list[_Token]:
    """Polite phrases out, and what is said in several words in one."""
    kept: list[_Token] = []
    begins = True
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if (
            found := (_phrase(openings(), tokens, at) if begins else None) or _phrase(phrases(), tokens, at)
        ) is not None:
            kept += [_Token(word) for word in found[1]]
            begins &= not found[1]
            at += len(found[0])
            continue
        at += 1
        if begins and token.word in _LEADING and not token.marked and at < len(tokens):
            continue
        kept.append(token)
        begins = token.word == "," or (begins and not token.marked and meanings().get(token.word) == "")
    return kept


def _phrase(table: Phrases, tokens: Sequence[_Token], at: int) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    for words, instead in table.get(tokens[at].word, ()):
        found = tokens[at : at + len(words)]
        if tuple(token.word for token in found) == words and not any(token.marked for token in found):
            return words, instead
    return None


Naming = tuple[tuple[int, ...], frozenset[int]]
"""Places of the tokens that are names, and of those that are misspelt words of ours."""


def _namings(tokens: Sequence[_Token], known: Names) -> Iterator[list[Naming]]:
    """Which tokens are names: the likeliest first, each step a list of equally likely ones."""
    ours = meanings()
    sure: list[int] = []
    slips: list[int] = []
    doubtful: list[int] = []
    for place, token in enumerate(tokens):
        if token.marked:
            sure.append(place)
        elif not token.name or token.word in no_names() or token.word in _POINTERS:
            continue
        elif token.word in ours or token.word in KINDS or token.word in guarded():
            doubtful.append(place)
        elif token.meant and not known.defines(token.name):
            slips.append(place)
        else:
            sure.append(place)
    if len(sure) <= _MOST_NAMES:
        yield [(tuple(sure), frozenset(slips))]
    if len(sure) < _MOST_NAMES:
        named = [place for place in doubtful if known.defines(tokens[place].name) or _is_of_default(tokens, place)]
        yield [(tuple(sorted((*sure, place))), frozenset(slips)) for place in named]
        yield [(tuple(sorted((*sure, place))), frozenset(slips) - {place}) for place in slips]


def _with_spelling(token: _Token) -> _Token:
    plain = token.name and not token.marked and token.word not in no_names() and token.word not in meanings()
    return replace(token, meant=respelt(token.word) or "") if plain and token.word not in KINDS else token


def _is_of_default(tokens: Sequence[_Token], place: int) -> bool:
    """A parameter may be called as one of our words: “the default of type”, “the default value”."""
    return any(_word(tokens, place - back) in ("default", "defaults") for back in (1, 2, 3))


def _understood(tokens: Sequence[_Token], naming: Naming, known: Names) -> Intent | None:
    """The one intent of the tokens under this naming; None when there is none, or several."""
    written = [_written(token, place, naming) for place, token in enumerate(tokens)]
    about_default = any(meanings().get(token.word) == "default" for token in written)
    names: list[_Name] = []
    clauses: list[list[str]] = [[]]
    place = 0
    while place < len(written):
        token = written[place]
        if token.word == ",":
            clauses.append([])
        elif (found := _naming_at(written, place, bool(naming[0]), known)) is not None:
            length, name = found
            place += length - 1
            if name is not None:
                names.append(name)
                clauses[-1].append(f"@{len(names) - 1}")
        elif token.word in ("a", "an") and _word(written, place + 1) in KINDS:
            clauses[-1].append("isa")
        elif token.word in _DETERMINERS and _is_plain_name(written, place + 1) and not about_default:
            return None  # “the entry”, “this project”: a word, no name
        else:
            clauses[-1].append(_meaning(token))
            if token.word.endswith("ing") and clauses[-1][-1] in _VERBAL and _is_progressive(clauses[-1]):
                clauses[-1][clauses[-1].index("be")] = "do"  # “who is calling” is “who calls”
            elif token.word.endswith("ing") and clauses[-1][-1] in _VERBAL and _follows_a_noun(clauses[-1]):
                clauses[-1].insert(-1, "that")  # “functions calling” are “functions that call”
        place += 1
    if not names or len(names) > _MOST_NAMES:
        return None
    said = [[word for word in clause if word] for clause in clauses]
    intents = {
        intent
        for sentence in _sentences([clause for clause in said if clause], names)
        for words, standing_names in _merged(sentence, known)
        if (intent := _matched(words, standing_names, known)) is not None
    }
    return intents.pop() if len(intents) == 1 else None


def _follows_a_noun(words: Sequence[str]) -> bool:
    said = [word for word in words if word]
    return len(said) > 1 and (said[-2] in _NOUNS or said[-2] in KINDS)


def _is_progressive(words: Sequence[str]) -> bool:
    """Whether the last word goes with an “is” before it: not in “is there a test covering”, “the result of calling”."""
    said = [word for word in words if word]
    return "be" in said and (said[-2] == "be" or said[-2] in ("person", "else") or said[-2].startswith("@"))


def _written(token: _Token, place: int, naming: Naming) -> _Token:
    if place in naming[0]:
        return _Token("@", token.name, token.marked)
    return _Token(token.meant) if place in naming[1] else token


def _word(tokens: Sequence[_Token], place: int) -> str:
    return tokens[place].word if 0 <= place < len(tokens) else ""


def _naming_at(tokens: Sequence[_Token], place: int, some_named: bool, known: Names) -> tuple[int, _Name | None] | None:
    """(how many tokens name something here, what: None when they only lead up to a name); None when they do not.

    “@”, “function @”, “@ function”, “the function called @”, “this function”, “it”.
    """
    word, following = _word(tokens, place), _word(tokens, place + 1)
    kind = KINDS.get(word)
    if word in ("a", "an") and following in KINDS and _named_at(tokens, place + 2) is not None:
        place, word, following, kind, lead = place + 1, following, _word(tokens, place + 2), KINDS[following], 1
    else:
        lead = 0
    if kind is not None and (at := _named_at(tokens, place + 1)) is not None:
        if (
            _word(tokens, place - 1) in ("this", "that")
            and not tokens[at].marked
            and not known.defines(tokens[at].name)
        ):
            return None  # “who calls this function recursively?”
        if lead or _word(tokens, place - 1) not in _ASKING:
            return lead + at - place + 1, _Name(tokens[at].name, marked=True, kind=kind)
        return None
    if word == "@":
        kind = KINDS.get(following)
        if kind is not None and meanings().get(_word(tokens, place + 2)) not in _AFTER_A_KIND:
            return 2, _Name(tokens[place].name, marked=True, kind=kind)
        return 1, _Name(tokens[place].name, tokens[place].marked)
    return _pointed(tokens, place, some_named)


def _named_at(tokens: Sequence[_Token], place: int) -> int | None:
    """Where the name stands, if it does, after “called”."""
    if _word(tokens, place) in ("called", "named"):
        place += 1
    return place if _word(tokens, place) == "@" else None


def _is_plain_name(tokens: Sequence[_Token], place: int) -> bool:
    """A lower-case word that is not marked, with nothing beside it that says what it is."""
    if _word(tokens, place) != "@" or tokens[place].marked or not tokens[place].name.islower():
        return False
    following = _word(tokens, place + 1)
    return following not in KINDS and meanings().get(following) != "parameter"


def _meaning(token: _Token) -> str:
    """The word's meaning; words that we do not know stand for themselves, so that nothing matches them."""
    if token.word == "'s":
        return token.word
    return meanings().get(token.word, KINDS.get(token.word, f"?{token.word}"))


def _pointed(tokens: Sequence[_Token], place: int, some_named: bool) -> tuple[int, _Name | None] | None:
    """The same for “this”, “this function”, “its”, and “the function” where nothing has a name."""
    word, following = _word(tokens, place), _word(tokens, place + 1)
    kind = KINDS.get(following)
    if word == "here":
        first = meanings().get(tokens[0].word, "")
        return None if first in ("be", "do", "have", "can") else (1, None)
    if word == "the" and not some_named and kind in _POINTED_KINDS and meanings().get(_word(tokens, place + 2)) != "":
        return 2, _pointer("this", kind)
    if word not in _POINTERS:
        return None
    if word == "that" and some_named and place > 0:
        return None  # “the functions that @ calls”
    if word in ("this", "that") and (_named_at(tokens, place + 1) or (kind and _named_at(tokens, place + 2))):
        return None if _is_plain_name(tokens, place + 1) else (1, None)
    if word == "that" and (some_named or meanings().get(following) in _VERBAL):
        return None
    if kind and word in ("this", "that"):
        return 2, _pointer(word, kind)
    return 1, _pointer(word, None)


def _pointer(word: str, kind: str | None) -> _Name:
    return _Name(None, kind=kind, spoken_of=word in ("it", "its") or (word == "that" and kind is None))


def _sentences(clauses: list[list[str]], names: list[_Name]) -> Iterator[tuple[list[str], list[_Name]]]:
    """The clauses as one sentence; and, when one only says what “it” is, the other with the name in its place."""
    yield [word for clause in clauses for word in clause], names
    if len(clauses) == 2 and len(clauses[0]) == len(clauses[1]) == 1 and clauses[1][0].startswith("@"):
        yield [*clauses[0], "of", *clauses[1]], names  # “tests: f”
    if len(clauses) == 2 and len(clauses[0]) == 1 and clauses[1][0] in ("which", "what") and len(clauses[1]) == 2:
        yield [clauses[1][1], "of", *clauses[0]], names  # “f: which exceptions?”
    if len(clauses) != 2 or len(names) != 2:
        return
    for introduction, question in (clauses, clauses[::-1]):
        line = "".join(f"{word} " for word in introduction)
        pointer = next((word for word in question if word.startswith("@")), "@0")
        told = next((match["name"] for rule in introductions() if (match := rule.fullmatch(line))), None)
        if told is not None and names[int(pointer[1:])].text is None and names[int(told)].text is not None:
            yield [f"@{told}" if word == pointer else word for word in question], names


def _merged(sentence: tuple[list[str], list[_Name]], known: Names) -> Iterator[tuple[list[str], list[_Name]]]:
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
        of_file = not known.defines(qualified) and known.has_file(owner.text) and known.defines(member.text)
        if not of_file and not known.defines(qualified):
            continue
        whole = (
            replace(member, within=owner.text, marked=True) if of_file else replace(member, text=qualified, marked=True)
        )
        number = int(first[1:])
        rest = [word for word in [*words[:place], first, *words[place + 3 :]] if word != "'s"]
        yield rest, [*names[:number], whole, *names[number + 1 :]]


def _matched(words: Sequence[str], names: Sequence[_Name], known: Names) -> Intent | None:
    line = "".join(f"{word} " for word in words)
    found: list[Intent] = []
    for aspect, rule, pattern in compiled() if any_rule().fullmatch(line) else ():
        if (match := pattern.fullmatch(line)) is None:
            continue
        groups = match.groupdict()
        name = names[int(groups["name"])]
        other, second_is_marked = groups.get("word"), True
        is_file = name.kind == "file" or (name.text is not None and known.has_file(name.text))
        if rule in ONLY_OF_FILES and not is_file:
            continue
        if rule in ONLY_OF_MARKED and name.text is not None and not name.marked and name.text.islower():
            continue
        if groups.get("other") is not None:
            second = names[int(groups["other"])]
            if second.text is None:
                continue
            other, second_is_marked = second.text, second.marked
        if groups.get("other") is not None and name.text is not None:
            if not name.marked and (not known.defines(name.text) or name.text in meanings()):
                continue  # “is f called by accident?”, “… by default?”
            if aspect == "raises" and (other or "").islower() and not second_is_marked:
                continue  # “can f raise today?”
            if aspect == "calls" and not known.defines(other or ""):
                continue
        intent = Intent(
            aspect,
            name.text,
            of_file=name.kind == "file" and name.text is None,
            marked=name.marked or (aspect == "location" and "define" in words),
            other=other,
            kind=None if name.kind in ("file", "symbol") else name.kind,
            part=groups.get("part"),
            within=name.within,
            spoken_of=name.spoken_of,
            guessed=rule in GUESSES and not second_is_marked,
        )
        asked_by_name = "exist" in words and name.text is not None and known.defines(name.text)
        if aspect == "exists" and not (intent.marked or asked_by_name):
            continue
        found.append(intent)
    return found[0] if len({(intent.aspect, intent.name, intent.other) for intent in found}) == 1 else None
