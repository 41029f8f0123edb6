"""The rules of questions (rules.txt) as regular expressions over meanings that are each followed by a space."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast, get_args

from forethought.qa.intent.intent import Aspect, FactAspect, PredictedAspect

_ASPECTS = frozenset(get_args(FactAspect) + get_args(PredictedAspect))
_SECTION = re.compile(r"\[(?P<name>\w+)\]")
_CONDITION = re.compile(r"(?P<condition>file|marked|guess): ")


@dataclass(frozen=True, slots=True)
class Rule:
    """One form of a question; the groups `name`, `other`, `word` and `part` say what it asks about."""

    aspect: Aspect
    pattern: re.Pattern[str]
    condition: str = ""
    """`file`, `marked`, `guess` or nothing; rules.txt says what each means."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Every form of question that is understood."""

    rules: tuple[Rule, ...]
    any_rule: re.Pattern[str]
    """Matches what any of the rules does. Most readings of a question fail them all, and this tells at once."""
    introductions: tuple[re.Pattern[str], ...]
    """Clauses that only say which symbol (the group `name`) the next clause is about."""


@cache
def grammar() -> Grammar:
    """The grammar that ships, read and compiled once per process."""
    return read_grammar(resources.files("forethought.qa.intent").joinpath("rules.txt").read_text(encoding="utf-8"))


def read_grammar(text: str) -> Grammar:
    """The grammar written as rules.txt describes. Raises ValueError for a section that is no aspect."""
    sets: dict[str, str] = {}
    rules: list[Rule] = []
    introductions: list[re.Pattern[str]] = []
    section = ""
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if match := _SECTION.fullmatch(line):
            section = match["name"]
        elif section == "sets":
            name, _, words = line.partition(" = ")
            sets[name] = words
        elif section == "introductions":
            introductions.append(_compiled(line, sets))
        elif section in _ASPECTS:
            condition = _CONDITION.match(line)
            pattern = _compiled(line[condition.end() :] if condition else line, sets)
            rules.append(Rule(cast(Aspect, section), pattern, condition["condition"] if condition else ""))
        else:
            raise ValueError(f"[{section}] is no aspect of a question, so nothing can be asked by {line!r}.")
    alternatives = (re.sub(r"\(\?P<\w+>", "(?:", rule.pattern.pattern) for rule in rules)
    return Grammar(tuple(rules), re.compile("|".join(alternatives)), tuple(introductions))


def _compiled(rule: str, sets: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("".join(_step(word, sets) for word in rule.split()))


def _step(word: str, sets: Mapping[str, str]) -> str:
    optional = "?" if word.endswith("?") else ""
    word = word.removesuffix("?")
    if word == "@":
        step = r"@(?P<name>\d) "
    elif word == "&":
        step = r"@(?P<other>\d) "
    elif word == "~":
        step = rf"(?P<part>{sets[word]}) "
    elif word.startswith("="):
        step = rf"(?P<word>{word[1:]}) "
    else:
        step = f"(?:{'|'.join(sets.get(part, part) for part in word.split('|'))}) "
    return f"(?:{step})?" if optional else step
