"""Splits a question into tokens: words in lower case, and names as they are written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forethought.qa.intent.spelling import is_marked

MAX_LENGTH = 300
"""Characters of the longest question that is parsed."""
STOP = ","
"""The word of any punctuation between clauses."""

_UNREADABLE = "`"
"""The word of text that is neither a word nor a name: it means nothing, so no rule matches it."""

_IDENTIFIER = r"\$?[^\W\d][\w$]*"
_SEPARATOR = r"(?:\.\#?|::|\#|->)"
"""Between the parts of a name; JavaScript's private members begin with `#`."""
_VALUE = r"(?:None|True|False|null|nil|undefined|true|false|self)\b"
_TOKEN = re.compile(
    r"`(?P<ticked>[^`]+)`"
    rf"|(?P<quote>[\"'])(?P<quoted>\#?{_IDENTIFIER}(?:{_SEPARATOR}{_IDENTIFIER})*(?:\(\))?)(?P=quote)(?!\w)"
    r"|(?P<path>[\w.@+-]*/[\w@+./-]*\w)"
    rf"|(?P<name>(?:(?<![\w)])\#)?{_IDENTIFIER}(?:{_SEPARATOR}-?{_IDENTIFIER})*(?P<call>\((?:\.\.\.|…)?\))?)"
    r"|(?P<tail>'[a-z]{1,2}\b)|(?P<stop>[,;:.!?—–]+|-+(?=\s))|(?P<other>[^\s])"
)
_CODE = re.compile(
    rf"(?:(?:def|class|fn|func|function|fun)\s+)?(?P<name>\#?{_IDENTIFIER}(?:{_SEPARATOR}{_IDENTIFIER})*)"
    rf"(?:\((?:\.\.\.|…|(?!{_VALUE}){_IDENTIFIER}(?:,\s*(?!{_VALUE}){_IDENTIFIER})*)?\))?[!?]?$"
)
_TAILS = {"'re": "are", "'d": "would", "'ll": "will", "'ve": "have", "'m": "am"}
_BEFORE_CONTRACTED_IS = frozenset({"what", "who", "where", "when", "which", "how", "that", "there", "it", "here"})
"""Words after which “'s” is “is” and no genitive."""


@dataclass(frozen=True, slots=True)
class Token:
    word: str
    """In lower case; `STOP` for punctuation between clauses."""
    name: str = ""
    """The token as a name: its parts joined by dots, otherwise as written. Empty for what cannot be a name."""
    marked: bool = False
    """It can only be a name: in back-ticks or quotes, with brackets, dots, underscores, digits or inner capitals."""
    correction: str = ""
    """The word of the lexicon that this may be a misspelling of."""


def scan(text: str) -> list[Token]:
    """The tokens of a text in which every run of white space is one space."""
    return list(_tokens(text))


def word_at(tokens: Sequence[Token], place: int) -> str:
    """The word at a place; empty outside of the tokens."""
    return tokens[place].word if 0 <= place < len(tokens) else ""


def _tokens(text: str) -> Iterator[Token]:
    previous = ""
    for match in _TOKEN.finditer(text):
        if match["name"] is not None:
            written = match["name"].removesuffix(match["call"] or "")
            previous = written.lower()
            if text[match.end() :].startswith("'t") and previous.endswith("n"):
                yield Token("not")  # “doesn't”, “can't”: the verb adds nothing
            else:
                marked = bool(match["call"] or is_marked(written)) and previous not in ("e.g", "i.e")
                is_name = marked or not _is_hyphenated(text, match.start(), match.end())
                yield Token(previous, _dotted(written), marked) if is_name else Token(previous)
            continue
        if match["ticked"] is not None:
            yield _ticked(match["ticked"].strip())
        elif match["quoted"] is not None:
            yield Token(match["quoted"].lower(), _dotted(match["quoted"].removesuffix("()")), marked=True)
        elif match["path"] is not None:
            yield Token(match["path"].lower(), match["path"], marked=True)
        elif match["tail"] == "'s":
            yield Token("is" if previous in _BEFORE_CONTRACTED_IS else "'s")
        elif match["tail"] is not None:
            if match["tail"] != "'t":
                yield Token(_TAILS.get(match["tail"], match["tail"]))
        elif match["stop"] is not None:
            yield Token(STOP)
        elif match["other"].isascii() and match["other"] not in "()\"'*-":
            # The parser's own mark for a name is "@": one in the question must not pass for it.
            yield Token(_UNREADABLE if match["other"] == "@" else match["other"])
        previous = ""


def _is_hyphenated(text: str, start: int, end: int) -> bool:
    """Whether a word is part of a longer one: “queue” in “p-queue” names no symbol."""
    before, after = text[max(start - 2, 0) : start], text[end : end + 2]
    return (before[-1:] == "-" and before[:1].isalnum()) or (after[:1] == "-" and after[1:].isalnum())


def _ticked(code: str) -> Token:
    if match := _CODE.match(code):
        return Token(code.lower(), _dotted(match["name"]), marked=True)
    if re.fullmatch(r"[\w.@+/-]*\w", code):
        return Token(code.lower(), code, marked=True)
    return Token(_UNREADABLE)


def _dotted(name: str) -> str:
    return re.sub(r"::|->|(?<=\w)#", ".", name)
