"""The parts of a masked question that may be all that is asked: context before and after them is left out."""

from collections.abc import Collection, Sequence

from forethought.qa.intent.tokenizer import STOP
from forethought.qa.reader.features import MARKS

MAX_CLAUSES = 8

_PRONOUNS = frozenset({"it", "its", "that", "this"})
_SYMBOLS = frozenset({"S", "SS"})
_SUBJECTS = _SYMBOLS | {"F"}
_UNKNOWN = frozenset({"U"})
_ASKING = frozenset(
    {"what", "whats", "which", "who", "whos", "whose", "whom", "where", "wheres", "does", "do", "did", "is", "are"}
    | {"has", "have", "can", "will", "might", "may", "show", "list", "give", "gimme", "tell", "name", "find", "any"}
    | {"lemme", "enumerate", "state", "quote", "whether"}
)
"""Words that an asking clause may start with."""
_PREPOSITIONS = frozenset({"in", "by", "to", "from", "of", "at", "with", "on"})
_INTERROGATIVES = frozenset({"what", "which", "who", "whose", "where", "list", "show"})
_AUXILIARIES = frozenset({"does", "do", "did", "is", "are", "has", "can"})
_OPENING = frozenset({"why", "should", "better", "best"})
"""Words of questions that no fact answers, whoever they are about."""
_HURRYING = frozenset({"hurry", "rush", "worries", "idea", "clue", "laptop"})
"""Words after which a “no” says nothing about what is asked."""
_ENDING = frozenset(
    {
        "cuz",
        "cos",
        "coz",
        "because",
        "bc",
        "pls",
        "plz",
        "please",
        "thx",
        "thanks",
        "tia",
        "lol",
        "tbh",
        "asap",
        "[",
        "]",
    }
)
"""Words that what follows an asking clause starts with."""
_CONNECTING = frozenset({"before", "since", "as", "after", "while", "and", "but", "so", "or", "now", "for"})
_FIRST_PERSON = frozenset({"i", "im", "we", "my", "our", "me", "us"})
_INTENDING = frozenset(
    {"mean", "want", "need", "care", "count", "counting", "include", "interested", "talking", "test"}
)
"""Words of sentences like “I don't care about tests”, which restrict what is asked."""


def clauses(words: Sequence[str]) -> list[tuple[int, int]]:
    """Start and end of each part that names the subject, or points to it, and has all other known names."""
    needed = MARKS.intersection(words) - _SUBJECTS - _UNKNOWN
    subjects = _SUBJECTS if _SYMBOLS.isdisjoint(words) else _SYMBOLS  # else a file only says where one looks
    starts = [0, *(at for at in range(1, len(words)) if _starts(words, at))]
    ends = [*(at for at in range(1, len(words)) if _ends(words, at)), len(words)]
    found = []
    for start in starts:
        for end in ends:
            inner = words[start:end]
            if len(inner) < 2 or end - start == len(words) or inner[0] == STOP:
                continue
            if needed <= set(inner) and not (subjects | _PRONOUNS).isdisjoint(inner):
                found.append((start, end))
    return found


def with_subject(part: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    """The words of a part, with the subject's mark for “it” where it has none itself."""
    if not _SUBJECTS.isdisjoint(part):
        return tuple(part)
    subject = next((word for word in words if word in _SYMBOLS), "F" if "F" in words else "S")
    pronoun = next((word for word in reversed(part) if word in _PRONOUNS), None)
    if pronoun is None:
        return tuple(part)
    at = list(part).index(pronoun)
    return (*part[:at], *((subject, "'s") if pronoun == "its" else (subject,)), *part[at + 1 :])


def asks(part: Sequence[str]) -> bool:
    """Whether a part may be a question about the subject of its own."""
    is_about = not (_SUBJECTS | _PRONOUNS).isdisjoint(part)
    return is_about and (not _INTERROGATIVES.isdisjoint(part) or part[0] in _AUXILIARIES)


def is_about_asker(words: Collection[str]) -> bool:
    """Whether the words say something about who asks, rather than about what is asked."""
    is_personal = not (_FIRST_PERSON | _HURRYING).isdisjoint(words)
    return is_personal and _INTENDING.isdisjoint(words) and not _OPENING & {*words}


def sentences(words: Sequence[str]) -> list[tuple[str, ...]]:
    """The words between stops."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word == STOP:
            parts.append([])
        else:
            parts[-1].append(word)
    return [tuple(part) for part in parts if part]


def _starts(words: Sequence[str], at: int) -> bool:
    if words[at - 1] == STOP:
        return True
    following = words[at + 1] if at + 1 < len(words) else ""
    if words[at] in _PREPOSITIONS:
        return following in ("what", "which", "whom")
    if words[at] not in _ASKING:
        return False
    sentence = words[max((place + 1 for place in range(at) if words[place] == STOP), default=0) : at]
    before = _INTERROGATIVES if words[at] in _INTERROGATIVES else _ASKING
    return (before | _SUBJECTS).isdisjoint(sentence)  # “which private methods does S have” asks for private ones


def _ends(words: Sequence[str], at: int) -> bool:
    following = words[at + 1] if at + 1 < len(words) else ""
    return (
        words[at] == STOP
        or words[at] in _ENDING
        or (words[at] in _CONNECTING and following in _FIRST_PERSON)
        or words[at] in ("i", "im")
    )
