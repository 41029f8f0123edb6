"""The data that the question parser works from: rules.txt and lexicon.toml."""

import re

import pytest

from forethought.qa.intent.lexicon import lexicon
from forethought.qa.intent.patterns import grammar, read_grammar

MADE_BY_THE_PARSER = {"isa", "'s"}


def test_every_word_of_the_rules_is_a_meaning() -> None:
    """A rule with any other word could never match."""
    words: set[str] = set()
    for rule in grammar().rules:
        words.update(re.findall(r"[a-z']+", re.sub(r"\(\?P<\w+>|\\d", "", rule.pattern.pattern)))
    about_behavior = {word for phrases in lexicon().behavior.values() for _, words in phrases for word in words}
    known = {*lexicon().meanings.values(), *lexicon().kinds.values(), *about_behavior}
    assert words - known == MADE_BY_THE_PARSER


def test_a_rule_reads_as_it_is_written() -> None:
    read = read_grammar("[sets]\nUSE = call|use\n\n# Who?\n[callers]\nwho USE @\nmarked: @ caller?\n")
    first, second = read.rules
    assert first.pattern.fullmatch("who use @1 ")["name"] == "1"  # type: ignore[index] # it matches
    assert (second.aspect, second.condition) == ("callers", "marked")
    assert second.pattern.fullmatch("@0 ") and read.any_rule.fullmatch("@0 caller ")


def test_a_section_that_is_no_aspect_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[caller\] is no aspect"):
        read_grammar("[caller]\nwho call @\n")
