"""The query predictor: what people are likely to ask about a symbol, and the answers that its context itself gives.

Questions come from templates over what the context shows, from the model, and from what this user has asked about
other symbols. A question of fact is answered from the context, word for word; only the others are put to a model.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from forethought.insights.claims import states_condition
from forethought.insights.context import IDENTIFIER, Context
from forethought.insights.entry import QuestionOrigin
from forethought.insights.grounding import sentences, ungrounded
from forethought.insights.similarity import similarity
from forethought.syntax.symbol_kinds import FUNCTION_KINDS

HOLE = "{}"
"""Where a template of the log had the name of a symbol."""
MAX_LISTED = 3
"""Of returned expressions, errors and defaults in one answer."""
MAX_QUOTE_LENGTH = 60
"""Characters of code in an answer."""
MAX_QUESTION_LENGTH = 160
MAX_TEMPLATES = 3
"""Of the log that are asked of every symbol: each costs an answer."""
SAME_QUESTION = 0.6
"""Agreement from which on two questions count as one."""

_RAISE = re.compile(r"^\s*(?:\}\s*)?(?:raise|throw)\s+(?:new\s+)?(?P<name>[\w.:]+)|(?P<inline>\bif\b.*)\bthrow\s+new\b")
_OPENING = re.compile(r"^(?:\}\s*)?(?:if|elif|else if|else|except|catch|for|while|unless|case|when)\b")
_DEFAULT = re.compile(r"^(?P<head>.*?)(?<![=<>!:])=(?![=>])(?P<value>.*)$", re.DOTALL)
_YIELD = re.compile(r"^\s*(?:[\w.]+\s*=\s*)?yield\b", re.MULTILINE)
_TELLING = frozenset(
    {"True", "False", "None", "NotImplemented", "true", "false", "null", "nil", "undefined", "self", "this"}
)
_WORD = re.compile(r"[^\W\d_]+")
_UNDERLINE = re.compile(r"^\s*([^\w\s])\1{2,}\s*$", re.MULTILINE)
"""What sets a heading off: one sign, repeated."""
_ROLE = re.compile(r":[\w:]+:`~?([^`<]+)(?: <[^`]*>)?`")
_MARKS = (
    (re.compile(r"@(?:\w+\.)?(?:async)?contextmanager\b"), "It is a context manager: use it in a with statement."),
    (re.compile(r"@(?:\w+\.)?(?:cached_)?property\b"), "It is a property: read it without brackets."),
    (re.compile(r"@(?:abc\.)?abstractmethod\b"), "It is abstract: subclasses have to define it."),
    (re.compile(r"@classmethod\b"), "It is a class method: call it on the class itself."),
    (re.compile(r"@staticmethod\b"), "It is a static method: it needs no instance."),
    (re.compile(r"^\s*(?:(?:pub|export|default|public)\s+)*async\b", re.MULTILINE), "It is asynchronous: await it."),
)
"""What the code shows of how a symbol is used, and how that is said."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that a sleep-time pass finds out about a symbol."""

    part: Literal["question", "inference"]
    kind: str
    """`caller`, `returns`, `raises`, `defaults` or `other`."""
    question: str
    """As a person would ask it; it names its symbol."""
    answer: str | None = None
    """What the context itself says; None when a model has to be asked."""
    origin: QuestionOrigin = "template"


def purpose_question(context: Context) -> str:
    name = f"`{context.name}`"
    if context.kind == "file":
        return "What does this file do?"
    return f"What does {name} do?" if context.kind in FUNCTION_KINDS else f"What is {name} for?"


def working_question(context: Context) -> str:
    return (
        "How do the parts of this file work together?" if context.kind == "file" else f"How does `{context.name}` work?"
    )


def shown_by(context: Context) -> tuple[Ask, ...]:
    """Questions that the context answers by itself, with the answers: what is returned, raised, and by default."""
    found = [*_result(context), *_errors(context), *_defaults(context), *_usage(context)]
    return tuple(
        ask for ask in found if ask.answer and ungrounded(ask.answer, context.identifiers, context.text) is None
    )


