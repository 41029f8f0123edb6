"""Questions in words that no rule knows: read if that is certain, else offered as readings, never guessed."""

import json
from pathlib import Path

import pytest

from benchmarks.harness.reader_fitting import HeldOut, calibrate, measure
from benchmarks.measures import questions
from forethought.present.answer_document import answer_document
from forethought.present.location_encoder import LocationEncoder
from forethought.qa.reader import plausibility
from forethought.qa.reader.asking_clauses import clauses, with_subject
from forethought.qa.reader.classifier import Evidence, Prediction, confidence, shipped, surest
from forethought.qa.reader.features import with_words_spelled_out, words_of
from forethought.qa.reader.labeled_questions import LabeledQuestion, labeled_questions, with_pairs_joined
from forethought.qa.reader.labels import LABELS, OPEN
from forethought.qa.reader.masking import masked
from forethought.qa.reader.question_reader import MAX_SUGGESTIONS, allowed_labels
from forethought.syntax.symbol_kinds import SymbolKind
from support.repository import make_repository
from support.session_world import SessionWorld, ask

KINDS: dict[str, SymbolKind] = {
    "secho": "function",
    "launch": "function",
    "pause": "function",
    "style": "function",
    "get": "method",
    "Client": "class",
    "Client.get": "method",
    "LIMIT": "constant",
}
PARAMETERS = {
    "secho": {"message", "color", "err"},
    "pause": {"style"},
    "launch": {"url", "wait"},
    "Client.get": {"timeout"},
}
SHOP = '''"""Sells things."""

LIMIT = 3


class PaymentError(Exception):
    """The money did not arrive."""


class Base:
    name: str = "base"

    def send(self, cents: int) -> str:
        raise PaymentError(cents)


class Card(Base):
    def send(self, cents: int) -> str:
        try:
            return pay(cents)
        except PaymentError:
            return ""


def pay(cents: int, currency: str = "EUR", retries=LIMIT) -> str:
    return str(cents)


def refund(cents: int) -> str:
    return pay(-cents, "USD")


def _hidden() -> None:
    pay(1)
'''
TEST = "from shop import pay\n\n\ndef test_pay() -> None:\n    assert pay(1)\n"


class Names:
    """An index of a few names."""

    def defines(self, name: str) -> bool:
        return name in KINDS

    def has_file(self, name: str) -> bool:
        return name == "api.py"

    def kinds(self, name: str | None) -> set[SymbolKind]:
        return {KINDS[name]} if name in KINDS else set()

    def is_called(self, name: str) -> bool:
        return name == "open"

    def parameters(self, name: str | None) -> set[str]:
        return PARAMETERS.get(name or "", set())


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("secho - color defaults to what?", "S , P defaults to what"),
        ("If I leave out wait when calling launch, what is used?", "if i leave out P when calling S , what is used"),
        ("style: where is that declared", "S , where is that declared"),
        ("timeout of the method get of Client", "P of the method S"),
        ("does launch call pause?", "does S call T"),
        ("where are pause and launch?", "where are SS"),
        ("does secho raise KeyError?", "does S raise E"),
        ("who raises KeyError", "who raises S"),
        ("contents of api.py", "contents of F"),
        ("default of no_such in secho", "default of P in S"),
        ("in api.py, what does launch return?", "what does S return"),
        ("in the class Client, which timeout has get?", "which P has S"),
        ("style in pause", "P in S"),
    ],
)
def test_names_are_masked_by_what_the_index_knows(question: str, expected: str) -> None:
    found = masked(question, Names(), {"get", "wait", "style", "color", "where", "default"}, points=False)
    assert expected in [" ".join(item.words) for item in found]


