"""From a question's words to its intent. The whole question must be understood, else it is not matched.

Polite words are left out, words are replaced by their meanings, names by a mark; what remains must be one of the
rules. A wrong match is the worst failure: negation, conditions, comparisons and a name too many are left over, and
whatever is left over ends the attempt. Two readings that differ are none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from forethought.matching.intent import Intent
from forethought.matching.naming import (
    DETERMINERS,
    MOST_NAMES,
    VERBAL,
    Name,
    Names,
    Naming,
    NoNames,
    is_plain_name,
    naming_at,
    namings,
    word_at,
    written_as,
)
from forethought.matching.patterns import any_rule, compiled, introductions
from forethought.matching.rules import GUESSES, ONLY_OF_FILES, ONLY_OF_MARKED
from forethought.matching.tokens import LONGEST, Token, read_tokens
from forethought.matching.words import KINDS, meanings

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
_NOUNS = frozenset({"test", "place", "thing", "subclass", "caller", "code", "member"})
_BARE = frozenset(
    {"caller", "callee", "parameter", "signature", "return", "test", "doc", "subclass", "base", "decorator"}
)
_ASKING = frozenset({"what", "which", "whatkind", "who", "where", "when", "how"})
_AUXILIARIES = frozenset({"be", "do", "can", "should", "have"})
_SUBJECTS = frozenset({"person", "there"})
_WITHIN = frozenset({"callers", "tests", "subclasses", "last_change"})
_PREPOSITIONS = frozenset({"of", "in", "from", "on"})


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
    tokens = read_tokens(text, known.defines)
    for reading in namings(tokens, known):
        found = {intent for option in reading if (intent := _understood(tokens, option, known))}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _understood(tokens: Sequence[Token], naming: Naming, known: Names) -> Intent | None:
    """The one intent of the tokens under this naming; None when there is none, or several."""
    written = [written_as(token, place, naming) for place, token in enumerate(tokens)]
    about_default = any(meanings().get(token.word) == "default" for token in written)
    names: list[Name] = []
    clauses: list[list[str]] = [[]]
    place = 0
    while place < len(written):
        token = written[place]
        if token.word == ",":
            clauses.append([])
        elif (found := naming_at(written, place, bool(naming[0]), known)) is not None:
            length, name = found
            place += length - 1
            if name is not None:
                names.append(name)
                clauses[-1].append(f"@{len(names) - 1}")
        elif token.word in ("a", "an") and word_at(written, place + 1) in KINDS:
            clauses[-1].append("isa")
        elif token.word in DETERMINERS and is_plain_name(written, place + 1) and not (about_default or _takes(clauses)):
            return None  # “the entry”, “this project”: a word, no name
        else:
            clauses[-1].append(_meaning(token))
            if token.word.endswith("ing") and clauses[-1][-1] in VERBAL and _is_progressive(clauses[-1]):
                clauses[-1][clauses[-1].index("be")] = "do"  # “who is calling” is “who calls”
            elif token.word.endswith("ing") and clauses[-1][-1] in VERBAL and _follows_a_noun(clauses[-1]):
                clauses[-1].insert(-1, "that")  # “functions calling” are “functions that call”
        place += 1
    said = [clause for clause in ([word for word in clause if word] for clause in clauses) if clause]
    if not names and len(said) == 1 and len(said[0]) == 1 and said[0][0] in _BARE:
        names, said = [Name(None, spoken_of=True)], [[*said[0], "of", "@0"]]  # “callers?”
    if not names or len(names) > MOST_NAMES:
        return None
    intents = {
        intent
        for sentence in _sentences(said, names, known)
        for merged, standing_names in _merged(sentence, known)
        for words in _orders(merged)
        if (intent := _matched(words, standing_names, known)) is not None
    }
    return intents.pop() if len(intents) == 1 else None


def _takes(clauses: Sequence[Sequence[str]]) -> bool:
    """“does f take a …”: what it may be is looked up among its parameters."""
    return bool(clauses[-1]) and clauses[-1][-1] == "take"


def _follows_a_noun(words: Sequence[str]) -> bool:
    said = [word for word in words if word]
    return len(said) > 1 and (said[-2] in _NOUNS or said[-2] in KINDS)


def _is_progressive(words: Sequence[str]) -> bool:
    """Whether the last word goes with an “is” before it: not in “is there a test covering”, “the result of calling”."""
    said = [word for word in words if word]
    return "be" in said and (said[-2] == "be" or said[-2] in ("person", "else") or said[-2].startswith("@"))


def _meaning(token: Token) -> str:
    """The word's meaning; words that we do not know stand for themselves, so that nothing matches them."""
    if token.word == "'s":
        return token.word
    return meanings().get(token.word, KINDS.get(token.word, f"?{token.word}"))


