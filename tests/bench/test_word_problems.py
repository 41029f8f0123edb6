"""Context and question apart, answers read strictly, and every published form of the problems."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.problems import (
    JUGGLER,
    holds,
    is_right,
    number_text,
    read_answer,
    read_situations,
    sample,
    sentences,
    split_problem,
)
from forethought.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tom has $1.50. Ann has 3.5 more. How much?", ["Tom has $1.50.", "Ann has 3.5 more.", "How much?"]),
        ("Mr. Lee came at 7 a.m. Monday. He left.", ["Mr. Lee came at 7 a.m. Monday.", "He left."]),
        ('He said "Go!" Then he left.', ['He said "Go!"', "Then he left."]),
        ("It weighs 30 lbs. They eat.Then they sleep.", ["It weighs 30 lbs. They eat.", "Then they sleep."]),
        ("One. 2 more come. $5 are left.", ["One.", "2 more come.", "$5 are left."]),
        ("no end", ["no end"]),
        ("", []),
    ],
)
def test_sentences(text, expected):
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("problem", "context", "question"),
    [
        ("A has 2.5 kg. B has 3. How much is it?", "A has 2.5 kg. B has 3.", "How much is it?"),
        ("A has 2. Calculate the sum.", "A has 2.", "Calculate the sum."),
        ("A has 2. How much is it? (Round to 1.)", "A has 2.", "How much is it? (Round to 1.)"),
        ("What is 2 + 2?", "", "What is 2 + 2?"),
        ("Is it? No. How many?", "Is it? No.", "How many?"),
    ],
)
def test_the_question_is_what_asks_last(problem, context, question):
    assert split_problem(problem) == (context, question)


@pytest.mark.slow
@given(st.text())
def test_splitting_loses_no_word(text):
    assert "".join("".join(split_problem(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is 18.", 18), ("the answer is: $1,234.50", 1234.5), ("The answer is -5 degrees.", -5),
        ("2 + 2 = 4. The answer is 2 * 9 = 18 eggs.", 18), ("The answer is 3. No: the answer is 4.", 4),
        ("Answer: 3/4", 0.75), (r"so \boxed{204}", 204), (r"The answer is 3, \boxed{5}", 5), ("18 eggs", 18),
        ("12 and 13", None), ("", None), ("The answer is unknown.", None), ("The answer is 50%", 50), (".5", 0.5),
        ("The answer is 10-3 = 7", 7), ("The answer is\n\n42", 42), ("The answer is 1/0", None),
        ("The answer is 12. He has 5 left.", 12), ("It is 7. It is 7.", 7), ("3,4 or 5", None),
    ],
)  # fmt: skip
def test_an_answer_is_read_only_where_it_is_clear(text, answer):
    assert read_answer(text) == answer


@given(st.text())
def test_any_text_has_a_number_or_none(text):
    assert read_answer(text) is None or isinstance(read_answer(text), float)


@given(st.integers(-(10**6), 10**6), st.sampled_from(["The answer is {}.", "{}", r"\boxed{{{}}}", "The answer is ${}"]))
def test_what_is_written_is_read(value, form):
    assert is_right(form.format(number_text(float(value))), value)


@pytest.mark.parametrize(
    ("notes", "found"), [("2 * 9 = 18 eggs", True), ("180 eggs", False), ("$18.00", True), ("", False)]
)
def test_an_answer_stands_in_the_notes_or_not(notes, found):
    assert holds(notes, 18) is found


def test_the_demos_context_and_questions_are_read():
    juggler = read_situations(JUGGLER)[0]
    assert [query.answer for query in juggler.queries] == [10, 200, 600, 450, 150]


def published(tmp_path, *records, lines=True):
    file = tmp_path / "data.jsonl"
    file.write_text("\n".join(map(json.dumps, records)) if lines else json.dumps(list(records)), encoding="utf-8")
    return read_situations(file)


@pytest.mark.parametrize("lines", [True, False])
def test_stateful_gsm_symbolic_keeps_its_split(tmp_path, lines):
    record = {
        "question": "A has 2. B has 3. How many?",
        "answer": "2 + 3 = <<2+3=5>>5\n#### 5",
        "stateful_gsm_symbolic_context": "A has 2. B has 3.",
        "stateful_gsm_symbolic_question": "How many?",
    }
    (situation,) = published(tmp_path, record, lines=lines)
    assert (situation.context, situation.query.question, situation.query.answer) == (
        "A has 2. B has 3.",
        "How many?",
        5,
    )


def test_a_published_split_through_a_decimal_is_mended(tmp_path):
    record = {
        "question": "A pays $2.50. How much is 1.5 times that?",
        "answer": "#### 3.75",
        "stateful_gsm_symbolic_context": "A pays $2. 50. How much is 1.",
        "stateful_gsm_symbolic_question": "5 times that?",
    }
    (situation,) = published(tmp_path, record)
    assert situation.context == "A pays $2.50." and situation.query.question == "How much is 1.5 times that?"


@pytest.mark.parametrize("answer", [204, "204"])
def test_stateful_aime_has_whole_numbers_for_answers(tmp_path, answer):
    record = {"stateful_aime_context": "Let x be.", "stateful_aime_question": "Find x.", "answer": answer}
    (situation,) = published(tmp_path, record)
    assert situation.query.answer == 204


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", "3", '{"question": "A. B?"}', '{"question": "A. B?", "answer": "x"}']
)
def test_another_file_is_refused_in_words(tmp_path, text):
    file = tmp_path / "data"
    file.write_text(text)
    with pytest.raises(UsageError):
        read_situations(file)


def test_a_larger_sample_adds_to_a_smaller():
    assert sample(range(100), 5, 1) == sample(range(100), 9, 1)[:5]
    assert sample(range(100), 5, 2) != sample(range(100), 5, 1)
    assert len(sample(range(100), 0, 1)) == 100
