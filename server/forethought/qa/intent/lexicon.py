"""The vocabulary of questions (lexicon.toml): what words mean, and which of them say nothing."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

Phrases = Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]
"""First word → (the words of a phrase, the words that replace them), longest phrase first."""

MIN_CORRECTED_LENGTH = 4
"""Letters: a shorter word is one slip away from too many others to be corrected."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of lexicon.toml, where each list is explained. All words are lower case."""

    meanings: Mapping[str, str]
    """Word → its meaning; the empty string for words that say nothing."""
    correctable: tuple[str, ...]
    """The words that a misspelt one may be corrected to."""
    kinds: Mapping[str, str]
    """Word beside a name → the kind of symbol it means; `symbol` stands for any."""
    openings: Phrases
    phrases: Phrases
    behavior: Phrases
    """Words and phrases that have a meaning only in questions about what a function does."""
    talk: frozenset[str]
    leading_on: frozenset[str]
    """`talk` included."""
    knowing: frozenset[str]
    wanting: frozenset[str]
    checking: frozenset[str]
    telling: frozenset[str]
    guarded: frozenset[str]
    no_names: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """The lexicon that ships, read once per process."""
    text = resources.files("forethought.qa.intent").joinpath("lexicon.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    words = {name: frozenset(value.split()) for name, value in tables.items() if isinstance(value, str)}
    meanings = dict.fromkeys(tables["fillers"].split(), "")
    for meaning, forms in tables["meanings"].items():
        for word in forms.split():
            meanings.update(dict.fromkeys(_inflections(word), meaning))
    return Lexicon(
        meanings=meanings,
        correctable=tuple(
            word
            for word, meaning in meanings.items()
            if meaning and len(word) >= MIN_CORRECTED_LENGTH and word.isalpha()
        ),
        kinds=tables["kinds"],
        openings=_by_first_word(tables["openings"]),
        phrases=_by_first_word(tables["phrases"]),
        behavior=_by_first_word(tables["behavior"]),
        talk=words["talk"],
        leading_on=words["talk"] | words["leading_on"],
        knowing=words["knowing"],
        wanting=words["wanting"],
        checking=words["checking"],
        telling=words["telling"],
        guarded=words["guarded"],
        no_names=words["no_names"],
    )


def _inflections(word: str) -> tuple[str, ...]:
    """The forms of a regular verb marked with `*` (call, calls, called, calling); any other word alone."""
    verb = word.removesuffix("*")
    if verb == word:
        return (word,)
    if verb.endswith("e"):
        return verb, f"{verb}s", f"{verb}d", f"{verb[:-1]}ing"
    if re.search(r"[^aeiou]y$", verb):
        return verb, f"{verb[:-1]}ies", f"{verb[:-1]}ied", f"{verb}ing"
    third_person = f"{verb}es" if re.search(r"(?:s|sh|ch|x)$", verb) else f"{verb}s"
    return verb, third_person, f"{verb}ed", f"{verb}ing"


def _by_first_word(table: Mapping[str, str]) -> Phrases:
    phrases: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for phrase, replacement in table.items():
        words = tuple(phrase.split())
        phrases.setdefault(words[0], []).append((words, tuple(replacement.split())))
    return {first: tuple(sorted(items, key=lambda item: -len(item[0]))) for first, items in phrases.items()}
