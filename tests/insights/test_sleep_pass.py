"""One symbol, a scripted model: what is asked, what survives each round, what is stored."""

from dataclasses import replace

import pytest

from forethought.engine.api import CancelToken
from forethought.errors import Cancelled, ContextOverflow, EngineError
from forethought.insights.entry import Entry, PredictedQuestion, text_digest
from forethought.insights.prompts import FINISHED, REMOVED, question_prompt
from forethought.insights.question_predictor import asks_about
from forethought.insights.reliability import Counts, Reliability
from forethought.insights.sleep_pass import Method, PassOptions, Thought, generator_id_of, think
from support.fake_engine import FAKE_INFO, FakeEngine
from support.indexing import context_of

SOURCE = '''
    def helper(text):
        return text

    def clean(text: str, mark: str = "#") -> str:
        """Strips white space off raw input text."""
        if not text:
            raise ValueError(text)
        return helper(text).strip()
'''
CONTEXT = context_of(SOURCE, "clean")
PURPOSE = "It strips the white space off the raw input text."
WHEN = "Use it on raw input text."
CALLER = "The raw text is cleaned with the helper."
GOOD = (PURPOSE, WHEN, CALLER)
KNOWN = ("It returns `helper(text).strip()`, as `str`.", "It raises `ValueError` under `if not text`.")


def run(
    engine: FakeEngine,
    method: Method | None = None,
    options: PassOptions | None = None,
    stages: list[Entry] | None = None,
) -> Thought:
    keep = [] if stages is None else stages
    return think(CONTEXT, engine, method or Method(), options or PassOptions(), CancelToken(), keep.append)


def by_model(thought: Thought) -> list[str]:
    return [item.answer for item in thought.entry.insights.questions if item.basis == "model"]


def test_each_answer_finds_its_place() -> None:
    thought = run(FakeEngine(GOOD))
    assert thought.entry.insights.summary == PURPOSE
    assert thought.entry.insights.inferences == (CALLER,)
    assert by_model(thought) == list(GOOD)


def test_questions_of_fact_are_answered_from_the_context_without_the_model() -> None:
    engine = FakeEngine(GOOD)
    questions = run(engine).entry.insights.questions
    assert {item.answer for item in questions if item.basis == "facts"} >= {*KNOWN, '`mark` defaults to `"#"`.'}
    assert sum(len(request.prompts) for request in engine.requests) == len(asks_about(CONTEXT))


def test_every_predicted_question_names_its_symbol_and_has_a_kind_and_a_predictability() -> None:
    questions = run(FakeEngine(GOOD)).entry.insights.questions
    assert all("`clean`" in item.question for item in questions)
    assert all(item.predictability is not None for item in questions)
    assert {item.kind for item in questions} == {"purpose", "when", "caller", "returns", "raises", "defaults"}


def test_an_endpoint_that_cannot_score_leaves_predictability_open() -> None:
    engine = FakeEngine(GOOD)
    engine.score_of = lambda prompt, text: None
    assert {item.predictability for item in run(engine).entry.insights.questions} == {None}


def test_ungrounded_answers_are_dropped_and_counted() -> None:
    thought = run(FakeEngine((PURPOSE, "Call `vanish` on raw input text.", CALLER)))
    assert WHEN not in by_model(thought)
    assert thought.dropped["unknown identifier"] == 1


def test_a_summary_that_says_less_than_the_docs_gives_way_to_their_words() -> None:
    thought = run(FakeEngine(("It checks the input.", *GOOD[1:])))
    assert thought.entry.insights.summary == "Strips white space off raw input text."
    summary = thought.entry.insights.questions[0]
    assert (summary.kind, summary.basis) == ("purpose", "facts")


def test_when_nothing_survives_the_entry_is_empty() -> None:
    bare = context_of("LIMIT = 30", "LIMIT")
    engine = FakeEngine(default="It calls `vanish` at once.")
    assert think(bare, engine, Method(), PassOptions(), CancelToken()).entry.outcome == "empty"


def test_a_text_that_was_called_wrong_does_not_come_back() -> None:
    thought = run(FakeEngine(GOOD), options=PassOptions(rejected=frozenset({text_digest(WHEN.upper())})))
    assert by_model(thought) == [PURPOSE, CALLER]


def test_the_same_sentence_is_not_kept_twice() -> None:
    assert by_model(run(FakeEngine((PURPOSE, PURPOSE, CALLER)))) == [PURPOSE, CALLER]