def documented_purpose(context: Context) -> str | None:
    """The first sentence of the symbol's own docs; None where they say nothing that can stand alone."""
    if not context.doc:
        return None
    paragraphs = re.split(r"\n\s*\n", context.doc.strip())
    prose = next((text for text in paragraphs if not _UNDERLINE.search(text)), "")
    paragraph = _ROLE.sub(r"`\1`", prose).replace("``", "`")
    found = sentences(" ".join(paragraph.split()))
    if not found or found[0].startswith((":", "@", ">>>", "\\", "<")):
        return None
    if len(_WORD.findall(found[0])) < 3 or len(found[0].split()) > 40:
        return None
    if states_condition(found[0]):
        return None  # docs outlive the condition that they tell of
    text = found[0] if found[0].endswith((".", "!")) else f"{found[0].rstrip(':;,')}."
    return text if ungrounded(text, context.identifiers, context.text) is None else None


def asked_before(context: Context, templates: Sequence[str]) -> tuple[Ask, ...]:
    """What this user asks about such symbols, said of this one."""
    if not context.name:
        return ()
    known = [purpose_question(context), working_question(context), *(ask.question for ask in shown_by(context))]
    found: list[Ask] = []
    for template in templates:
        question = template.replace(HOLE, f"`{context.name}`")
        if ungrounded(question, context.identifiers, context.text):
            continue
        if not _is_known(question, [*known, *(ask.question for ask in found)]):
            found.append(Ask("question", "other", question, origin="log"))
    return tuple(found)


def proposed(text: str, context: Context, known: Sequence[str]) -> Ask | None:
    """The model's own question, when it is one: well-formed, about this symbol, borne out, and not asked yet."""
    question = next((part for part in sentences(text) if part.endswith("?")), "").strip("\"' ")
    short = context.name.rpartition(".")[2]
    if not 12 <= len(question) <= MAX_QUESTION_LENGTH or not short or short not in IDENTIFIER.findall(question):
        return None
    question = re.sub(rf"`?\b(?:[\w.]+\.)?{re.escape(short)}\b(?:\(\))?`?", f"`{context.name}`", question, count=1)
    if ungrounded(question, context.identifiers, context.text) or _is_known(question, known):
        return None
    return Ask("question", "other", question, origin="model")


def template_of(question: str, symbol: str) -> str | None:
    """A question with a hole in place of its symbol's name; None when it does not name or point at it."""
    text = " ".join(question.split())
    if not symbol or len(text) > MAX_QUESTION_LENGTH or not text.endswith("?"):
        return None
    for name in (symbol, symbol.rpartition(".")[2]):
        template, count = re.subn(rf"[`'\"]?(?<![\w.]){re.escape(name)}(?![\w])(?:\(\))?[`'\"]?", HOLE, text)
        if count == 1:
            return template
    pointed = r"\b(?:this|that) (?:function|method|class|constant|symbol)\b|\b(?:this|it)\b(?! (?:is|was)\b)"
    template, count = re.subn(pointed, HOLE, text, flags=re.IGNORECASE)
    return template if count == 1 else None