@pytest.mark.parametrize(
    ("label", "question", "is_plausible"),
    [
        ("default", "default of wait in launch", True),
        ("default", "default of no_such in launch", False),
        ("cases", "what does launch do if no_such is missing", False),
        ("calls/one", "does launch call pause", True),
        ("calls/one", "does launch call `open`", True),
        ("calls/one", "does launch call `no_such`", False),
        ("calls/one", "does LIMIT call launch", False),
        ("calls/swap", "is LIMIT called by launch", False),
        ("calls/swap", "is pause called by launch", True),
        ("raises/one", "does launch raise KeyError", True),
        ("raises/one", "does launch raise onError", False),
        ("bases/one", "does Client inherit from pause", False),
        ("bases/one", "does Client inherit from `Mapping`", True),
        ("subclasses", "subclasses of pause", False),
        ("subclasses", "subclasses of Client", True),
        ("parameters", "parameters of LIMIT", False),
        ("setters", "who sets pause", False),
        ("readers", "who reads LIMIT", True),
        ("callers", "who calls api.py", False),
        ("callers", "who uses api.py", True),
        ("returns", "what does `gone` return", True),
    ],
)
def test_a_reading_makes_sense_for_what_the_names_mean(label: str, question: str, is_plausible: bool) -> None:
    slot = LABELS[label].slot
    ways = [way for way in masked(question, Names(), set(), points=False) if {*way.names} == ({slot} - {""})]
    assert ways
    assert {plausibility.is_plausible(label, way, Names()) for way in ways} == {is_plausible}


def test_a_part_of_a_hyphenated_word_is_no_name() -> None:
    assert masked("who maintains the p-launch package", Names(), set(), points=False) == []
    assert masked("the launch-based one", Names(), set(), points=False) == []


def test_slashes_between_words_join_no_path_and_hyphens_may_be_in_the_name_of_a_file() -> None:
    assert with_words_spelled_out("does f log, y/n") == "does f log, y or n"
    assert with_words_spelled_out("f w/o src/a/b.py, lib/x.ts") == "f without src/a/b.py, lib/x.ts"
    assert with_words_spelled_out("where in lru-cache.test.ts") == "where in `lru-cache.test.ts`"


def test_a_file_that_a_symbol_is_in_says_which_one_is_meant() -> None:
    found = masked("in api.py, what does launch return?", Names(), set(), points=False)
    assert {item.subject.in_file for item in found} == {None, "api.py"}


def test_a_question_without_a_known_name_is_not_masked() -> None:
    assert masked("how is the weather in general?", Names(), {"weather"}, points=False) == []


def test_the_labeled_questions_have_known_labels_and_voices() -> None:
    questions = list(labeled_questions())
    assert len(questions) > 1500
    assert {question.label for question in questions} == {*LABELS, OPEN}
    assert len({question.voice for question in questions}) > 8


@pytest.mark.parametrize("name", LABELS)
def test_the_question_of_each_reading_is_read_as_that(name: str) -> None:
    classifier, fitted = shipped()
    label = LABELS[name]
    subject = "F" if name in ("members/function", "members/class", "exports") else "S"
    words = words_of(with_pairs_joined(label.question.format(name=subject, other=label.slot or "T")))
    prediction = classifier.predict(words, allowed_labels)[0]
    assert prediction.label == name
    assert not prediction.is_guarded
    assert classifier.has_learned(words, name)
    assert confidence(prediction, fitted) >= fitted.threshold


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("I'm about to touch S, who calls it", "who calls S"),
        ("the build is red again so where is S defined", "where is S defined"),
        ("where is S defined cuz I can't find it", "where is S defined"),
        ("what does S return pls", "what does S return"),
        ("got an error, what is the default of P in S?", "what is the default of P in S"),
    ],
)
def test_context_around_a_question_is_left_out(question: str, expected: str) -> None:
    words = words_of(question)
    assert expected in [" ".join(with_subject(words[start:end], words)) for start, end in clauses(words)]


def test_a_clause_has_all_names_of_the_question() -> None:
    words = words_of("where is S, and does it take P?")
    assert all("P" in words[start:end] for start, end in clauses(words))


