"""From a question's text to its words: names as they are written, polite words out, phrases in one word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from forethought.matching.names import is_marked
from forethought.matching.words import KINDS, Phrases, meanings, no_names, openings, phrases, respelt

LONGEST = 300
"""Characters of the longest question that is read."""
_MOST_WORDS = 60

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
_LEADING = frozenset(
    "and so now then but or well please hey hi hello ok okay list show get print display name enumerate give tell".split()
)


@dataclass(frozen=True, slots=True)
class Token:
    word: str
    """Lower case; a stop is a comma."""
    name: str = ""
    """As a name: with dots, as written otherwise; empty for what cannot be one."""
    marked: bool = False
    meant: str = ""
    """The word of ours that this may be a misspelling of."""


def read_tokens(text: str) -> list[Token]:
    """The words of a question's text, in order; none of one that is too long to be read."""
    tokens = list(_tokens(text))
    return [_with_spelling(token) for token in _without_phrases(tokens)] if len(tokens) <= _MOST_WORDS else []


def content_words(text: str) -> tuple[str, ...]:
    """What a question says, word by word: meanings where we have them, without what says nothing."""
    known = meanings()
    tokens = _without_phrases(list(_tokens(" ".join(text.replace("’", "'").split())[:LONGEST])))
    words = (token.name if token.marked else known.get(token.word, token.word) for token in tokens)
    return tuple(word for word in words if word not in ("", ","))


def _tokens(text: str) -> Iterator[Token]:
    previous = ""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if match["ticked"] is not None:
            written = match["ticked"].strip()
            code = _CODE.match(written)
            path = re.fullmatch(r"[\w.@+/-]*\w", written)
            name = _dotted(code["name"]) if code else written if path else ""
            yield Token(written.lower() if name else "`", name, marked=True)
        elif match["quoted"] is not None:
            yield Token(match["quoted"].lower(), _dotted(match["quoted"].removesuffix("()")), marked=True)
        elif match["path"] is not None:
            yield Token(match["path"].lower(), match["path"], marked=True)
        elif match["name"] is not None:
            written = match["name"].removesuffix(match["call"] or "")
            word = written.lower()
            marked = bool(match["call"] or is_marked(written)) and word not in ("e.g", "i.e")
            if text[match.end() :].startswith("'t") and word.endswith("n"):
                yield Token("not")
            else:
                yield Token(word, _dotted(written), marked)
            previous = word
            continue
        elif match["tail"] is not None:
            tail = match["tail"]
            if tail == "'s":
                yield Token("is" if previous in _CONTRACTED else "'s")
            elif tail != "'t":
                yield Token(_TAILS.get(tail, tail))
        elif kind == "stop" or match["stop"] is not None:
            yield Token(",")
        elif match["other"].isascii() and match["other"] not in "()\"'*-":
            yield Token(match["other"])
        previous = ""


def _dotted(name: str) -> str:
    return name.replace("::", ".").replace("#", ".").replace("->", ".")


def _without_phrases(tokens: list[Token]) -> list[Token]:
    """Polite phrases out, and what is said in several words in one."""
    kept: list[Token] = []
    begins = True
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if (
            found := (_phrase(openings(), tokens, at) if begins else None) or _phrase(phrases(), tokens, at)
        ) is not None:
            kept += [Token(word) for word in found[1]]
            begins &= not found[1]
            at += len(found[0])
            continue
        at += 1
        if begins and token.word in _LEADING and not token.marked and at < len(tokens):
            continue
        kept.append(token)
        begins = token.word == "," or (begins and not token.marked and meanings().get(token.word) == "")
    return kept


def _phrase(table: Phrases, tokens: Sequence[Token], at: int) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    for words, instead in table.get(tokens[at].word, ()):
        found = tokens[at : at + len(words)]
        if tuple(token.word for token in found) == words and not any(token.marked for token in found):
            return words, instead
    return None


def _with_spelling(token: Token) -> Token:
    plain = token.name and not token.marked and token.word not in no_names() and token.word not in meanings()
    return replace(token, meant=respelt(token.word) or "") if plain and token.word not in KINDS else token
