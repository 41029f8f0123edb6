"""A question is understood whole or not at all."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forethought.qa.intent import closest_names, named_in, read_intent, same_question
from support.properties import examples


@pytest.mark.parametrize(
    ("question", "aspect", "name"),
    [
        ("who calls greet?", "callers", "greet"),
        ("Where is `find_root` used?", "callers", "find_root"),
        ("which functions call Session.add_root", "callers", "Session.add_root"),
        ("what does greet call?", "calls", "greet"),
        ("what exceptions can parse raise?", "raises", "parse"),
        ("Does parse() throw any errors?", "raises", "parse"),
        ("which tests cover parse_args()?", "tests", "parse_args"),
        ("where is Flask.route defined?", "location", "Flask.route"),
        ("what are the parameters of the function greet?", "parameters", "greet"),
        ("who last changed greet?", "last_change", "greet"),
        ("what does Session inherit from?", "bases", "Session"),
        ("what methods does Session have?", "members", "Session"),
        ("please tell me what does greet do", "purpose", "greet"),
        ("What is `Session` for?", "purpose", "Session"),
        ("what does greet return?", "returns", "greet"),
        ("when should I use greet?", "when", "greet"),
        ("how do I use Session?", "how", "Session"),
        ("what does src/requests/api.py define?", "members", "src/requests/api.py"),
    ],
)
def test_a_question_gives_its_aspect_and_its_symbol(question: str, aspect: str, name: str) -> None:
    intent = read_intent(question)
    assert intent is not None
    assert (intent.aspect, intent.name) == (aspect, name)


@pytest.mark.parametrize("question", ["what does this do?", "who calls it", "explain this function"])
def test_a_pointing_word_means_the_place_that_was_asked_from(question: str) -> None:
    intent = read_intent(question)
    assert intent is not None
    assert intent.name is None
    assert not intent.of_file


def test_this_file_means_the_file() -> None:
    intent = read_intent("what does this file do?")
    assert intent is not None
    assert intent.of_file


@pytest.mark.parametrize(
    "question",
    [
        "why does greet not return?",
        "who calls greet and farewell?",
        "what does greet return when the name is empty?",
        "what does greet do differently from farewell?",
        "who does not call greet?",
        "how do I use greet without a name?",
        "where is greet defined and why",
        "",
        "?",
    ],
)
def test_a_question_with_anything_left_over_is_not_matched(question: str) -> None:
    assert read_intent(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "who calls `greet`",
        "what does `greet` return",
        "which tests cover `greet`",
        "what does `greet` raise",
        "where is `greet` defined",
        "who last changed `greet`",
        "what parameters does `greet` take",
        "what are the subclasses of `Greeter`",
    ],
)
@pytest.mark.parametrize(
    "more",
    ["and why", "if it is empty", "besides `part`", "without a name", "instead of `part`", "recursively", "twice"],
)
def test_a_word_too_many_leaves_a_question_unmatched(question: str, more: str) -> None:
    assert read_intent(f"{question}?") is not None
    assert read_intent(f"{question} {more}?") is None


@pytest.mark.parametrize("word", ["not", "never", "rarely", "only", "hardly"])
def test_a_negation_leaves_a_question_unmatched(word: str) -> None:
    for question in ("who {} calls `greet`?", "what does `greet` {} return?", "which tests {} cover `greet`?"):
        assert read_intent(question.format(word)) is None


@pytest.mark.parametrize(
    ("question", "aspect"),
    [
        ("who clals greet?", "callers"),
        ("waht does greet return?", "returns"),
        ("what execptions does greet raise?", "raises"),
        ("list the paramters of greet", "parameters"),
    ],
)
def test_a_slip_of_the_keys_is_read_over(question: str, aspect: str) -> None:
    intent = read_intent(question)
    assert intent is not None
    assert (intent.aspect, intent.name) == (aspect, "greet")


@pytest.mark.parametrize("question", ["which texts use greet?", "is greet nested?", "who walls greet?"])
def test_another_word_is_no_slip(question: str) -> None:
    assert read_intent(question) is None


def test_the_same_words_are_the_same_question() -> None:
    assert same_question("Does `greet` keep state?", "please, does greet keep state", "greet")
    assert same_question("Does `greet` keep state?", "does it keep state?", "greet")
    assert not same_question("Does `greet` keep state?", "Does `greet` lose state?", "greet")
    assert not same_question("Does `greet` call before `part`?", "does part call before greet", "greet")
    assert not same_question("Does `greet` keep state?", "does greet not keep state", "greet")


ASKED = (
    "who calls `greet`",
    "what does `greet` return",
    "which tests cover `greet`",
    "what does `greet` raise",
    "where is `greet` defined",
    "what parameters does `greet` take",
    "what does `greet` do",
    "who last changed `greet`",
    "what does `greet` return and raise",
)
LEADS = (
    "",
    "hey, ",
    "I wonder ",
    "quick question: ",
    "sorry, but ",
    "could you tell me ",
    "LGTM, but ",
    "do you know ",
)
ENDS = ("", " please", ", thanks", ", can you remind me")
CONDITIONS = (
    "if it is empty",
    "when it fails",
    "unless it is empty",
    "without a name",
    "before v2",
    "in Java",
    "at runtime",
    "only once",
    "in a loop",
    "except in tests",
    "twice",
    "by accident",
)
SECONDS = (
    "and `other`",
    "or `other`",
    "but not `other`",
    "instead of `other`",
    "like `other`",
    "via `other`",
    "and why",
)
FIRSTS = (
    "why",
    "not",
    "if it fails,",
    "in Java,",
    "without `other`,",
    "unlike `other`,",
    "assuming no error,",
    "only in tests:",
    "before v2,",
    "do we check whether",
    "I doubt that",
)


@given(st.sampled_from(ASKED), st.sampled_from(LEADS), st.sampled_from(ENDS))
def test_talk_around_a_question_changes_nothing_in_what_it_asks(asked: str, lead: str, end: str) -> None:
    assert read_intent(f"{lead}{asked}{end}?") == read_intent(asked) is not None


@given(
    st.sampled_from(ASKED),
    st.sampled_from(LEADS),
    st.sampled_from(("", *FIRSTS)),
    st.sampled_from(("", *CONDITIONS, *SECONDS)),
    st.sampled_from(("", ",")),
)
def test_a_condition_a_negation_or_another_symbol_leaves_no_match(
    asked: str, lead: str, first: str, last: str, comma: str
) -> None:
    if first or last:
        assert read_intent(f"{lead}{first} {asked}{comma if last else ''} {last}?") is None


@given(st.sampled_from(ASKED), st.sampled_from(("not", "never", "hardly", "no longer", "only", "neither")), st.data())
def test_a_negation_anywhere_leaves_no_match(asked: str, negation: str, data: st.DataObject) -> None:
    words = asked.split()
    words.insert(data.draw(st.integers(0, len(words))), negation)
    assert read_intent(f"{' '.join(words)}?") is None


@pytest.mark.parametrize(
    "question",
    [
        "what does the next function return?",
        "who calls the function below?",
        "who calls this function first?",
        "in theory, who calls it?",
        "hypothetically, what does this return?",
        "callers, safely?",
        "in `greet`, who calls this?",
        "which tests are slow?",
        "do we check whether `greet` raises `ValueError`?",
        "what does `greet(None)` return?",
        "what does `greet('abc')` return?",
    ],
)
def test_what_only_looks_like_a_name_or_a_question_is_not_matched(question: str) -> None:
    assert read_intent(question) is None


@pytest.mark.parametrize(
    ("question", "aspects"),
    [
        ("what does `greet` return and raise?", ("returns", "raises")),
        ("who calls `greet` and which tests cover it?", ("callers", "tests")),
        ("Who calls `greet`? What does it return?", ("callers", "returns")),
        ("the callers and tests of `greet`", ("callers", "tests")),
    ],
)
def test_two_facts_may_be_asked_of_one_symbol(question: str, aspects: tuple[str, str]) -> None:
    intent = read_intent(question)
    assert intent is not None and intent.also is not None
    assert (intent.aspect, intent.also.aspect) == aspects
    assert intent.name == intent.also.name == "greet"


@pytest.mark.parametrize("question", ["what does `greet(name, loudly)` return?", "what does `greet(...)` return?"])
def test_a_call_with_the_names_of_its_parameters_names_the_function(question: str) -> None:
    intent = read_intent(question)
    assert intent is not None and intent.name == "greet"


SCRAPS = (
    "who what which where does is the a of in by calls called use tests raise return default class function this it "
    "its if not and or whether before greet `greet` Session.send src/a.py foo::bar 's don't ? , . : - ( ` "
    "@ @0 ’s \ud800"
)
WORDS = st.sampled_from(SCRAPS.split())
ANY_TEXT = (
    st.text(st.characters(exclude_categories=()), max_size=300)
    | st.lists(WORDS, max_size=70).map(" ".join)
    | st.lists(WORDS, max_size=12).map("".join)
)


class Defines:
    """An index that defines every name, or none."""

    def __init__(self, everything: bool) -> None:
        self._everything = everything

    def defines(self, name: str) -> bool:
        return self._everything

    def has_file(self, name: str) -> bool:
        return self._everything


@settings(max_examples=examples(300))
@given(ANY_TEXT, st.none() | st.booleans().map(Defines))
@example("@?'s", None)
@example("'s(?it", Defines(True))
@example("f: 's", Defines(True))
def test_any_text_is_read_without_an_error(text: str, known: Defines | None) -> None:
    intent = read_intent(text, known)
    assert intent is None or intent.aspect
    assert same_question(text, text, "greet") in (True, False)
    assert all(named_in(text))


@pytest.mark.parametrize("question", ["who calls @?", "what does @ return?", "where is the function @ defined?"])
def test_a_sign_that_marks_names_inside_the_parser_is_no_name_in_a_question(question: str) -> None:
    assert read_intent(question) is None


@pytest.mark.parametrize("part", ["a", "`", "who calls ", "the ", "'s ", "x.", "::", "((", "is a function called "])
def test_a_long_text_is_left_alone(part: str) -> None:
    assert read_intent(part * 5000) is None
    assert read_intent(part * (300 // len(part))) is None


def test_close_spellings_are_offered() -> None:
    assert closest_names("gret", ["greet", "farewell"]) == ["greet"]
    assert closest_names("zzz", ["greet"]) == []


def test_marked_names_come_first() -> None:
    assert next(named_in("does the parser use `read_line` twice")) == "read_line"


class _Names:
    """An index in which these names are defined."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def defines(self, name: str) -> bool:
        return name in self._names

    def has_file(self, name: str) -> bool:
        return False


def test_words_about_behavior_take_nothing_away_from_other_questions() -> None:
    names = _Names("f", "network", "log", "empty")
    for question, aspect, name, other in [
        ("does f use network?", "calls", "f", "network"),
        ("who calls log?", "callers", "log", None),
        ("what does empty return?", "returns", "empty", None),
        ("does f use the network?", "effects", "f", "network"),
        ("does f log?", "effects", "f", "log"),
    ]:
        intent = read_intent(question, names)
        assert intent is not None and (intent.aspect, intent.name, intent.other) == (aspect, name, other)


@pytest.mark.parametrize("written", ["None", "`None`", "missing", "not given", "empty"])
def test_a_name_under_a_condition_needs_no_marks(written: str) -> None:
    intent = read_intent(f"what happens if the header is {written}?")
    assert intent is not None and (intent.aspect, intent.name, intent.other) == ("cases", None, "header")