def test_a_clause_leaves_out_names_that_nobody_knows() -> None:
    words = words_of("U in the console, what does S return")
    assert "what does S return" in [" ".join(words[start:end]) for start, end in clauses(words)]


def test_a_clause_about_the_file_alone_is_none_if_a_symbol_is_asked_about() -> None:
    words = words_of("what is in F, and is S good?")
    assert all("S" in words[start:end] for start, end in clauses(words))


def test_labeled_questions_name_the_subject_first() -> None:
    for question in labeled_questions():
        marks = [word for word in words_of(question.text) if word in ("S", "T")]
        assert not marks or marks[0] == "S" or "S" not in marks, question


@pytest.mark.parametrize(
    "question",
    [
        "tell me where S lives, also what it raises",
        "who calls S? why does it exist?",
        "where is S, and list only its public methods",
    ],
)
def test_no_part_is_sure_if_the_rest_asks_or_restricts(question: str) -> None:
    classifier, fitted = shipped()
    words = words_of(question)
    best = surest(classifier.predict(words, allowed_labels), fitted)
    assert best is None or confidence(best, fitted) < fitted.threshold


def test_without_is_no_name() -> None:
    assert words_of("params w/o a default in S") == words_of("params without a default in S")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("I'm about to touch refund, who tests it?", "not reached by any test"),
        ("build's red again, what does pay return? thx", "`str`"),
        ("new to this repo. where does refund live, can't find it", "shop.py:29"),
        ("params w/o a default on pay", "cents"),
        ("Point me at the definition of refund", "shop.py:29"),
        ("declared return type of refund", "`str`"),
        ("pay - currency defaults to what?", '`"EUR"`'),
        ("If I leave out currency when calling pay, what is used?", '`"EUR"`'),
        ("refund: where is that declared", "shop.py:29"),
        ("which base class has Card", "`Base`"),
        ("Who raises PaymentError?", "Base.send"),
        ("Who catches PaymentError?", "Card.send"),
        ("What overrides or implements Base.send?", "Card.send"),
        ("What does Card.send override?", "Base.send"),
        ("Which parameters of pay are required?", "1 of 3 parameters"),
        ("Which parameters of pay are optional?", "2 of 3 parameters"),
        ("What is the type of currency in pay?", "currency: str"),
        ("Is _hidden public or private?", "`_hidden` is private by convention"),
        ("What is the value of LIMIT?", "LIMIT = 3"),
        ("Where is Base.name set?", "`Base.name` is not set"),
        ("Which functions assign a value to Base.name?", "`Base.name` is not set"),
        ("who reads LIMIT", "`LIMIT` is read in 1 place"),
        ("Which fields does Base have?", "name"),
        ("What does shop.py export?", "def refund"),
        ("Who calls pay outside of tests?", "refund"),
        ("Where in the tests is pay called?", "test_pay"),
        ("Where are pay and refund defined?", "shop.py:25"),
        ("How do the signatures of pay and refund differ?", "only `pay` takes"),
        ("Is Base a base class of Card?", "Yes"),
        ("is Base the parent of Card?", "Yes"),
        ("In shop.py, what does refund return?", "`str`"),
        ("In the class Card, what does send catch?", "PaymentError"),
        ("Got NoSuchThing in the console. Where is refund defined?", "shop.py:29"),
    ],
)
def test_a_question_in_other_words_is_answered(world: SessionWorld, question: str, expected: str) -> None:
    world.write("shop.py", SHOP)
    world.write("test_shop.py", TEST)
    session, _ = world.prepared(think=False)
    answer = ask(session, question)
    assert answer.tier == "facts"
    assert expected in answer.text


