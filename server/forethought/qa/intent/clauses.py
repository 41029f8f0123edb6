"""The ways in which a question's words can be put: its clauses as one sentence, its order, two questions in one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from forethought.qa.intent.mentions import Name, Names
from forethought.qa.intent.patterns import grammar

ASKING = frozenset({"what", "which", "whatkind", "who", "where", "when", "how"})
AUXILIARIES = frozenset({"be", "do", "can", "should", "have"})
_SUBJECTS = frozenset({"person", "there"})
_PREPOSITIONS = frozenset({"of", "in", "from", "on"})
_TOLD = frozenset({"return", "yield", "raise", "take", "call"})
_LISTED = frozenset(
    {"caller", "callee", "parameter", "signature", "return", "error", "test", "doc", "subclass", "base", "decorator"}
)

Sentence = tuple[list[str], list[Name]]
"""Meanings, with `@0` for the first of the names, and the names."""


def sentences(clauses: list[list[str]], names: list[Name], known: Names) -> Iterator[Sentence]:
    """The clauses as one sentence; and, when one only says what “it” is, the other with the name in its place."""
    yield [word for clause in clauses for word in clause], names
    single = len(clauses) == 2 and len(clauses[0]) == len(clauses[1]) == 1
    if single and clauses[1][0].startswith("@") and is_known(names[int(clauses[1][0][1:])], known):
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
        told = next((match["name"] for rule in grammar().introductions if (match := rule.fullmatch(line))), None)
        if told is None or names[int(pointer[1:])].text is not None or not is_known(names[int(told)], known):
            continue
        if introduction[0] not in _PREPOSITIONS or names[int(pointer[1:])].spoken_of:  # “in f, who calls this?”
            yield [f"@{told}" if word == pointer else word for word in question], names


def merged(sentence: Sentence, known: Names) -> Iterator[Sentence]:
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


def is_known(name: Name, known: Names) -> bool:
    """Whether this can only be a symbol: not “in theory, who calls it?”."""
    return name.text is not None and (name.marked or known.defines(name.text) or known.has_file(name.text))


def _repeats_itself(words: Sequence[str], names: Sequence[Name], known: Names) -> bool:
    if words[0] != "@0" or not is_known(names[0], known) or names[1].text is not None or len(words) < 3:
        return False
    return words[1] in ASKING or (words[1] in AUXILIARIES and words[2] == "@1")


def orders(words: list[str]) -> Iterator[list[str]]:
    """The words in their order; and, of a question inside a sentence, as it is asked by itself."""
    yield words
    if not words:
        return  # “'s” alone
    if words[0] == "whether":
        context_hash, rest = words[1:2], words[2:]
        auxiliary = rest[:1] if rest and rest[0] in AUXILIARIES else ["do"]
        yield [*auxiliary, *context_hash, *(rest[1:] if auxiliary == rest[:1] else rest)]
    elif words[0] in ASKING or words[1:2] in (["what"], ["which"]):
        at = next((place for place, word in enumerate(words) if word in _SUBJECTS or word.startswith("@")), 0)
        of_noun = at == 1 and words[0] in ("what", "which", "whatkind")  # “which database is used?”
        if at and at + 1 < len(words) and not of_noun and not AUXILIARIES.intersection(words[:at]):
            inverted = words[at + 1] in AUXILIARIES
            yield [*words[:at], words[at + 1] if inverted else "do", words[at], *words[at + 1 + inverted :]]


def coordinated(clauses: Sequence[list[str]], names: Sequence[Name]) -> Iterator[tuple[list[str], list[str]]]:
    """The two questions about one symbol that one question asks, each whole.

    “who calls f and what does it return”, “what does f return and raise”, “the callers and tests of f”.
    """
    if len(clauses) == 2:
        yield clauses[0], _about_the_same(clauses[1], names)
        return
    if len(clauses) != 1 or clauses[0].count("and") != 1:
        return
    at = clauses[0].index("and")
    before, after = clauses[0][:at], clauses[0][at + 1 :]
    if not before or not after:
        return
    if after[0] in ASKING | AUXILIARIES or after[1:2] in (["what"], ["which"]):
        yield before, _about_the_same(after, names)
    elif len(after) == 1 and {*after, before[-1]} <= _TOLD and before[-3:-1] in (["do", "@0"], ["can", "@0"]):
        yield before, [*before[:-1], *after]
    elif {before[-1], after[0]} <= _LISTED:
        yield [*before, *after[1:]], [*before[:-1], *after]


def _about_the_same(words: list[str], names: Sequence[Name]) -> list[str]:
    """With the first name for “it”, and for itself."""
    same = {f"@{number}" for number, name in enumerate(names) if name.text in (None, names[0].text)}
    return ["@0" if word in same else word for word in words]