def test_what_does_not_fit_is_failed_with_its_reason() -> None:
    entry = run(FakeEngine([ContextOverflow("too long by 5 tokens")])).entry
    assert (entry.outcome, entry.reason) == ("failed", "too long by 5 tokens")


def test_an_engine_that_fails_says_so() -> None:
    with pytest.raises(EngineError, match="died"):
        run(FakeEngine([EngineError("the engine died")]))


def test_a_cancelled_pass_gives_nothing_back() -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        think(CONTEXT, FakeEngine(GOOD), Method(), PassOptions(), cancel)


# Rounds


def test_a_check_that_does_not_fit_leaves_what_stands() -> None:
    entry = run(FakeEngine((*GOOD, ContextOverflow("too long"))), Method(rounds=3)).entry
    assert (entry.outcome, entry.insights.summary, entry.provenance.rounds) == ("done", PURPOSE, 1)


def test_a_summary_that_the_model_takes_back_gives_way_to_the_docs() -> None:
    thought = run(FakeEngine((*GOOD, REMOVED, FINISHED, FINISHED), default=FINISHED), Method(rounds=2))
    assert thought.entry.insights.summary == "Strips white space off raw input text."


def test_no_rounds_are_drafts_alone() -> None:
    engine = FakeEngine(GOOD)
    stages: list[Entry] = []
    entry = run(engine, Method(rounds=0), stages=stages).entry
    assert (entry.provenance.rounds, len(engine.requests), engine.scored, stages) == (0, 1, [], [])


def test_each_stage_is_given_back_as_soon_as_it_stands() -> None:
    stages: list[Entry] = []
    engine = FakeEngine((*GOOD, *[FINISHED] * 3, "No."))
    thought = run(engine, Method(rounds=3), stages=stages)
    assert [stage.provenance.rounds for stage in stages] == [0, 1]
    assert all(stage.insights.summary == PURPOSE and not stage.provenance.finished for stage in stages)
    assert thought.entry.provenance.finished
    assert len({entry.generator_id for entry in (*stages, thought.entry)}) == 1


def test_rounds_end_when_the_model_is_finished_and_say_how_many_there_were() -> None:
    engine = FakeEngine((*GOOD, *[FINISHED] * 3), default="Nothing to ask.")
    thought = run(engine, Method(rounds=10))
    assert thought.entry.provenance.rounds == 2
    assert by_model(thought) == list(GOOD)


def test_a_correction_replaces_a_draft_that_it_agrees_with() -> None:
    better = "It strips all white space off the raw input text it is given."
    thought = run(FakeEngine((*GOOD, better, FINISHED, FINISHED), default=FINISHED), Method(rounds=2))
    assert thought.entry.insights.summary == better


@pytest.mark.parametrize(
    "worse",
    [
        "It asks `oracle` for the white space.",
        "It draws pictures of cats.",
        "It raises KeyError on raw input text.",
        "It quickly strips the white space off the raw input text with the helper.",
    ],
)
def test_a_correction_that_is_borne_out_less_changes_nothing(worse: str) -> None:
    thought = run(FakeEngine((*GOOD, worse, FINISHED, FINISHED), default=FINISHED), Method(rounds=2))
    assert thought.entry.insights.summary == PURPOSE


def test_what_the_model_takes_back_is_removed() -> None:
    thought = run(FakeEngine((*GOOD, FINISHED, REMOVED, FINISHED), default=FINISHED), Method(rounds=2))
    assert by_model(thought) == [PURPOSE, CALLER]
    assert thought.dropped["removed by the model"] == 1


def test_a_round_adds_one_question_of_the_models_own() -> None:
    question, answer = "Does clean strip the mark off the text?", "The white space is stripped off the text first."
    engine = FakeEngine((*GOOD, *[FINISHED] * 3, question, answer), default=FINISHED)
    added = run(engine, Method(rounds=2)).entry.insights.questions[-1]
    assert replace(added, predictability=None) == PredictedQuestion(
        "Does `clean` strip the mark off the text?", answer, None, "other", "model"
    )


@pytest.mark.parametrize(
    "question",
    [
        "What does clean do?",
        "It is clean.",
        "Does it work?",
        "Does clean call `vanish` too?",
        "Is clean like polish_it?",
    ],
)
def test_a_question_that_is_known_or_not_about_the_symbol_is_not_added(question: str) -> None:
    engine = FakeEngine((*GOOD, *[FINISHED] * 3, question), default=FINISHED)
    thought = run(engine, Method(rounds=2))
    assert [item.origin for item in thought.entry.insights.questions if item.origin != "template"] == []


# What this user asks


