"""Grounding: the exact reasons not to keep a sentence that a model wrote.

Whether a sentence is *likely* right is estimated (`selection`). Here are the cases that need no estimate: it names an
identifier, a quotation or a number that the context lacks, contradicts what the index knows, repeats itself, was cut
off, or is not a statement about the code.
"""

import re
from collections import Counter
from collections.abc import Collection

from forethought.insights.claims import contradiction
from forethought.insights.context import IDENTIFIER, Context

MIN_WORDS = 3

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]`]*\s+(?=[A-Z`\"'(])")
_CODE_BLOCK = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LIST_MARK = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+", re.MULTILINE)
_HEADING = re.compile(r"^\s*#+\s.*$", re.MULTILINE)
_TICKED = re.compile(r"`([^`\n]+)`")
_CALLED = re.compile(r"([^\W\d][\w.]*)\(")
_DOTTED = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_SNAKE = re.compile(r"(?<!\w)\w*[^\W_]_\w+|(?<!\w)_+\w+")
_CAMEL = re.compile(r"(?<![\w.])(?:[a-z]+\d*[A-Z]\w*|[A-Z][a-z0-9]+(?:[A-Z]\w*))")
_NUMBER = re.compile(r"(?<![\w.])(?:(?P<family>[A-Za-z]+)-)?(?P<number>\d+(?:\.\d+)?)(?![\w])")
"""A number, and what it is a member of: SHA-256."""
_QUOTED = re.compile(r"(?<!\w)['\"“]([^'\"“”\n]{1,60})['\"”](?!\w)")
_ABOUT_ITSELF = re.compile(
    r"\b(as an ai|language model|i'm sorry|i am sorry|i cannot|i can't|i don't (know|have)|sure[,!]|certainly[,!]|"
    r"the (user|question) (is )?ask|here is|here's|let me|please provide|in summary)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"(?:the|a|an|this|you|use|call|should|can|may|caller|callers|of|when|to|function|method|class|\s)*"
    r"(?:`(?P<ticked>[\w.]+(?:\(\))?)`|(?P<bare>[\w.]+))",
    re.IGNORECASE,
)
_SMALL_NUMBERS = frozenset({"0", "1", "2"})
_PLAIN_NAMES = frozenset({"e.g", "i.e"})


def fault(sentence: str, context: Context) -> str | None:
    """Why a sentence may not be kept, whatever its estimate; None when nothing speaks against it."""
    if not sentence.rstrip("\"')`]").endswith((".", "!", "?")):
        return "cut off"
    if _ABOUT_ITSELF.search(sentence):
        return "about itself"
    if sentence.endswith("?"):
        return "a question"
    if unknown := ungrounded(sentence, context.identifiers, context.text):
        return "unknown number" if unknown[0].isdigit() else "unknown identifier"
    if context.name and _speaks_of_another(sentence, context.name.rpartition(".")[2], context.identifiers):
        return "about another symbol"
    if _loops(sentence):
        return "repetition"
    if len(sentence.split()) < MIN_WORDS:
        return "says nothing"
    return contradiction(sentence, context)


def ungrounded(text: str, identifiers: Collection[str], context_text: str) -> str | None:
    """The first identifier, quoted name or number in `text` that the context lacks; None when there is none."""
    for mention in mentions(text):
        if mention in _PLAIN_NAMES or mention in identifiers:
            continue
        if any(part not in identifiers and part not in _PLAIN_NAMES for part in IDENTIFIER.findall(mention)):
            return mention
    for quoted in _QUOTED.findall(_TICKED.sub(" ", text)):
        if quoted not in context_text:
            return str(quoted)
    for found in _NUMBER.finditer(text):
        number = found["number"]
        if number in _SMALL_NUMBERS or re.search(rf"(?<![\w.]){re.escape(number)}(?![\w])", context_text):
            continue
        joined = rf"{found['family']}[-_ ]?{re.escape(number)}(?!\d)"
        if not found["family"] or not re.search(joined, context_text, re.IGNORECASE):
            return number
    return None


def mentions(text: str) -> list[str]:
    """What looks like the name of something in code: in back-ticks, called, dotted, snake_case, camelCase or quoted."""
    found: list[str] = []
    for ticked in _TICKED.findall(text):
        found += IDENTIFIER.findall(ticked)
    bare = _TICKED.sub(" ", text)
    for pattern in (_CALLED, _DOTTED, _SNAKE, _CAMEL):
        found += pattern.findall(bare)
    for quoted in _QUOTED.findall(bare):
        if IDENTIFIER.fullmatch(quoted):
            found.append(quoted)
    return list(dict.fromkeys(found))


def sentences(text: str) -> list[str]:
    """The sentences of plain prose; code blocks, headings and list marks are left out."""
    prose = _HEADING.sub("", _CODE_BLOCK.sub(" ", text))
    parts: list[str] = []
    for paragraph in _LIST_MARK.sub("", prose).split("\n"):
        parts += [part.strip() for part in _SENTENCE_END.split(paragraph) if part.strip()]
    return parts


def _speaks_of_another(sentence: str, about: str, identifiers: Collection[str]) -> bool:
    """Whether the sentence's grammatical subject is marked as code, and is not the symbol that was asked about."""
    found = _SUBJECT.match(sentence)
    if found is None:
        return False
    name = (found["ticked"] or found["bare"]).removesuffix("()").rpartition(".")[2]
    return name != about and (found["ticked"] is not None or (name in identifiers and bool(mentions(name))))


def _normal(sentence: str) -> str:
    return " ".join(re.findall(r"\w+", sentence.lower()))


def _loops(sentence: str) -> bool:
    """Four words in a row occur three times: the model is caught in a loop."""
    words = _normal(sentence).split()
    grams = Counter(tuple(words[start : start + 4]) for start in range(len(words) - 3))
    return any(count >= 3 for count in grams.values())
