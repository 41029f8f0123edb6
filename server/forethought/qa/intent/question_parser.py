"""From a question's words to its intent. The whole question must be understood, else it is not matched.

Polite words are left out, words are replaced by their meanings, names by a mark; what remains must be one of the
rules. A wrong match is the worst failure: negation, conditions, comparisons and a name too many are left over, and
whatever is left over ends the attempt. Two readings that differ are none.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from forethought.qa.intent.clauses import (
    ASKING,
    AUXILIARIES,
    Sentence,
    coordinated,
    is_known,
    merged,
    orders,
    sentences,
)
from forethought.qa.intent.intent import FACT_ASPECTS, Intent
from forethought.qa.intent.lexicon import lexicon
from forethought.qa.intent.mentions import (
    DETERMINERS,
    MAX_NAMES,
    VERBAL,
    Name,
    Names,
    Naming,
    NoNames,
    is_plain_name,
    naming_at,
    namings,
    word_at,
    written_as,
)
from forethought.qa.intent.patterns import grammar
from forethought.qa.intent.tokenizer import LONGEST, Token, read_tokens

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
_BARE = frozenset(
    {"caller", "callee", "parameter", "signature", "return", "test", "doc", "subclass", "base", "decorator"}
)
_WITHIN = frozenset({"callers", "tests", "subclasses", "last_change"})


def read_intent(question: str, known: Names | None = None) -> Intent | None:
    """The question's intent; None when it is not understood as a whole.

    Takes time linear in the question's length; never raises.
    """
    known = known or NoNames()
    if len(question) > LONGEST:
        return None
    text = " ".join(question.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"').split())
    if since := _SINCE.fullmatch(text.rstrip(" ?!.")):
        return Intent("changed_since", None, other=since["revision"])
    tokens = read_tokens(text, known.defines)
    for reading in namings(tokens, known):
        found = {intent for option in reading if (intent := _understood(tokens, option, known))}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _understood(tokens: Sequence[Token], naming: Naming, known: Names) -> Intent | None:
    """The one intent of the tokens under this naming; None when there is none, or several."""
    written = [written_as(token, place, naming) for place, token in enumerate(tokens)]
    about_default = any(lexicon().meanings.get(token.word) == "default" for token in written)
    names: list[Name] = []
    clauses: list[list[str]] = [[]]
    place = 0
    while place < len(written):
        token = written[place]
        if token.word == ",":
            clauses.append([])
        elif (found := naming_at(written, place, bool(naming[0]), known)) is not None:
            length, name = found
            place += length - 1
            if name is not None:
                names.append(name)
                clauses[-1].append(f"@{len(names) - 1}")
        elif token.word in ("a", "an") and word_at(written, place + 1) in lexicon().kinds:
            clauses[-1].append("isa")
        elif token.word in DETERMINERS and is_plain_name(written, place + 1) and not (about_default or _takes(clauses)):
            return None  # “the entry”, “this project”: a word, no name
        else:
            clauses[-1].append(_meaning(token))
            if token.word.endswith("ing") and clauses[-1][-1] in VERBAL and _is_progressive(clauses[-1]):
                clauses[-1][clauses[-1].index("be")] = "do"  # “who is calling” is “who calls”
            elif token.word.endswith("ing") and clauses[-1][-1] in VERBAL and _follows_a_noun(clauses[-1]):
                clauses[-1].insert(-1, "that")  # “functions calling” are “functions that call”
        place += 1
    said = [clause for clause in ([word for word in clause if word] for clause in clauses) if clause]
    if not names and len(said) == 1 and len(said[0]) == 1 and said[0][0] in _BARE:
        names, said = [Name(None, spoken_of=True)], [[*said[0], "of", "@0"]]  # “callers?”
    elif not names and len(said) == 1 and any(token.word == "here" for token in tokens):
        names, said = [Name(None)], [[*said[0], "in", "@0"]]  # “what is raised here?”
    if not names or len(names) > MAX_NAMES:
        return None
    intents = {intent for sentence in sentences(said, names, known) for intent in _intents(sentence, known)}
    if not intents:
        intents = {both for pair in coordinated(said, names) if (both := _both(*pair, names, known)) is not None}
    return intents.pop() if len(intents) == 1 else None


def _intents(sentence: Sentence, known: Names) -> set[Intent]:
    """What one sentence can be asking."""
    readings = ((order, names) for words, names in merged(sentence, known) for order in orders(words))
    return {intent for words, names in readings if (intent := _matched(words, names, known)) is not None}


def _both(left: list[str], right: list[str], names: list[Name], known: Names) -> Intent | None:
    """Two facts about one symbol, asked in one sentence; None when either is not understood."""
    first, second = (_intents((words, names), known) for words in (left, right))
    if len(first) != 1 or len(second) != 1:
        return None
    one, other = first.pop(), second.pop()
    are_facts = one.aspect in FACT_ASPECTS and other.aspect in FACT_ASPECTS
    if not are_facts or one.aspect == other.aspect or one.name != other.name or one.guessed or other.guessed:
        return None
    return replace(one, also=other)


def _takes(clauses: Sequence[Sequence[str]]) -> bool:
    """“does f take a …”: what it may be is looked up among its parameters."""
    return bool(clauses[-1]) and clauses[-1][-1] == "take"


def _follows_a_noun(words: Sequence[str]) -> bool:
    said = [word for word in words if word]
    return len(said) > 1 and (said[-2] in _NOUNS or said[-2] in lexicon().kinds)


def _is_progressive(words: Sequence[str]) -> bool:
    """Whether the last word goes with an “is” before it: not in “is there a test covering”, “the result of calling”."""
    said = [word for word in words if word]
    return "be" in said and (said[-2] == "be" or said[-2] in ("person", "else") or said[-2].startswith("@"))


def _meaning(token: Token) -> str:
    """The word's meaning; words that we do not know stand for themselves, so that nothing matches them."""
    if token.word == "'s":
        return token.word
    return lexicon().meanings.get(token.word, lexicon().kinds.get(token.word, f"?{token.word}"))