@pytest.mark.slow
@pytest.mark.parametrize(
    "question",
    [
        "why is refund so slow?",
        "should refund call pay?",
        "who doesn't call pay?",
        "which functions never call pay",
        "who calls pay twice?",
        "is the default of currency in pay sensible?",
        "non-dunder methods on Base",
        "fields of Base excluding the inherited ones",
        "name the file on disk that refund opens",
        "I'm about to change refund, why does it exist?",
        "who calls pay? I don't care about refund",
        "what is the best way to test refund?",
        "what does refund not call?",
        "which functions are not called by refund?",
        "in other.py, is refund hard to understand?",
    ],
)
def test_a_question_that_no_fact_answers_ends_in_what_can_be_asked(world: SessionWorld, question: str) -> None:
    world.write("shop.py", SHOP)
    session, workspace = world.open(engine=False)
    workspace.refresh()
    answer = ask(session, question)
    assert answer.tier == "none"
    assert 0 < len(answer.suggestions) <= MAX_SUGGESTIONS
    for suggestion in answer.suggestions:
        assert ask(session, suggestion.question).tier == "facts"


@pytest.mark.slow
def test_what_was_understood_is_said_unless_it_was_said_word_for_word(world: SessionWorld) -> None:
    world.write("shop.py", SHOP)
    session, _ = world.prepared(think=False)
    answer = ask(session, "If I leave out currency when calling pay, what is used, please?")
    assert answer.read_as == "default of `currency` in `pay`"
    assert answer.text.startswith("_Read as: default of `currency` in `pay`._")
    assert ask(session, "Who calls pay?").read_as is None


@pytest.mark.slow
def test_the_chat_result_holds_the_readings_and_what_was_understood(world: SessionWorld) -> None:
    world.write("shop.py", SHOP)
    session, workspace = world.open(engine=False)
    workspace.refresh()
    unsure = answer_document(ask(session, "why is refund so slow?"), LocationEncoder())
    assert [sorted(reading) for reading in unsure["readings"]] == [["question", "text"]] * len(unsure["readings"])
    assert "`refund` is a function in shop.py" in unsure["answer"]
    sure = answer_document(
        ask(session, "If I leave out currency when calling pay, what is used, please?"), LocationEncoder()
    )
    assert sure["readAs"] == "default of `currency` in `pay`"
    assert "readings" not in sure


def test_the_threshold_holds_for_each_voice() -> None:
    def predicted(voice: str, log_odds: float, is_right: bool) -> HeldOut:
        evidence = Evidence(log_odds, 0.5, 0.1, 0, log_odds)
        prediction = Prediction("calls", 0.9, evidence, False, ())
        return HeldOut(LabeledQuestion(voice, "calls" if is_right else "docs", "what does S do"), [prediction])

    plain = [predicted("plain", 5 + at / 100, True) for at in range(100)]
    odd = [predicted("odd", 4.5 + at / 100, at % 4 > 0) for at in range(80)]
    fitted = calibrate([*plain, *odd], precision=0.9)
    assert measure(plain + odd, fitted).precision >= 0.9
    assert not measure(odd, fitted).wrong or measure(odd, fitted).precision >= 0.9
    assert measure(plain + odd, calibrate([*plain, *odd], precision=0.5)).recall > measure(plain + odd, fitted).recall


@pytest.mark.slow
def test_the_benchmark_scores_labeled_questions(tmp_path: Path) -> None:
    make_repository(tmp_path / "shop", {"shop.py": SHOP})
    cases = [
        {"repo": "shop", "question": "who calls pay?", "kind": "fact", "must": ["refund"], "must_not": []},
        {"repo": "shop", "question": "who calls refund?", "kind": "fact", "must": ["no such thing"], "must_not": []},
        {"repo": "shop", "question": "why does refund exist?", "kind": "open", "must": [], "must_not": []},
        {"repo": "shop", "question": "who calls `rfund`?", "kind": "absent", "must": [], "must_not": []},
        {"repo": "shop", "question": "what does send return?", "kind": "negation", "must": ["str"], "must_not": []},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    report = questions.run(file, tmp_path)
    assert report.data["wrong"] == ["who calls refund?"]
    assert report.data["recall"] == 0.5
    assert report.data["ambiguous"] == 1
    assert ("negation", 1, 0, 0, 1, 0) in report.tables[0].rows
