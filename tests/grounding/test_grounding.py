"""Grounding keeps what the context bears out, and nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.context import IDENTIFIER
from forethought.grounding import ground, mentions, sentences

CONTEXT = '''```python
def url_for(self, endpoint: str, *, retries: int = 30) -> str:
    """Builds the address of an endpoint."""
    return self.url_map.bind(endpoint, limit=250)
```'''
IDENTIFIERS = frozenset(IDENTIFIER.findall(CONTEXT))


def check(text: str, expected: str | None, *, finished: bool = True) -> None:
    assert ground(text, IDENTIFIERS, CONTEXT, finished).text == expected


def test_plain_sentences_about_the_code_are_kept() -> None:
    check(
        "It builds the address of an endpoint. It uses `url_map`.",
        "It builds the address of an endpoint. It uses `url_map`.",
    )


@pytest.mark.parametrize(
    "invented",
    [
        "It calls `__setcookie__` first.",
        "It calls __setcookie__() first.",
        "It stores the value in cookie_jar for later.",
        "It is a thin wrapper around UrlBuilder objects.",
        "It forwards to flask.helpers for the work.",
        "It finally calls redirect() with it.",
        "It returns 'index' when nothing fits.",
        "It gives up after 45 attempts in a row.",
    ],
)
def test_a_sentence_that_names_what_the_context_lacks_is_dropped(invented: str) -> None:
    check(f"It builds the address of an endpoint. {invented}", "It builds the address of an endpoint.")


def test_numbers_of_the_context_may_be_named() -> None:
    check("It tries at most 30 times, with a limit of 250.", "It tries at most 30 times, with a limit of 250.")


def test_repetition_is_dropped() -> None:
    check("It builds an address. It builds an address.", "It builds an address.")


def test_a_model_caught_in_a_loop_is_dropped() -> None:
    check("It is the end of the road is the end of the road is the end of the road is the end of the road.", None)


def test_a_sentence_that_was_cut_off_is_dropped() -> None:
    check("It builds an address. It then takes the", "It builds an address.", finished=False)


def test_talk_about_the_model_itself_is_dropped() -> None:
    check("As an AI language model I cannot run code. It builds an address.", "It builds an address.")


def test_code_blocks_and_headings_are_left_out() -> None:
    check("# Answer\n```python\nurl_for()\n```\nIt builds an address.", "It builds an address.")


def test_reasons_are_counted() -> None:
    dropped = ground("It calls `nowhere`. It waits 99 seconds for it.", IDENTIFIERS, CONTEXT, True).dropped
    assert dropped == {"unknown identifier": 1, "unknown number": 1}


@given(st.text(max_size=400))
def test_nothing_that_is_kept_names_an_unknown_identifier(text: str) -> None:
    kept = ground(text, IDENTIFIERS, CONTEXT, True).text
    for mention in mentions(kept or ""):
        assert all(part in IDENTIFIERS for part in IDENTIFIER.findall(mention)) or mention in ("e.g", "i.e")


@given(st.lists(st.sampled_from(["It builds an address.", "`made_up` runs.", "It ends after 77 days."]), max_size=8))
def test_grounding_again_changes_nothing(parts: list[str]) -> None:
    once = ground(" ".join(parts), IDENTIFIERS, CONTEXT, True).text
    assert once is None or ground(once, IDENTIFIERS, CONTEXT, True).text == once


def test_sentences_are_split_at_their_ends_and_not_inside_numbers() -> None:
    assert sentences("It takes 1.5 s. Then it stops.") == ["It takes 1.5 s.", "Then it stops."]
    assert re.match(r"It", sentences("- It works.")[0])


@pytest.mark.parametrize(
    "sentence",
    ["The `bind` function builds an address.", "You should use `bind` for addresses.", "url_map is an address book."],
)
def test_a_sentence_about_another_symbol_is_dropped(sentence: str) -> None:
    assert ground(sentence, IDENTIFIERS, CONTEXT, True, about="url_for").text is None


@pytest.mark.parametrize(
    "sentence",
    [
        "The `url_for` function builds an address.",
        "It uses `url_map` for that.",
        "A caller of `url_for` gets an address.",
    ],
)
def test_a_sentence_about_the_symbol_itself_is_kept(sentence: str) -> None:
    assert ground(sentence, IDENTIFIERS, CONTEXT, True, about="url_for").text == sentence


def test_a_result_of_what_returns_nothing_is_dropped() -> None:
    text = "It closes the lane. It returns a new lane. It returns nothing."
    assert (
        ground(text, IDENTIFIERS, CONTEXT, True, returns_nothing=True).text == "It closes the lane. It returns nothing."
    )
    assert ground(text, IDENTIFIERS, CONTEXT, True).text == text


@pytest.mark.parametrize(
    "claim",
    [
        "It uses a lambda function for that.",
        "It is decorated for speed.",
        "It uses a while loop to wait.",
        "It works asynchronously.",
    ],
)
def test_a_construct_that_the_code_does_not_have_is_dropped(claim: str) -> None:
    check(f"It builds an address. {claim}", "It builds an address.")
    assert ground(claim, IDENTIFIERS, f"{CONTEXT}\n@x\nwhile lambda: async", True).text == claim
