"""A `check(language, source, expected)` for the text about functions, and what it stands on."""

import textwrap
import tomllib
from pathlib import Path

from forethought.facts.symbol_behavior import Behavior, behaviors_of
from forethought.syntax.behavior import read_bodies
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages

LANGUAGES = load_languages()
DESCRIBED = frozenset(tomllib.loads((Path(__file__).parents[2] / "grammars/behavior.toml").read_text(encoding="utf-8")))
"""The shipped languages whose functions' behavior is described."""


def behaviors(language: str, source: str) -> dict[str, Behavior]:
    """Symbol id → behavior of each function in the source."""
    found = LANGUAGES.named(language)
    assert found is not None
    data = textwrap.dedent(source).encode()
    return behaviors_of(read_bodies(found, data, read_tags(found, data)), found)


def behavior(language: str, source: str, symbol: str = "f") -> Behavior:
    """The behavior of the function with that short name."""
    found = behaviors(language, source)
    return next(item for key, item in found.items() if key.rpartition(".")[2].partition("#")[0] == symbol)


def text_of(language: str, source: str, symbol: str = "f", limit: int = 100_000) -> str:
    return behavior(language, source, symbol).text(limit)


def check(language: str, source: str, *expected: str, symbol: str = "f") -> None:
    """The whole text about the function `f` is exactly these sentences."""
    found, wanted = text_of(language, source, symbol), " ".join(expected)
    assert found == wanted, f"\n{found}\nis not\n{wanted}"
