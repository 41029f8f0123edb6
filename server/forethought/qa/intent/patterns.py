"""The rules (`rules.py`) as patterns over the meanings of a question's words."""

import re
from functools import cache

from forethought.qa.intent.intent import Aspect
from forethought.qa.intent.rules import INTRODUCTIONS, RULES

_SETS = {
    "WHO": "who|what|which",
    "WHAT": "what|which|whatkind",
    "DO": "do|can|have",
    "CAN": "do|can|should",
    "USE": "call|use|depend",
    "PLACE": "function|method|class|place|module|file|thing|member|caller|constant|variable|interface",
    "CLASS": "class|interface|struct|type|trait|thing|enum",
    "TAKE": "take|have",
    "DEFINE": "define|implement|definition",
    "return": "return|yield",
    "BASED": "inherit|subclass|implement|base",
    "PERSON": "person|thing",
}
_MEMBERS = "member|method|function|class|constant|variable|interface|struct|trait|enum|macro"


@cache
def compiled() -> tuple[tuple[Aspect, str, re.Pattern[str]], ...]:
    """(aspect, rule, the rule as a pattern over meanings that are each followed by a space)."""
    found: list[tuple[Aspect, str, re.Pattern[str]]] = []
    for aspect, rules in RULES.items():
        for rule in filter(None, map(str.strip, rules.splitlines())):
            found.append((aspect, rule, re.compile("".join(map(_step, rule.split())))))
    return tuple(found)


@cache
def any_rule() -> re.Pattern[str]:
    """What any of the rules matches: most readings of a question fail all of them, and this tells at once."""
    return re.compile("|".join(re.sub(r"\(\?P<\w+>", "(?:", pattern.pattern) for _, _, pattern in compiled()))


@cache
def introductions() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile("".join(map(_step, rule.split()))) for rule in INTRODUCTIONS)


def _step(word: str) -> str:
    optional = "?" if word.endswith("?") else ""
    word = word.removesuffix("?")
    if word == "@":
        step = r"@(?P<name>\d) "
    elif word == "&":
        step = r"@(?P<other>\d) "
    elif word == "~":
        step = rf"(?P<part>{_MEMBERS}) "
    elif word.startswith("="):
        step = rf"(?P<word>{word[1:]}) "
    else:
        step = f"(?:{'|'.join(_SETS.get(part, part) for part in word.split('|'))}) "
    return f"(?:{step})?" if optional else step