def templates_of(asked: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Questions, each with its symbol, as templates: those asked of two symbols or more, the oftenest first."""
    symbols: dict[str, set[str]] = {}
    for question, symbol in asked:
        if template := template_of(question, symbol):
            symbols.setdefault(template, set()).add(symbol)
    often = sorted((item for item in symbols.items() if len(item[1]) >= 2), key=lambda item: -len(item[1]))
    return tuple(template for template, _ in often[:MAX_TEMPLATES])


def _is_known(question: str, known: Sequence[str]) -> bool:
    return any(similarity(question, other) >= SAME_QUESTION or _plain(question) == _plain(other) for other in known)


def _plain(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.lower()))


def _result(context: Context) -> Iterator[Ask]:
    if context.kind not in FUNCTION_KINDS or context.returns_nothing or _YIELD.search(context.own):
        return
    expressions = _quoted(context.returned) if not any(_is_local(item, context) for item in context.returned) else []
    annotation = _quoted([context.returns] if context.returns else [])
    question = f"What does `{context.name}` return?"
    if expressions and len(expressions) == len(set(context.returned)) <= MAX_LISTED:
        typed = f", as {annotation[0]}" if annotation else ""
        yield Ask("question", "returns", question, f"It returns {_either(expressions)}{typed}.")
    elif annotation:
        yield Ask("question", "returns", question, f"It returns {annotation[0]}.")


def _is_local(expression: str, context: Context) -> bool:
    """Whether an expression is the bare name of a local variable, which tells nobody anything."""
    parameters = {name for item in context.parameters for name in IDENTIFIER.findall(item)[:1]}
    return IDENTIFIER.fullmatch(expression) is not None and expression not in _TELLING | parameters


def _errors(context: Context) -> Iterator[Ask]:
    lines = context.own.split("\n")
    for error in context.raises[:MAX_LISTED]:
        places = [number for number, line in enumerate(lines) if _raised_on(line) == error]
        conditions = _quoted([header for number in places if (header := _enclosing(lines, number))])
        if places and len(conditions) == len(places) <= MAX_LISTED and (quoted := _quoted([error])):
            question = f"When does `{context.name}` raise {quoted[0]}?"
            yield Ask("question", "raises", question, f"It raises {quoted[0]} under {_either(conditions)}.")


def _defaults(context: Context) -> Iterator[Ask]:
    if context.kind not in FUNCTION_KINDS:
        return
    found = []
    for parameter in context.parameters:
        if (match := _DEFAULT.match(parameter)) and (names := IDENTIFIER.findall(match["head"])):
            quoted = _quoted([match["value"].strip()])
            found.append(f"`{names[0]}` defaults to {quoted[0]}" if quoted else "")
    if found and all(found) and len(found) <= 2 * MAX_LISTED:
        yield Ask("question", "defaults", f"What are the defaults of `{context.name}`?", f"{'; '.join(found)}.")


def _usage(context: Context) -> Iterator[Ask]:
    if context.kind not in FUNCTION_KINDS:
        return
    question = f"What should a caller of `{context.name}` know?"
    head = context.own.partition(context.name.rpartition(".")[2])[0]
    marks = [text for shown, text in _MARKS if shown.search(head)]
    if _YIELD.search(context.own) and not any("context manager" in text for text in marks):
        marks.append("It is a generator: nothing of it runs before its first item is wanted.")
    for text in marks:
        yield Ask("inference", "caller", question, text)


def _raised_on(line: str) -> str | None:
    match = _RAISE.match(line)
    return match["name"].rstrip(":.") if match and match["name"] else None


def _enclosing(lines: Sequence[str], number: int) -> str | None:
    """The line that opens the innermost block around a line, by indentation; None when it states no condition."""
    depth = _indentation(lines[number])
    for line in reversed(lines[:number]):
        if line.strip() and _indentation(line) < depth:
            text = line.strip()
            return text.rstrip(" {:").lstrip("} ") if _OPENING.match(text) and len(text.split()) > 1 else None
    return None


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _quoted(pieces: Sequence[str]) -> list[str]:
    """Pieces of code in back-ticks, without repeats; what is long or holds a line break or a back-tick is left out."""
    found = dict.fromkeys(piece.strip() for piece in pieces)
    return [f"`{piece}`" for piece in found if piece and len(piece) <= MAX_QUOTE_LENGTH and not set(piece) & set("`\n")]


def _either(pieces: Sequence[str]) -> str:
    return f"{', '.join(pieces[:-1])} or {pieces[-1]}" if len(pieces) > 1 else pieces[0]
