"""The ways in which the clauses of a question can be put together: as one sentence, reordered, or as two questions.

A sentence is a list of meanings in which `@0` stands for the first mention, `@1` for the second, and so on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from forethought.qa.intent.mentions import NAME_MARK, KnownNames, Mention
from forethought.qa.intent.patterns import grammar

QUESTION_MEANINGS = frozenset({"what", "which", "whatkind", "who", "where", "when", "how"})
AUXILIARIES = frozenset({"be", "do", "can", "should", "have"})
_SUBJECTS = frozenset({"person", "there"})
_PREPOSITIONS = frozenset({"of", "in", "from", "on"})
_COORDINATED_VERBS = frozenset({"return", "yield", "raise", "take", "call"})
_COORDINATED_NOUNS = frozenset(
    {"caller", "callee", "parameter", "signature", "return", "error", "test", "doc", "subclass", "base", "decorator"}
)

Sentence = tuple[list[str], list[Mention]]


def sentences(clauses: list[list[str]], mentions: list[Mention], known: KnownNames) -> Iterator[Sentence]:
    """The clauses as one sentence; where one only introduces a symbol, also the other with that symbol in its place."""
    yield [word for clause in clauses for word in clause], mentions
    if len(clauses) == 1 and len(mentions) == 2 and _repeats_itself(clauses[0], mentions, known):
        yield ["@0" if word == "@1" else word for word in clauses[0][1:]], mentions  # “f is it async?”
    if len(clauses) != 2:
        return
    first, second = clauses
    if len(first) == len(second) == 1 and _is_mark(second[0]) and is_known(_mention(second[0], mentions), known):
        yield [*first, "of", *second], mentions  # “tests: f”
    if len(first) == 1 and second[0] in ("which", "what") and len(second) == 2:
        yield [second[1], "of", *first], mentions  # “f: which exceptions?”
    if len(first) == 1 and len(mentions) == 1:
        yield [*second, *first], mentions  # “f: where?”
    if len(mentions) != 2:
        return
    for introduction, question in ((first, second), (second, first)):
        line = "".join(f"{word} " for word in introduction)
        pointer = next((word for word in question if _is_mark(word)), "@0")
        introduced = next((match["name"] for rule in grammar().introductions if (match := rule.fullmatch(line))), None)
        pointed = _mention(pointer, mentions)
        if introduced is None or pointed.text is not None or not is_known(mentions[int(introduced)], known):
            continue
        if introduction[0] not in _PREPOSITIONS or pointed.refers_back:  # not “in f, who calls this?”
            yield [f"{NAME_MARK}{introduced}" if word == pointer else word for word in question], mentions


def qualified(sentence: Sentence, known: KnownNames) -> Iterator[Sentence]:
    """The sentence as it is; where the index has it, also with “@ of @” or “@'s @” as one qualified name."""
    words, mentions = sentence
    yield [word for word in words if word != "'s"], mentions
    for place in range(len(words) - 2):
        first, between, second = words[place : place + 3]
        if not (_is_mark(first) and _is_mark(second)):
            continue
        member, owner = _mention(first, mentions), _mention(second, mentions)
        if between == "'s":
            member, owner = owner, member
        elif between not in _PREPOSITIONS:
            continue
        if member.text is None or owner.text is None:
            continue
        name = f"{owner.text}.{member.text}"
        if known.defines(name):
            whole = replace(member, text=name, marked=True)
        elif known.has_file(owner.text) and known.defines(member.text):
            whole = replace(member, in_file=owner.text, marked=True)
        else:
            continue
        number = int(first[1:])
        rest = [word for word in [*words[:place], first, *words[place + 3 :]] if word != "'s"]
        yield rest, [*mentions[:number], whole, *mentions[number + 1 :]]


def is_known(mention: Mention, known: KnownNames) -> bool:
    """Whether a mention can only be a symbol: not that of “in theory, who calls it?”."""
    name = mention.text
    return name is not None and (mention.marked or known.defines(name) or known.has_file(name))


def orders(words: list[str]) -> Iterator[list[str]]:
    """The words as they are; an embedded question (“whether f calls g”, “what f calls”) also as a direct one."""
    yield words
    if not words:
        return  # “'s” alone
    if words[0] == "whether":
        subject, rest = words[1:2], words[2:]
        if rest and rest[0] in AUXILIARIES:
            yield [rest[0], *subject, *rest[1:]]
        else:
            yield ["do", *subject, *rest]
    elif words[0] in QUESTION_MEANINGS or words[1:2] in (["what"], ["which"]):
        at = next((place for place, word in enumerate(words) if word in _SUBJECTS or _is_mark(word)), 0)
        is_of_noun = at == 1 and words[0] in ("what", "which", "whatkind")  # “which database is used?”
        if at and at + 1 < len(words) and not is_of_noun and not AUXILIARIES.intersection(words[:at]):
            has_auxiliary = words[at + 1] in AUXILIARIES
            yield [*words[:at], words[at + 1] if has_auxiliary else "do", words[at], *words[at + 1 + has_auxiliary :]]


def coordinated(clauses: Sequence[list[str]], mentions: Sequence[Mention]) -> Iterator[tuple[list[str], list[str]]]:
    """The two questions about one symbol that one question asks, each complete.

    “who calls f and what does it return”, “what does f return and raise”, “the callers and tests of f”.
    """
    if len(clauses) == 2:
        yield clauses[0], _about_the_same(clauses[1], mentions)
        return
    if len(clauses) != 1 or clauses[0].count("and") != 1:
        return
    at = clauses[0].index("and")
    before, after = clauses[0][:at], clauses[0][at + 1 :]
    if not before or not after:
        return
    if after[0] in QUESTION_MEANINGS | AUXILIARIES or after[1:2] in (["what"], ["which"]):
        yield before, _about_the_same(after, mentions)
    elif (
        len(after) == 1
        and {*after, before[-1]} <= _COORDINATED_VERBS
        and before[-3:-1] in (["do", "@0"], ["can", "@0"])
    ):
        yield before, [*before[:-1], *after]
    elif {before[-1], after[0]} <= _COORDINATED_NOUNS:
        yield [*before, *after[1:]], [*before[:-1], *after]


def _about_the_same(words: list[str], mentions: Sequence[Mention]) -> list[str]:
    """The words with the first mention wherever they say “it” or its name."""
    same = {f"@{number}" for number, mention in enumerate(mentions) if mention.text in (None, mentions[0].text)}
    return ["@0" if word in same else word for word in words]


def _repeats_itself(words: Sequence[str], mentions: Sequence[Mention], known: KnownNames) -> bool:
    if words[0] != "@0" or not is_known(mentions[0], known) or mentions[1].text is not None or len(words) < 3:
        return False
    return words[1] in QUESTION_MEANINGS or (words[1] in AUXILIARIES and words[2] == "@1")


def _is_mark(word: str) -> bool:
    return word.startswith(NAME_MARK)


def _mention(mark: str, mentions: Sequence[Mention]) -> Mention:
    return mentions[int(mark[1:])]