def _sentences(clauses: list[list[str]], names: list[Name], known: Names) -> Iterator[tuple[list[str], list[Name]]]:
    """The clauses as one sentence; and, when one only says what “it” is, the other with the name in its place."""
    yield [word for clause in clauses for word in clause], names
    if len(clauses) == 2 and len(clauses[0]) == len(clauses[1]) == 1 and clauses[1][0].startswith("@"):
        yield [*clauses[0], "of", *clauses[1]], names  # “tests: f”
    if len(clauses) == 2 and len(clauses[0]) == 1 and clauses[1][0] in ("which", "what") and len(clauses[1]) == 2:
        yield [clauses[1][1], "of", *clauses[0]], names  # “f: which exceptions?”
    if len(clauses) == 1 and len(names) == 2 and _repeats_itself(clauses[0], names, known):
        yield ["@0" if word == "@1" else word for word in clauses[0][1:]], names  # “f is it async?”
    if len(clauses) == 2 and len(names) == 1 and len(clauses[0]) == 1:
        yield [*clauses[1], *clauses[0]], names  # “f: where?”
    if len(clauses) != 2 or len(names) != 2:
        return
    for introduction, question in (clauses, clauses[::-1]):
        line = "".join(f"{word} " for word in introduction)
        pointer = next((word for word in question if word.startswith("@")), "@0")
        told = next((match["name"] for rule in introductions() if (match := rule.fullmatch(line))), None)
        if told is None or names[int(pointer[1:])].text is not None or not _is_known(names[int(told)], known):
            continue
        if introduction[0] not in _PREPOSITIONS or names[int(pointer[1:])].spoken_of:  # “in f, who calls this?”
            yield [f"@{told}" if word == pointer else word for word in question], names


def _merged(sentence: tuple[list[str], list[Name]], known: Names) -> Iterator[tuple[list[str], list[Name]]]:
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


def _is_telegraphic(words: Sequence[str]) -> bool:
    """“f callers?”: no sentence, and nothing between the two."""
    return len(words) <= 3 and not {"of", *_AUXILIARIES, *_ASKING}.intersection(words)


def _is_known(name: Name, known: Names) -> bool:
    """Whether this can only be a symbol: not “in theory, who calls it?”."""
    return name.text is not None and (name.marked or known.defines(name.text) or known.has_file(name.text))


def _repeats_itself(words: Sequence[str], names: Sequence[Name], known: Names) -> bool:
    if words[0] != "@0" or not _is_known(names[0], known) or names[1].text is not None or len(words) < 3:
        return False
    return words[1] in _ASKING or (words[1] in _AUXILIARIES and words[2] == "@1")


def _orders(words: list[str]) -> Iterator[list[str]]:
    """The words in their order; and, of a question inside a sentence, as it is asked by itself."""
    yield words
    if words[0] == "whether":
        subject, rest = words[1:2], words[2:]
        auxiliary = rest[:1] if rest and rest[0] in _AUXILIARIES else ["do"]
        yield [*auxiliary, *subject, *(rest[1:] if auxiliary == rest[:1] else rest)]
    elif words[0] in _ASKING or words[1:2] in (["what"], ["which"]):
        at = next((place for place, word in enumerate(words) if word in _SUBJECTS or word.startswith("@")), 0)
        of_noun = at == 1 and words[0] in ("what", "which", "whatkind")  # “which database is used?”
        if at and at + 1 < len(words) and not of_noun and not _AUXILIARIES.intersection(words[:at]):
            inverted = words[at + 1] in _AUXILIARIES
            yield [*words[:at], words[at + 1] if inverted else "do", words[at], *words[at + 1 + inverted :]]


def _matched(words: Sequence[str], names: Sequence[Name], known: Names) -> Intent | None:
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
        if name.text is not None and _is_telegraphic(words) and not _is_known(name, known):
            continue  # “callers, safely?”
        if name.within is not None and aspect in _WITHIN and words[-1] == f"@{groups['name']}":
            continue  # “who calls f in a.py?” may mean the callers there
        if rule in ONLY_OF_MARKED and name.text is not None and not name.marked and name.text.islower():
            continue
        if groups.get("other") is not None:
            second = names[int(groups["other"])]
            if second.text is None:
                continue
            other, second_is_marked = second.text, second.marked
            if aspect in ("default", "parameters") and "." in other:
                continue  # no parameter is called so
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
