"""Reduces a question to what it asks: drops greetings, “could you tell me” and the like, and shortens set phrases."""

from collections.abc import Callable, Sequence

from forethought.qa.intent.lexicon import Phrases, lexicon
from forethought.qa.intent.tokenizer import STOP, Token, word_at

_LEADING = frozenset(
    {"and", "so", "now", "then", "but", "or", "well", "please", "hey", "hi", "hello", "ok", "okay"}
    | {"list", "show", "get"}
)
_JOINING = frozenset({"and", "but", "so"})
_QUESTION_WORDS = frozenset({"what", "whats", "which", "who", "where", "wheres", "when", "how", "whether", "if"})
_POLITE = frozenset(
    {"you", "u", "please", "kindly", "pls", "mind", "hey", "hi", "ok", "okay", "so", "to", "need", "want"}
)
_PAST = frozenset({"was", "were", "did", "had", "been", "forgot", "wondered"})
_DOING = frozenset({"do", "does", "did", "is", "are", "was", "were", "have", "has", "had"})
_AUXILIARIES = _DOING | {"can", "could", "may", "might", "will", "would", "should", "must"}
_CHANGING = frozenset({"change", "touch", "modify", "edit", "refactor", "rename", "delete", "remove", "debug"})
_PREPOSITIONS = frozenset({"in", "from", "by", "at", "on"})
"""“… tell me in which file …”."""


def without_small_talk(tokens: Sequence[Token], is_defined: Callable[[str], bool]) -> list[Token]:
    """The tokens of what is asked.

    Phrases are replaced as the lexicon says, clauses that only talk about asking are dropped, and of a clause that
    only leads on to a symbol (“I am looking at f: …”), the symbol is left. `is_defined` tells whether a name is
    defined in the repository: a clause that ends in such a name is kept.
    """
    clauses: list[list[Token]] = [[]]
    for token in _with_phrases_replaced(tokens):
        if token.word == STOP:
            clauses.append([])
        else:
            clauses[-1].append(token)
    kept = [clause for clause in clauses if clause and not _is_only_talk(clause, is_defined)]
    kept[:-1] = map(_symbol_led_on_to, kept[:-1])
    return [token for clause in kept for token in (*clause, Token(STOP))][:-1]


def _is_only_talk(clause: Sequence[Token], is_defined: Callable[[str], bool]) -> bool:
    if is_defined(clause[-1].name):
        return False  # “I am looking at check: who calls it?”
    before_i = len(clause) > 2 and clause[0].word == "before" and clause[1].word in ("i", "we")  # “before I approve”
    return all(
        token.word in lexicon().talk and not token.marked and not (before_i and token.word in _PAST)
        for token in (clause[1:] if before_i else clause)
    )


def _symbol_led_on_to(clause: list[Token]) -> list[Token]:
    """The symbol alone of “I am looking at f”; any other clause as it is."""
    if clause[0].word in _AUXILIARIES | _CHANGING | _PREPOSITIONS:
        return clause  # “does this change f?” and “rename f” want something done; “in f” may be a condition
    others = [token for place, token in enumerate(clause) if token.marked or not _leads_on(clause, place)]
    leads_to_name = len(others) == 1 and others[0].name and others[0].word not in lexicon().meanings
    return others if leads_to_name else clause


def _with_phrases_replaced(tokens: Sequence[Token]) -> list[Token]:
    """Phrases of several words become what the lexicon says; words that lead up to a question are dropped."""
    vocabulary = lexicon()
    kept: list[Token] = []
    begins = True  # nothing of the clause has been said yet
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if begins and (skipped := _lead_length(tokens, at)):
            at += skipped
            if tokens[at].word == "if":  # “do you know if …”
                kept.append(Token("whether"))
                at += 1
                begins = False
            continue
        if token.word in _JOINING and kept and (skipped := _lead_length(tokens, at + 1)) > 1:
            kept.append(Token(STOP))
            begins = True
            at += 1
            continue
        opening = phrase_at(vocabulary.openings, tokens, at) if begins else None
        phrase = opening or phrase_at(vocabulary.phrases, tokens, at)
        if phrase is not None:
            words, replacement = phrase
            kept += [Token(word) for word in replacement]
            begins &= not replacement
            at += len(words)
            continue
        at += 1
        if begins and token.word in _LEADING and not token.marked and at < len(tokens):
            continue
        kept.append(token)
        begins = token.word == STOP or (begins and not token.marked and vocabulary.meanings.get(token.word) == "")
    return kept


def _leads_on(clause: Sequence[Token], place: int) -> bool:
    return _is_talk(clause, place) or clause[place].word in lexicon().leading_on


def _lead_length(tokens: Sequence[Token], at: int) -> int:
    """How many tokens from here only ask for an answer: “I wonder” before “who …”, “could you list” before anything."""
    telling = lexicon().telling
    end = at
    while end < len(tokens) and _is_talk(tokens, end) and not _begins_question(tokens, end):
        end += 1
    if _begins_question(tokens, end):
        return end - at if _may_precede_question(tokens[at:end]) else 0
    verb = next((place for place in range(at, end) if word_at(tokens, place) in telling), None)
    if verb is None or not (verb == at or any(word_at(tokens, place) in _POLITE for place in range(at, verb))):
        return 0  # “does print return anything?” tells nobody to print
    if word_at(tokens, verb - 1) in ("a", "the"):
        return 0  # “I need a list of …”
    after = verb + 1
    while word_at(tokens, after) in ("me", "us", "to"):
        after += 1
    if after == len(tokens) or (
        tokens[after].word in (STOP, "of", "is") and tokens[after - 1].word not in ("me", "us")
    ):
        return 0  # “state of f”, “show: who calls it?”, “… please, by name”
    return after - at


def _may_precede_question(talk: Sequence[Token]) -> bool:
    """Whether a question may follow in the sentence: after “do you know”, not after “do we check” or “is it read”."""
    vocabulary = lexicon()
    words = [token.word for token in talk]
    is_about_code = not _DOING.isdisjoint(words) and "you" not in words and words[0] not in ("i", "am")
    if is_about_code and words[-1] in (vocabulary.checking | vocabulary.telling) - {"sure"}:
        return False
    return not words or words[-1] in vocabulary.wanting | vocabulary.telling


def _is_talk(tokens: Sequence[Token], place: int) -> bool:
    vocabulary = lexicon()
    token = tokens[place]
    if token.word == "not":  # “I do not know …”
        return any(word_at(tokens, place + step) in vocabulary.knowing for step in (1, 2))
    return not token.marked and (token.word in vocabulary.talk or token.word in vocabulary.telling)


def _begins_question(tokens: Sequence[Token], place: int) -> bool:
    """Whether a question that could be embedded in a sentence begins here."""
    word = word_at(tokens, place)
    return word in _QUESTION_WORDS or (
        word in _PREPOSITIONS and word_at(tokens, place + 1) in ("what", "which", "whom")
    )


def phrase_at(table: Phrases, tokens: Sequence[Token], at: int) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The longest phrase of the table that begins here, and its replacement."""
    for words, replacement in table.get(tokens[at].word, ()):
        written = tokens[at : at + len(words)]
        if tuple(token.word for token in written) == words and not any(token.marked for token in written):
            return words, replacement
    return None
