"""From the text of a question to its intent. A question must be understood as a whole, or it is not matched.

Small talk is dropped, words are replaced by their meanings and names by marks; what remains must match one of the
rules. A wrong match is the worst failure, so whatever is left over (a negation, a condition, a comparison, one name
too many) ends the attempt, and so do two readings that differ.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from forethought.qa.intent.behavior_words import BEHAVIOR_MARK, with_behavior_words
from forethought.qa.intent.clauses import (
    AUXILIARIES,
    QUESTION_MEANINGS,
    Sentence,
    coordinated,
    is_known,
    orders,
    qualified,
    sentences,
)
from forethought.qa.intent.intent import BEHAVIOR_ASPECTS, FACT_ASPECTS, Intent
from forethought.qa.intent.lexicon import lexicon
from forethought.qa.intent.mentions import (
    DETERMINERS,
    MAX_MENTIONS,
    NAME_MARK,
    VERBAL,
    KnownNames,
    Mention,
    NoKnownNames,
    Reading,
    as_read,
    is_plain_name,
    mention_at,
    readings,
    with_subjects_marked,
)
from forethought.qa.intent.patterns import Rule, grammar
from forethought.qa.intent.small_talk import without_small_talk
from forethought.qa.intent.spelling import corrected
from forethought.qa.intent.tokenizer import MAX_LENGTH, STOP, Token, scan, word_at

_MAX_TOKENS = 60

_SINCE = re.compile(
    r"(?:(?:can you |could you |please )?(?:tell|show|give|list) )?(?:me )?"
    r"(?:(?:(?:what|which|everything|all) )?(?:all )?(?:the )?"
    r"(?:(?:symbols?|functions?|methods?|classes|files?|code|things?|definitions?) )?(?:that )?"
    r"(?:(?:has|have|was|were|is|are|got) )?(?:been )?(?:changed|modified|edited|touched|new|different)"
    r"|(?:what are )?(?:the )?changes|what(?:'s) (?:new|changed|different))"
    r"(?: here| in (?:this|the) (?:repository|repo|project|codebase))? since"
    r"(?: (?:the )?(?:commit|revision|tag|branch|version|release))? [`'\"]?(?P<revision>[\w][\w./~^@{}+-]*)[`'\"]?",
    re.IGNORECASE,
)
_NOUNS = frozenset({"test", "place", "thing", "subclass", "caller", "code", "member"})
_ELLIPTIC = frozenset(
    {"caller", "callee", "parameter", "signature", "return", "test", "doc", "subclass", "base", "decorator"}
)
"""Meanings that are a question by themselves: “callers?”."""
_MAY_BE_ABOUT_FILE = frozenset({"callers", "tests", "subclasses", "last_change"})
"""Aspects where the file may say where to look, rather than where the symbol is: “who calls f in a.py?”."""


def read_intent(question: str, known: KnownNames | None = None) -> Intent | None:
    """The intent of a question; None when it is not understood as a whole.

    known: the names in the index; without them, only what is clearly a name is taken for one. Takes time linear in
    the length of the question, of which at most `MAX_LENGTH` characters are accepted. Never raises.
    """
    known = known or NoKnownNames()
    if len(question) > MAX_LENGTH:
        return None
    text = " ".join(question.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"').split())
    if since := _SINCE.fullmatch(text.rstrip(" ?!.")):
        return Intent("changed_since", None, other=since["revision"])
    tokens = scan(text)
    if len(tokens) > _MAX_TOKENS:
        return None
    tokens = without_small_talk(with_subjects_marked(tokens, known), known.defines)
    intents = _likeliest(tokens, known)
    reread = with_behavior_words(tokens) if not intents else tokens
    if reread != tokens:  # only now, so that these words take nothing away from other questions
        intents = _likeliest(reread, known)
        if any(intent.aspect not in BEHAVIOR_ASPECTS for intent in intents):
            return None
    return intents.pop() if len(intents) == 1 else None


def _likeliest(tokens: Sequence[Token], known: KnownNames) -> set[Intent]:
    """The intents of the likeliest readings that have any; several if they differ."""
    tokens = [_with_correction(token) for token in tokens]
    for likely in readings(tokens, known):
        intents = {intent for reading in likely if (intent := _intent_of_reading(tokens, reading, known))}
        if intents:
            return intents
    return set()


def _with_correction(token: Token) -> Token:
    vocabulary = lexicon()
    if not token.name or token.marked:
        return token
    if token.word in vocabulary.no_names or token.word in vocabulary.meanings or token.word in vocabulary.kinds:
        return token
    return replace(token, correction=corrected(token.word) or "")


def _intent_of_reading(tokens: Sequence[Token], reading: Reading, known: KnownNames) -> Intent | None:
    """The one intent of the tokens under a reading; None when there is none, or several."""
    clauses, mentions = _clauses(as_read(tokens, reading), bool(reading.names), known)
    if not mentions and len(clauses) == 1 and len(clauses[0]) == 1 and clauses[0][0] in _ELLIPTIC:
        mentions, clauses = [Mention(None, refers_back=True)], [[*clauses[0], "of", "@0"]]  # “callers?”
    elif not mentions and len(clauses) == 1 and any(token.word == "here" for token in tokens):
        mentions, clauses = [Mention(None)], [[*clauses[0], "in", "@0"]]  # “what is raised here?”
    if not mentions or len(mentions) > MAX_MENTIONS:
        return None
    intents = {intent for sentence in sentences(clauses, mentions, known) for intent in _intents(sentence, known)}
    if not intents:
        pairs = (_both(left, right, mentions, known) for left, right in coordinated(clauses, mentions))
        intents = {both for both in pairs if both is not None}
    return intents.pop() if len(intents) == 1 else None


def _clauses(tokens: Sequence[Token], any_names: bool, known: KnownNames) -> tuple[list[list[str]], list[Mention]]:
    """The clauses of a question as meanings, with `@0`, `@1`, … for what they mention; clauses that say nothing are
    left out. Nothing at all when one of the words read as names can be no name.
    """
    meanings, kinds = lexicon().meanings, lexicon().kinds
    asks_for_default = any(meanings.get(token.word) == "default" for token in tokens)
    mentions: list[Mention] = []
    clauses: list[list[str]] = [[]]
    place = 0
    while place < len(tokens):
        token, clause = tokens[place], clauses[-1]
        if token.word == STOP:
            clauses.append([])
        elif (mentioned := mention_at(tokens, place, any_names, known)) is not None:
            length, mention = mentioned
            place += length - 1
            if mention is not None:
                clause.append(f"{NAME_MARK}{len(mentions)}")
                mentions.append(mention)
        elif token.word in ("a", "an") and word_at(tokens, place + 1) in kinds:
            clause.append("isa")
        elif token.word in DETERMINERS and is_plain_name(tokens, place + 1) and not asks_for_default:
            if clause[-1:] != ["take"]:  # “does f take a …” is looked up among its parameters
                return [], []  # “the entry”, “this project”: a word, no name
            clause.append(_meaning(token))
        else:
            clause.append(_meaning(token))
            if token.word.endswith("ing") and clause[-1] in VERBAL:
                _make_finite(clause)
        place += 1
    meaningful = ([word for word in clause if word] for clause in clauses)
    return [clause for clause in meaningful if clause], mentions


def _make_finite(clause: list[str]) -> None:
    """Rewrites a clause that ends in an “-ing” form: “who is calling” is “who calls”."""
    words = [word for word in clause if word]
    if _is_progressive(words):
        clause[clause.index("be")] = "do"
    elif len(words) > 1 and (words[-2] in _NOUNS or words[-2] in lexicon().kinds):
        clause.insert(-1, "that")  # “functions calling f” are “functions that call f”


def _is_progressive(words: Sequence[str]) -> bool:
    """Whether the last word goes with an “is” before it: not in “is there a test covering”, “the result of calling”."""
    return "be" in words and (words[-2] in ("be", "person", "else") or words[-2].startswith(NAME_MARK))


def _meaning(token: Token) -> str:
    """The meaning of a word; an unknown word gets one that no rule holds."""
    if token.word == "'s":
        return token.word
    if token.word.startswith(BEHAVIOR_MARK):
        return token.word.removeprefix(BEHAVIOR_MARK)
    return lexicon().meanings.get(token.word, lexicon().kinds.get(token.word, f"?{token.word}"))


def _intents(sentence: Sentence, known: KnownNames) -> set[Intent]:
    """What one sentence can be asking."""
    candidates = ((order, mentions) for words, mentions in qualified(sentence, known) for order in orders(words))
    intents = {intent for words, mentions in candidates if (intent := _matched(words, mentions, known)) is not None}
    # “the default of number in Card”: of the parameter, not of the field `Card.number`.
    of_parameters = {f"{intent.name}.{intent.other}" for intent in intents if intent.aspect == "default"}
    return {intent for intent in intents if intent.aspect != "default" or intent.name not in of_parameters}


def _both(left: list[str], right: list[str], mentions: list[Mention], known: KnownNames) -> Intent | None:
    """Two facts about one symbol, asked in one question; None when either is not understood."""
    first, second = (_intents((words, mentions), known) for words in (left, right))
    if len(first) != 1 or len(second) != 1:
        return None
    one, other = first.pop(), second.pop()
    are_facts = one.aspect in FACT_ASPECTS and other.aspect in FACT_ASPECTS
    if not are_facts or one.aspect == other.aspect or one.name != other.name or one.guessed or other.guessed:
        return None
    return replace(one, also=other)


def _matched(words: Sequence[str], mentions: Sequence[Mention], known: KnownNames) -> Intent | None:
    """The intent of the rules that match the words as a whole; None when none does, or they differ."""
    line = "".join(f"{word} " for word in words)
    if grammar().any_rule.fullmatch(line) is None:
        return None
    intents = [
        intent
        for rule in grammar().rules
        if (match := rule.pattern.fullmatch(line)) is not None
        and (intent := _intent(rule, match, words, mentions, known)) is not None
    ]
    return intents[0] if len({(intent.aspect, intent.name, intent.other) for intent in intents}) == 1 else None


def _intent(
    rule: Rule, match: re.Match[str], words: Sequence[str], mentions: Sequence[Mention], known: KnownNames
) -> Intent | None:
    """The intent of a rule that matches; None when what is mentioned does not fit it."""
    groups = match.groupdict()
    subject = mentions[int(groups["name"])] if groups.get("name") is not None else Mention(None)
    second = mentions[int(groups["other"])] if groups.get("other") is not None else None
    if not _fits(rule, subject, words, known) or (
        rule.aspect in _MAY_BE_ABOUT_FILE and subject.in_file is not None and words[-1] == f"@{groups.get('name')}"
    ):
        return None
    if second is not None and not _fits_second(rule, subject, second, known):
        return None
    is_named = "exist" in words and subject.text is not None and known.defines(subject.text)
    marked = subject.marked or (rule.aspect == "location" and "define" in words)
    if rule.aspect == "exists" and not (marked or is_named):
        return None
    return Intent(
        rule.aspect,
        subject.text,
        of_file=subject.kind == "file" and subject.text is None,
        marked=marked,
        other=second.text if second is not None else groups.get("word"),
        kind=None if subject.kind in ("file", "symbol") else subject.kind,
        part=groups.get("part"),
        in_file=subject.in_file,
        refers_back=subject.refers_back,
        guessed=rule.condition == "guess" and second is not None and not second.marked,
    )


def _fits(rule: Rule, subject: Mention, words: Sequence[str], known: KnownNames) -> bool:
    """Whether a rule may be about this symbol."""
    name = subject.text
    if rule.condition == "file":
        return subject.kind == "file" or (name is not None and known.has_file(name))
    if name is None:
        return True
    if rule.condition == "marked" and not subject.marked and name.islower():
        return False
    is_telegraphic = len(words) <= 3 and not {"of", *AUXILIARIES, *QUESTION_MEANINGS}.intersection(words)
    return not is_telegraphic or is_known(subject, known)  # “f callers?”, not “callers, safely?”


def _fits_second(rule: Rule, subject: Mention, second: Mention, known: KnownNames) -> bool:
    """Whether a rule about this symbol may name this second thing."""
    if second.text is None or (rule.aspect in ("default", "parameters") and "." in second.text):
        return False  # no parameter has a dotted name
    if subject.text is None:
        return True
    if not subject.marked and (not known.defines(subject.text) or subject.text in lexicon().meanings):
        return False  # “is f called by accident?”, “… by default?”
    if rule.aspect == "raises":
        return second.marked or not second.text.islower()  # not “can f raise today?”
    return rule.aspect != "calls" or known.defines(second.text)
