"""From a question's text to its words: names as they are written, polite words out, phrases in one word."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from forethought.qa.intent.lexicon import Phrases, lexicon
from forethought.qa.intent.spelling import corrected, is_marked

LONGEST = 300
"""Characters of the longest question that is read."""
_MAX_WORDS = 60

_UNREADABLE = "`"
"""The word of text that is neither a word nor a name: it means nothing, so no rule matches it."""

_IDENTIFIER = r"\$?[^\W\d][\w$]*"
_VALUE = r"(?:None|True|False|null|nil|undefined|true|false|self)\b"
_TOKEN = re.compile(
    r"`(?P<ticked>[^`]+)`"
    rf"|(?P<quote>[\"'])(?P<quoted>{_IDENTIFIER}(?:(?:\.|::|\#|->){_IDENTIFIER})*(?:\(\))?)(?P=quote)(?!\w)"
    r"|(?P<path>[\w.@+-]*/[\w@+./-]*\w)"
    rf"|(?P<name>{_IDENTIFIER}(?:(?:\.|::|\#|->)-?{_IDENTIFIER})*(?P<call>\((?:\.\.\.|…)?\))?)"
    r"|(?P<tail>'[a-z]{1,2}\b)|(?P<stop>[,;:.!?—–]+|-+(?=\s))|(?P<other>[^\s])"
)
_CODE = re.compile(
    rf"(?:(?:def|class|fn|func|function|fun)\s+)?(?P<name>{_IDENTIFIER}(?:(?:\.|::|\#|->){_IDENTIFIER})*)"
    rf"(?:\((?:\.\.\.|…|(?!{_VALUE}){_IDENTIFIER}(?:,\s*(?!{_VALUE}){_IDENTIFIER})*)?\))?[!?]?$"
)
_TAILS = {"'re": "are", "'d": "would", "'ll": "will", "'ve": "have", "'m": "am", "n't": "not"}
_CONTRACTED = frozenset({"what", "who", "where", "when", "which", "how", "that", "there", "it", "here"})
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
)
_JOINING = frozenset({"and", "but", "so"})
_ASKED = frozenset({"what", "whats", "which", "who", "where", "wheres", "when", "how", "whether", "if"})
_POLITE = frozenset(
    {"you", "u", "please", "kindly", "pls", "mind", "hey", "hi", "ok", "okay", "so", "to", "need", "want"}
)
_PAST = frozenset({"was", "were", "did", "had", "been", "forgot", "wondered"})
_DOING = frozenset({"do", "does", "did", "is", "are", "was", "were", "have", "has", "had"})
_ORDERS = frozenset(["change", "touch", "modify", "edit", "refactor", "rename", "delete", "remove", "debug"])
_AUXILIARIES = _DOING | {"can", "could", "may", "might", "will", "would", "should", "must"}
_BEFORE_ASKED = frozenset({"in", "from", "by", "at", "on"})
"""“… tell me in which file …”."""


@dataclass(frozen=True, slots=True)
class Token:
    word: str
    """Lower case; a stop is a comma."""
    name: str = ""
    """As a name: with dots, as written otherwise; empty for what cannot be one."""
    marked: bool = False
    meant: str = ""
    """The word of ours that this may be a misspelling of."""


def read_tokens(text: str, is_defined: Callable[[str], bool]) -> list[Token]:
    """The words of a question's text, in order, without those that only talk about asking.

    Nothing of a question that is too long to be read.
    """
    tokens = list(_tokens(text))
    if len(tokens) > _MAX_WORDS:
        return []
    return [_with_spelling(token) for token in _to_the_point(_without_phrases(tokens), is_defined)]


def content_words(text: str) -> tuple[str, ...]:
    """What a question says, word by word: meanings where we have them, without what says nothing."""
    known = lexicon().meanings
    tokens = list(_tokens(" ".join(text.replace("’", "'").split())[:LONGEST]))
    tokens = _to_the_point(_without_phrases(tokens), lambda name: False)
    words = (token.name if token.marked else known.get(token.word, token.word) for token in tokens)
    return tuple(word for word in words if word not in ("", ","))


def _to_the_point(tokens: Sequence[Token], is_defined: Callable[[str], bool]) -> list[Token]:
    """Without the clauses that only talk; of those that only lead on to a symbol, the symbol."""
    clauses: list[list[Token]] = [[]]
    for token in tokens:
        if token.word == ",":
            clauses.append([])
        else:
            clauses[-1].append(token)
    kept = [clause for clause in clauses if clause and not _only_talks(clause, is_defined)]
    kept[:-1] = map(_led_on_to, kept[:-1])
    stop = Token(",")
    return [token for clause in kept for token in (*clause, stop)][:-1]


def _only_talks(clause: Sequence[Token], is_defined: Callable[[str], bool]) -> bool:
    if is_defined(clause[-1].name):
        return False  # “I am looking at check: who calls it?”
    before = len(clause) > 2 and clause[0].word == "before" and clause[1].word in ("i", "we")  # “before I approve”
    return all(
        token.word in lexicon().talk and not token.marked and not (before and token.word in _PAST)
        for token in (clause[1:] if before else clause)
    )


def _led_on_to(clause: list[Token]) -> list[Token]:
    """“I am looking at f” says no more than “f”."""
    if clause[0].word in _AUXILIARIES | _ORDERS | _BEFORE_ASKED:
        return clause  # “does this change f? …” and “rename f. …” want something, “in f: …” may be a condition
    others = [token for place, token in enumerate(clause) if token.marked or not _leads_on(clause, place)]
    return others if len(others) == 1 and others[0].name and others[0].word not in lexicon().meanings else clause


def _tokens(text: str) -> Iterator[Token]:
    previous = ""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if match["ticked"] is not None:
            written = match["ticked"].strip()
            code = _CODE.match(written)
            path = re.fullmatch(r"[\w.@+/-]*\w", written)
            name = _dotted(code["name"]) if code else written if path else ""
            yield Token(written.lower(), name, marked=True) if name else Token(_UNREADABLE)
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
            # The parser's own mark for a name is "@": one that the question holds must not pass for it.
            yield Token(_UNREADABLE if match["other"] == "@" else match["other"])
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
        if begins and (skipped := _lead_up(tokens, at)):
            at += skipped
            if tokens[at].word == "if":
                kept.append(Token("whether"))
                at += 1
                begins = False
            continue
        if token.word in _JOINING and kept and (skipped := _lead_up(tokens, at + 1)) > 1:
            kept.append(Token(","))
            begins = True
            at += 1
            continue
        if (
            found := (_phrase(lexicon().openings, tokens, at) if begins else None)
            or _phrase(lexicon().phrases, tokens, at)
        ) is not None:
            kept += [Token(word) for word in found[1]]
            begins &= not found[1]
            at += len(found[0])
            continue
        at += 1
        if begins and token.word in _LEADING and not token.marked and at < len(tokens):
            continue
        kept.append(token)
        begins = token.word == "," or (begins and not token.marked and lexicon().meanings.get(token.word) == "")
    return kept


def _leads_on(clause: Sequence[Token], place: int) -> bool:
    return _is_talk(clause, place) or clause[place].word in lexicon().leading_on


def _lead_up(tokens: Sequence[Token], at: int) -> int:
    """How many words from here only ask for an answer: “I wonder” before “who …”, “could you list” before anything."""
    end = at
    while end < len(tokens) and _is_talk(tokens, end) and not _asks(tokens, end):
        end += 1
    if _asks(tokens, end):
        return end - at if _wants_to_know(tokens[at:end]) else 0
    told = next((place for place in range(at, end) if _word(tokens, place) in lexicon().telling), None)
    if told is None or not (told == at or any(_word(tokens, place) in _POLITE for place in range(at, told))):
        return 0  # “does print return anything?” tells nobody to print
    if _word(tokens, told - 1) in ("a", "the"):
        return 0  # “I need a list of …”
    told += 1
    while _word(tokens, told) in ("me", "us", "to"):
        told += 1
    if told == len(tokens) or (tokens[told].word in (",", "of", "is") and tokens[told - 1].word not in ("me", "us")):
        return 0  # “state of f”, “show: who calls it?”, “… please, by name”
    return told - at


def _wants_to_know(talk: Sequence[Token]) -> bool:
    """Whether a question may follow: “do you know who …”, not “do we check whether …”, “is it read when …”."""
    words = [token.word for token in talk]
    of_code = not _DOING.isdisjoint(words) and "you" not in words and words[0] not in ("i", "am")
    if of_code and words[-1] in (lexicon().checking | lexicon().telling) - {"sure"}:
        return False
    return not words or words[-1] in lexicon().wanting | lexicon().telling


def _is_talk(tokens: Sequence[Token], place: int) -> bool:
    if tokens[place].word == "not":
        return any(_word(tokens, place + step) in lexicon().knowing for step in (1, 2))
    return not tokens[place].marked and (
        tokens[place].word in lexicon().talk or _word(tokens, place) in lexicon().telling
    )


def _asks(tokens: Sequence[Token], place: int) -> bool:
    """Whether a question begins here that could stand in another sentence."""
    word = _word(tokens, place)
    return word in _ASKED or (word in _BEFORE_ASKED and _word(tokens, place + 1) in ("what", "which", "whom"))


def _word(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].word if 0 <= place < len(tokens) else ""


def _phrase(table: Phrases, tokens: Sequence[Token], at: int) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    for words, instead in table.get(tokens[at].word, ()):
        found = tokens[at : at + len(words)]
        if tuple(token.word for token in found) == words and not any(token.marked for token in found):
            return words, instead
    return None


def _with_spelling(token: Token) -> Token:
    plain = (
        token.name
        and not token.marked
        and token.word not in lexicon().no_names
        and token.word not in lexicon().meanings
    )
    return replace(token, meant=corrected(token.word) or "") if plain and token.word not in lexicon().kinds else token
