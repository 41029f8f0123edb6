"""Grounding: what a model wrote is kept only where the context bears it out.

Dropped: sentences that name an identifier or a number which the context lacks, repetition, talk about the model
itself, code blocks, and a last sentence that was cut off. What remains is short plain prose.
"""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from forethought.insights.claims import agrees_with_docs, contradiction, states_condition
from forethought.insights.context import IDENTIFIER, Context

MAXIMUM_SENTENCES = 3

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
_RELATIVE = re.compile(r",? which (?:is|are|can|allows?|makes?|means)\b|, (?:where|allowing|making|ensuring) ")
_SUBJECT = re.compile(
    r"(?:the|a|an|this|you|use|call|should|can|may|caller|callers|of|when|to|function|method|class|\s)*"
    r"(?:`(?P<ticked>[\w.]+(?:\(\))?)`|(?P<bare>[\w.]+))",
    re.IGNORECASE,
)
_CONSTRUCTS = (
    (re.compile(r"\blambdas?\b", re.IGNORECASE), re.compile(r"\blambda\b|=>|\w\s*->|\|\w*\|")),
    (re.compile(r"\bdecorat(or|ors|ed)\b", re.IGNORECASE), re.compile(r"@|decorat", re.IGNORECASE)),
    (re.compile(r"\b(async|asynchronous|asynchronously)\b", re.IGNORECASE), re.compile(r"async|await", re.IGNORECASE)),
    (re.compile(r"\b(list|dict|set|generator) comprehensions?\b", re.IGNORECASE), re.compile(r"\bfor\b")),
    (re.compile(r"\b(while|for)[ -]loops?\b", re.IGNORECASE), re.compile(r"\b(while|for|loop)\b")),
    (re.compile(r"\btry[ -/](except|catch)\b", re.IGNORECASE), re.compile(r"\btry\b")),
)
"""A construct of the language that text claims, and what shows that the code has it."""
_SMALL_NUMBERS = frozenset({"0", "1", "2"})
_PLAIN_NAMES = frozenset({"e.g", "i.e"})


@dataclass(frozen=True, slots=True)
class Grounded:
    text: str | None
    """What may be kept; None when nothing may."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Reason → number of sentences."""


def ground(text: str, context: Context, finished: bool, conditions: Collection[str] = ()) -> Grounded:
    """Keep the sentences of `text` that the context bears out.

    `finished`: the model ended by itself, so that the last sentence is whole. `conditions`: those sentences about a
    condition (`conditions_in`) that are known to state it the right way round; no other is kept.
    """
    dropped: Counter[str] = Counter()
    kept: list[str] = []
    known: set[str] = set()
    found = sentences(text)
    for number, sentence in enumerate(map(_main_clause, found)):
        whole = finished or number < len(found) - 1
        reason = _fault(sentence, context, whole, known)
        if reason is None and states_condition(sentence) and sentence not in conditions:
            reason = "a condition that cannot be checked"
        if reason is None and len(kept) == MAXIMUM_SENTENCES:
            reason = "too long"
        if reason is not None:
            dropped[reason] += 1
            continue
        known.add(_normal(sentence))
        kept.append(sentence if sentence.endswith((".", "!", "?", "`.")) else f"{sentence}.")
    if kept and not agrees_with_docs(" ".join(kept), context):
        dropped["not what the docs or the name say"] += len(kept)
        kept = []
    return Grounded(" ".join(kept) or None, dropped)


def conditions_in(text: str) -> list[str]:
    """The sentences that say on what something depends: whether they are right shows only beside other code."""
    return [sentence for sentence in map(_main_clause, sentences(text)) if states_condition(sentence)]


def _main_clause(sentence: str) -> str:
    """The sentence without what it adds in a relative clause: there small models guess."""
    head = _RELATIVE.split(sentence, maxsplit=1)[0].rstrip()
    return f"{head}." if head != sentence and len(head.split()) >= 4 else sentence


def _fault(sentence: str, context: Context, whole: bool, known: Collection[str]) -> str | None:
    """Why a sentence may not be kept; None when it may."""
    if not whole and not sentence.rstrip("\"')`]").endswith((".", "!", "?")):
        return "cut off"
    if _ABOUT_ITSELF.search(sentence):
        return "about itself"
    if sentence.endswith("?"):
        return "a question"
    if unknown := ungrounded(sentence, context.identifiers, context.text):
        return "unknown number" if unknown[0].isdigit() else "unknown identifier"
    if context.name and _speaks_of_another(sentence, context.name.rpartition(".")[2], context.identifiers):
        return "about another symbol"
    if any(said.search(sentence) and not shown.search(context.text) for said, shown in _CONSTRUCTS):
        return "unknown construct"
    if _normal(sentence) in known or _loops(sentence):
        return "repetition"
    if len(_normal(sentence)) < 12:
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
    """Whether the sentence's context hash is marked as code, and is not the symbol that was asked about."""
    context_hash = _SUBJECT.match(sentence)
    if context_hash is None:
        return False
    name = (context_hash["ticked"] or context_hash["bare"]).removesuffix("()").rpartition(".")[2]
    return name != about and (context_hash["ticked"] is not None or (name in identifiers and bool(mentions(name))))


def _normal(sentence: str) -> str:
    return " ".join(re.findall(r"\w+", sentence.lower()))


def _loops(sentence: str) -> bool:
    """Four words in a row occur three times: the model is caught in a loop."""
    words = _normal(sentence).split()
    grams = Counter(tuple(words[start : start + 4]) for start in range(len(words) - 3))
    return any(count >= 3 for count in grams.values())