def test_what_this_user_asks_about_others_is_asked_of_this_one() -> None:
    engine = FakeEngine((*GOOD, "White space is stripped off the input text."))
    thought = run(engine, options=PassOptions(templates=("How does {} treat white space?",)))
    asked = thought.entry.insights.questions[-1]
    assert (asked.question, asked.origin) == ("How does `clean` treat white space?", "log")


def test_what_this_user_asks_is_never_put_to_a_remote_endpoint() -> None:
    engine = FakeEngine(GOOD, info=replace(FAKE_INFO, remote=True))
    run(engine, options=PassOptions(templates=("How does {} treat white space?",)))
    texts = [prompt.messages[-1].content for request in engine.requests for prompt in request.prompts]
    assert not any("treat white space" in text for text in texts + [text for _, text in engine.scored])


# Candidates


def test_all_candidates_are_sampled_in_one_batch() -> None:
    engine = FakeEngine(default=PURPOSE)
    run(engine, Method(candidates=3))
    assert len(engine.requests) == 1
    assert len(engine.requests[0].prompts) == 3 * len(asks_about(CONTEXT))
    assert engine.requests[0].sampling.temperature > 0


def test_one_candidate_is_greedy() -> None:
    engine = FakeEngine(GOOD)
    run(engine)
    assert engine.requests[0].sampling.temperature == 0


# What is worth its tokens


def test_an_unreliable_kind_is_not_asked_for() -> None:
    table = Reliability({"fake": {"when": Counts(10, 0, 10), "purpose": Counts(0, 0, 50), "caller": Counts(99)}})
    thought = run(FakeEngine((CALLER,)), options=PassOptions(reliability=table))
    assert by_model(thought) == [CALLER]
    assert thought.entry.insights.summary == "Strips white space off raw input text."


def test_with_few_tokens_left_the_least_predictable_is_left_out() -> None:
    engine = FakeEngine((PURPOSE, CALLER))
    engine.score_of = lambda prompt, text: -9.0 if "When" in text else -1.0
    thought = run(engine, options=PassOptions(most_tokens=2 * (len(CONTEXT.text) // 3 + 48)))
    assert by_model(thought) == [PURPOSE, CALLER]
    assert thought.dropped["no tokens left for it"] == 1


# Who thought


def test_the_producer_names_everything_that_thinking_depends_on() -> None:
    info = FakeEngine().identity()
    generator_ids = {generator_id_of(info, method) for method in (Method(), Method(rounds=2), Method(candidates=2))}
    assert len(generator_ids) == 3
    assert generator_id_of(info, Method(priority="requested")) == generator_id_of(info, Method())


def test_provenance_remembers_the_callees_and_the_cost() -> None:
    provenance = run(FakeEngine(GOOD)).entry.provenance
    assert set(provenance.callees) == {"helper"}
    assert provenance.prompt_tokens > 0
    assert provenance.completion_tokens > 0


def test_all_prompts_of_a_symbol_share_their_beginning() -> None:
    engine = FakeEngine((*GOOD, *[FINISHED] * 3))
    run(engine, Method(rounds=2))
    prompts = [prompt for request in engine.requests for prompt in request.prompts]
    start = prompts[0].messages[1].content.index(CONTEXT.text) + len(CONTEXT.text)
    assert len({prompt.messages[1].content[:start] for prompt in prompts}) == 1
    assert len({prompt.messages[0] for prompt in prompts}) == 1


def test_an_entry_of_an_older_version_still_reads() -> None:
    data = run(FakeEngine(GOOD)).entry.to_json()
    del data["provenance"]["finished"]
    for question in data["insights"]["questions"]:
        del question["kind"], question["origin"], question["basis"]
    entry = Entry.from_json(data)
    assert entry.provenance.finished
    assert {(item.kind, item.origin) for item in entry.insights.questions} == {("", "template")}


def test_seconds_are_those_that_the_engine_worked() -> None:
    assert run(FakeEngine(GOOD), Method(rounds=0)).entry.provenance.seconds == 0.02


def test_what_scoring_reads_is_counted_once_and_then_as_cached() -> None:
    drafted, scored = run(FakeEngine(GOOD), Method(rounds=0)), run(FakeEngine(GOOD), Method(rounds=1))
    read = scored.entry.provenance.prompt_tokens - drafted.entry.provenance.prompt_tokens
    length, questions = FakeEngine().count_tokens([question_prompt(CONTEXT)])[0], len(scored.entry.insights.questions)
    assert (read, scored.cached_tokens - drafted.cached_tokens) == (length * questions, length * (questions - 1))