def _is_telegraphic(words: Sequence[str]) -> bool:
    """“f callers?”: no sentence, and nothing between the two."""
    return len(words) <= 3 and not {"of", *AUXILIARIES, *ASKING}.intersection(words)


def _matched(words: Sequence[str], names: Sequence[Name], known: Names) -> Intent | None:
    line = "".join(f"{word} " for word in words)
    found: list[Intent] = []
    for rule in grammar().rules if grammar().any_rule.fullmatch(line) else ():
        if (match := rule.pattern.fullmatch(line)) is None:
            continue
        aspect, groups = rule.aspect, match.groupdict()
        name = names[int(groups["name"])]
        other, second_is_marked = groups.get("word"), True
        is_file = name.kind == "file" or (name.text is not None and known.has_file(name.text))
        if rule.condition == "file" and not is_file:
            continue
        if name.text is not None and _is_telegraphic(words) and not is_known(name, known):
            continue  # “callers, safely?”
        if name.within is not None and aspect in _WITHIN and words[-1] == f"@{groups['name']}":
            continue  # “who calls f in a.py?” may mean the callers there
        if rule.condition == "marked" and name.text is not None and not name.marked and name.text.islower():
            continue
        if groups.get("other") is not None:
            second = names[int(groups["other"])]
            if second.text is None:
                continue
            other, second_is_marked = second.text, second.marked
            if aspect in ("default", "parameters") and "." in other:
                continue  # no parameter is called so
        if groups.get("other") is not None and name.text is not None:
            if not name.marked and (not known.defines(name.text) or name.text in lexicon().meanings):
                continue  # “is f called by accident?”, “… by default?”
            if aspect == "raises" and (other or "").islower() and not second_is_marked:
                continue  # “can f raise today?”
            if aspect == "calls" and not known.defines(other or ""):
                continue
        intent = Intent(
            aspect,
            name.text,
            of_file=name.kind == "file" and name.text is None,
            marked=name.marked or (aspect == "location" and "define" in words),
            other=other,
            kind=None if name.kind in ("file", "symbol") else name.kind,
            part=groups.get("part"),
            within=name.within,
            spoken_of=name.spoken_of,
            guessed=rule.condition == "guess" and not second_is_marked,
        )
        asked_by_name = "exist" in words and name.text is not None and known.defines(name.text)
        if aspect == "exists" and not (intent.marked or asked_by_name):
            continue
        found.append(intent)
    return found[0] if len({(intent.aspect, intent.name, intent.other) for intent in found}) == 1 else None
