"""Sentences that may not be kept, whatever is estimated of them, and why."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.insights.claims import states_condition
from forethought.insights.context import IDENTIFIER, Context
from forethought.insights.grounding import fault, mentions, sentences

OWN = '''def url_for(self, endpoint: str, *, retries: int = 30) -> str:
    """Builds the address of an endpoint. Returns None if the endpoint is not known. Uses `old_map` no longer."""
    if endpoint not in self.url_map:
        raise LookupError(endpoint)
    return self.url_map.bind(endpoint, limit=250)'''


def context(own: str = OWN, **changes: Any) -> Context:
    text = f"```python\n{own}\n```"
    return replace(
        Context(
            context_hash="5" * 64,
            language="python",
            kind="method",
            name="App.url_for",
            text=text,
            identifiers=frozenset(IDENTIFIER.findall(f"{text} App url_for")),
            callees={},
            doc="Builds the address of an endpoint. Returns None if the endpoint is not known.",
            parameters=("self", "endpoint: str", "*", "retries: int = 30"),
            returns="str",
            returned=("self.url_map.bind(endpoint, limit=250)",),
            raises=("LookupError",),
            own=own,
        ),
        **changes,
    )


CONTEXT = context()
IDENTIFIERS = CONTEXT.identifiers


def kept(text: str) -> list[str]:
    return [sentence for sentence in sentences(text) if fault(sentence, CONTEXT) is None]


def check(text: str, expected: str | None) -> None:
    assert kept(text) == (sentences(expected) if expected else [])


def check_claim(sentence: str, expected: str | None, **changes: Any) -> None:
    """The reason for which a single sentence is dropped; None when it is kept."""
    assert fault(sentence, context(**changes)) == expected


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
    sentence = "It binds the address of an endpoint with a limit of 250."
    check(sentence, sentence)


@pytest.mark.parametrize(("hashing", "expected"), [("sha256_utf8(x)", None), ("md5(x)", "unknown number")])
def test_a_number_may_belong_to_a_name_of_the_code(hashing: str, expected: str | None) -> None:
    own = OWN.replace("endpoint, limit", f"{hashing}, limit")
    check_claim("It builds the address of an endpoint with SHA-256.", expected, own=own, text=own)


def test_to_say_use_of_the_symbol_itself_claims_nothing_of_what_it_uses() -> None:
    check_claim("Use `App.url_for` to build the address of an endpoint.", None)
    check_claim("Builds the address of an endpoint and uses `old_map`.", "contradicts what is used")


def test_an_error_is_raised_by_others() -> None:
    own = 'class MissingError(Exception):\n    """Raised for an endpoint that is not known."""'
    changes = {"kind": "class", "name": "MissingError", "raises": (), "parameters": (), "own": own, "text": own}
    changes["identifiers"] = frozenset(IDENTIFIER.findall(f"{own} MissingError"))
    check_claim("`MissingError` is raised for an endpoint that is not known.", None, doc=None, **changes)


def test_a_model_caught_in_a_loop_is_dropped() -> None:
    check("It is the end of the road is the end of the road is the end of the road is the end of the road.", None)


def test_a_sentence_that_was_cut_off_is_dropped() -> None:
    check("It builds an address. It then takes the", "It builds an address.")


def test_talk_about_the_model_itself_is_dropped() -> None:
    check("As an AI language model I cannot run code. It builds an address.", "It builds an address.")


def test_code_blocks_and_headings_are_left_out() -> None:
    check("# Answer\n```python\nurl_for()\n```\nIt builds an address.", "It builds an address.")


named = st.sampled_from(
    ["It uses `{}`.", "It calls {}() with `url_map`.", "See `{}`!", "{} is what it builds."]
).flatmap(lambda sentence: st.sampled_from(["url_map", "endpoint", "made_up", "oldMap"]).map(sentence.format))


@given(st.lists(named | st.text(max_size=40), max_size=6).map(" ".join))
def test_nothing_that_is_kept_names_an_unknown_identifier(text: str) -> None:
    for mention in mentions(" ".join(kept(text))):
        assert all(part in IDENTIFIERS for part in IDENTIFIER.findall(mention)) or mention in ("e.g", "i.e")


def test_sentences_are_split_at_their_ends_and_not_inside_numbers() -> None:
    assert sentences("It takes 1.5 s. Then it stops.") == ["It takes 1.5 s.", "Then it stops."]
    assert re.match(r"It", sentences("- It works.")[0])


@pytest.mark.parametrize(
    "sentence",
    ["The `bind` function builds an address.", "You should use `bind` for addresses.", "url_map is an address map."],
)
def test_a_sentence_about_another_symbol_is_dropped(sentence: str) -> None:
    check_claim(sentence, "about another symbol")


@pytest.mark.parametrize(
    "sentence",
    [
        "The `url_for` function builds an address.",
        "It uses `url_map` to build an address.",
        "A caller of `url_for` gets the address of an endpoint.",
    ],
)
def test_a_sentence_about_the_symbol_itself_is_kept(sentence: str) -> None:
    check_claim(sentence, None)


def test_a_result_of_what_returns_nothing_is_dropped() -> None:
    own = "def close(self) -> None:\n    self.lane.close()"
    nothing: dict[str, Any] = {
        "own": own,
        "text": own,
        "kind": "method",
        "name": "Lane.close",
        "doc": "Closes the lane.",
    }
    nothing |= {"returns_nothing": True, "returns": "None", "returned": ()}
    nothing["identifiers"] = frozenset({"close", "lane", "Lane"})
    check_claim("It returns a lane.", "contradicts the result", **nothing)
    check_claim("It closes the lane.", None, **nothing)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It returns the address of an endpoint as a string.", None),
        ("It returns nothing but the address.", "contradicts the result"),
        ("It returns early for a known endpoint.", None),
    ],
)
def test_what_is_returned_is_held_against_annotation_and_body(sentence: str, expected: str | None) -> None:
    check_claim(sentence, expected)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It builds the address of an endpoint and raises LookupError.", None),
        ("It raises KeyError for the endpoint.", "contradicts what is raised"),
        ("It never raises an error for the endpoint.", "contradicts what is raised"),
    ],
)
def test_what_is_raised_is_held_against_the_code(sentence: str, expected: str | None) -> None:
    check_claim(sentence, expected, identifiers=IDENTIFIERS | {"KeyError"})


def test_nothing_is_raised_where_the_body_raises_nothing() -> None:
    check_claim("It raises an error for the endpoint.", "contradicts what is raised", raises=())


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It takes two arguments to build the address of an endpoint.", None),
        ("It takes a single argument to build the address of an endpoint.", "contradicts the parameters"),
    ],
)
def test_parameters_are_held_against_the_signature(sentence: str, expected: str | None) -> None:
    check_claim(sentence, expected)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It is a method that builds the address of an endpoint.", None),
        ("It is a class that builds the address of an endpoint.", "contradicts the kind"),
        ("`url_for` is a built-in function for the address of an endpoint.", "contradicts the kind"),
    ],
)
def test_its_kind_is_held_against_the_symbol(sentence: str, expected: str | None) -> None:
    check_claim(sentence, expected)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It fails when the endpoint is known.", True),
        ("It is used to fail with an endpoint when no address fits.", True),
        ("It builds an address when there is nothing to bind.", False),
        ("Use it when you need the address of an endpoint.", False),
    ],
)
def test_what_happens_when_something_is_so_is_a_condition(sentence: str, expected: bool) -> None:
    assert states_condition(sentence) is expected


@pytest.mark.parametrize(
    ("sentence", "returns", "expected"),
    [
        ("It returns a function for the endpoint.", "func(string) string", None),
        ("It returns nothing for an unknown endpoint.", "str", "contradicts the result"),
        ("It returns nothing for an unknown endpoint.", "str | None", None),
        ("It builds the address once the endpoint has returned.", "None", None),
        ("It builds the address and the endpoint is returned.", "None", "contradicts the result"),
    ],
)
def test_what_is_said_of_the_result_is_held_against_its_type(sentence: str, returns: str, expected: str | None) -> None:
    nothing = returns == "None"
    check_claim(sentence, expected, returns=returns, returned=(), returns_nothing=nothing)


def test_what_only_the_docs_name_is_not_called_used() -> None:
    check_claim("It uses `old_map` to build the address of an endpoint.", "contradicts what is used")
    check_claim("It uses `url_map` to build the address of an endpoint.", None)


def test_what_is_quoted_stands_in_the_code() -> None:
    check("It builds an address. It says 'not there at all' for the endpoint.", "It builds an address.")
