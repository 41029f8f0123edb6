"""gitleaks' published rules for secrets, as data, and the search that applies rules in linear time.

`gitleaks_rules.toml` is made by scripts/convert_gitleaks_rules.py. A rule is a pattern, the words of which one has to
be near, and the entropy that the secret has to have. Rules are only tried around long words (`_LONG_WORD`), which
ordinary code hardly has: each stretch of text is read once a rule, and every repetition in a rule is bounded.
"""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

RULES_FILE = "gitleaks_rules.toml"
"""Beside this file, with its license."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of secret with a shape of its own."""

    kind: str
    keywords: tuple[str, ...]
    """In lowercase; one of them occurs near the secret."""
    pattern: re.Pattern[str]
    """The secret is its first group, if it has any."""
    min_entropy: float = 0.0
    """In bits per character."""


@cache
def gitleaks_rules() -> tuple[Rule, ...]:
    """The shipped rules."""
    rules = tomllib.loads(resources.files("forethought.text").joinpath(RULES_FILE).read_text("utf-8"))["rules"]
    return tuple(
        Rule(rule["id"], tuple(rule["keywords"]), re.compile(rule["regex"], re.ASCII), rule.get("entropy", 0.0))
        for rule in rules
    )


class RuleSet:
    """Rules that are searched for together."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_start: dict[str, list[tuple[int, str, Rule]]] = {}
        """First characters of a keyword → place of the rule, keyword, rule. One look-up serves for all keywords."""
        self._short: set[str] = set()
        """Those of keywords that are shorter."""
        for place, rule in enumerate(rules):
            for keyword in rule.keywords:
                self._by_start.setdefault(keyword[:_KEY], []).append((place, keyword, rule))
                if len(keyword) < _KEY:
                    self._short.add(keyword)

    def matches(self, text: str) -> Iterator[tuple[Rule, int, int]]:
        """Yield each rule that is met with the place of the secret; places may overlap."""
        for start, end in _stretches(text):
            for rule in self._near(_lowered(text[start:end])):
                for match in rule.pattern.finditer(text, start, end):
                    first, last = match.span(next((n for n, group in enumerate(match.groups(), 1) if group), 0))
                    if not rule.min_entropy or entropy(text[first:last]) >= rule.min_entropy:
                        yield rule, first, last

    def _near(self, stretch: str) -> list[Rule]:
        """The rules that have a keyword in this text."""
        starts = self._by_start.keys() & {stretch[at : at + _KEY] for at in range(len(stretch))}
        starts |= self._short
        found = {place: rule for key in starts for place, word, rule in self._by_start[key] if word in stretch}
        return [found[place] for place in sorted(found)]


def _lowered(text: str) -> str:
    """In lowercase, with every character in its place."""
    lowered = text.lower()  # the lowercase of a few letters is longer
    return lowered if len(lowered) == len(text) else text.encode("ascii", "replace").decode().lower()


def entropy(value: str) -> float:
    """Return the Shannon entropy in bits per character."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the rules are tried: around each word that is not just a name, without overlaps."""
    start = end = 0
    for word in _WORD.finditer(text):
        if word.end() - word.start() < _MIN_WITHOUT_DIGIT and not _DIGIT.search(text, word.start(), word.end()):
            continue
        if _NAME.fullmatch(text, word.start(), word.end()):
            continue
        if word.start() - _BEFORE > end:
            if end:
                yield start, end
            start = max(0, word.start() - _BEFORE)
        if word.end() > end:
            rest = _REST.match(text, word.end())
            end = min(len(text), (rest.end() if rest else word.end()) + _AFTER)
    if end:
        yield start, end


_KEY = 3
"""Characters by which keywords are looked up."""
_WORD = re.compile(r"[A-Za-z0-9]{8,}+")
"""Every secret of the rules has such a part."""
_MIN_WITHOUT_DIGIT = 20
"""Length at which a word may be a secret although it has no digit. Lower values try rules on more names."""
_NAME = re.compile(r"[A-Z]{0,5}[a-z]{0,15}(?:[A-Z][a-z]{1,15}){0,12}+[0-9]{0,3}|[0-9]+")
"""Words that no one draws at random: `IllegalStateException`, `example2`, `10000000`."""
_REST = re.compile(r"[\w+/=.~-]*+")
_BEFORE = 120
"""Characters before such a word where what belongs to it may stand: a provider's name, the start of a webhook."""
_AFTER = 2
_DIGIT = re.compile(r"[0-9]")
