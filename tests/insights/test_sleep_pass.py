"""One symbol and a scripted model: what is asked, which statements survive, and what is stored."""

from dataclasses import replace

import pytest

from forethought.engine.api import CancelToken, Prompt
from forethought.errors import Cancelled, ContextOverflow, EngineError
from forethought.insights.entry import Entry, PredictedQuestion, text_digest
from forethought.insights.prompts import question_prompt
from forethought.insights.selection import NO_EVIDENCE
from forethought.insights.sleep_pass import MAX_SHOWN, Method, PassOptions, Thought, generator_id_of, think
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
PURPOSE = "It takes white space off the ends of raw text."
FIRST = "Empty input is refused with an error."
SECOND = "The helper sees the text before anything is stripped."
NOTES = f"{FIRST} {SECOND}"
GOOD = (PURPOSE, NOTES)
KNOWN = ("It returns `helper(text).strip()`, as `str`.", "It raises `ValueError` under `if not text`.")
ANALYSIS = "First it looks at the text, then it calls the helper."


def run(
    engine: FakeEngine,
    method: Method | None = None,
    options: PassOptions | None = None,
    stages: list[Entry] | None = None,
) -> Thought:
    keep = [] if stages is None else stages
    return think(CONTEXT, engine, method or Method(), options or PassOptions(), CancelToken(), keep.append)


def shown(thought: Thought) -> list[str]:
    return [note.text for note in thought.entry.insights.shown_notes]


def doubting(*doubtful: str) -> FakeEngine:
    """An engine that does not believe these statements."""
    engine = FakeEngine(GOOD)
    believing = engine.score_of

    def score(prompt: Prompt, text: str) -> float | None:
        if text in ("Yes", "No") and any(item in prompt.messages[-1].content for item in doubtful):
            return -20.0 if text == "Yes" else 0.0
        return believing(prompt, text)

    engine.score_of = score
    return engine


def test_the_purpose_becomes_the_summary_and_the_other_notes_inferences() -> None:
    insights = run(FakeEngine(GOOD)).entry.insights
    assert insights.summary == PURPOSE
    assert set(insights.inferences) == {FIRST, SECOND}
    assert {note.kind for note in insights.notes} == {"purpose", "how"}


def test_the_questions_what_and_how_are_answered_by_the_notes() -> None:
    questions = {item.kind: item for item in run(FakeEngine(GOOD)).entry.insights.questions}
    assert (questions["purpose"].question, questions["purpose"].answer) == ("What does `clean` do?", PURPOSE)
    assert {questions["mechanism"].answer} <= {NOTES, f"{SECOND} {FIRST}"}


def test_questions_of_fact_are_answered_from_the_context_without_the_model() -> None:
    engine = FakeEngine(GOOD)
    questions = run(engine).entry.insights.questions
    assert {item.answer for item in questions if item.basis == "facts"} >= {*KNOWN, '`mark` defaults to `"#"`.'}
    assert sum(len(request.prompts) for request in engine.requests) == 2


def test_every_predicted_question_names_its_symbol_and_has_a_kind_and_a_predictability() -> None:
    questions = run(FakeEngine(GOOD)).entry.insights.questions
    assert all("`clean`" in item.question for item in questions)
    assert all(item.predictability is not None for item in questions)
    assert {item.kind for item in questions} == {"purpose", "mechanism", "returns", "raises", "defaults"}


def test_a_note_has_its_lines_its_confidence_and_its_gain() -> None:
    note = next(note for note in run(FakeEngine(GOOD)).entry.insights.notes if note.text == SECOND)
    assert note.evidence == ((4, 4),)
    assert note.confidence is not None and note.confidence >= 0.5
    assert note.gain is not None and note.gain > 0


def test_what_the_model_itself_doubts_is_not_shown() -> None:
    thought = run(doubting(FIRST))
    assert set(shown(thought)) == {PURPOSE, SECOND}
    assert thought.dropped["not likely enough"] == 1


def test_what_signature_and_docs_already_say_is_not_shown() -> None:
    engine = FakeEngine(GOOD)
    believing = engine.score_of

    def score(prompt: Prompt, text: str) -> float | None:
        if text == FIRST:
            return -0.1 if "Here is the interface of" in prompt.messages[1].content else -2.0
        return believing(prompt, text)

    engine.score_of = score
    assert set(shown(run(engine))) == {PURPOSE, SECOND}


def test_a_summary_that_is_doubted_gives_way_to_the_docs() -> None:
    insights = run(doubting(PURPOSE)).entry.insights
    assert insights.summary == "Strips white space off raw input text."
    assert (insights.questions[0].kind, insights.questions[0].basis) == ("purpose", "facts")


def test_a_statement_that_names_the_unknown_is_dropped_and_counted() -> None:
    thought = run(FakeEngine((PURPOSE, f"{FIRST} It calls `vanish` first.")))
    assert set(shown(thought)) == {PURPOSE, FIRST}
    assert thought.dropped["unknown identifier"] == 1


def test_the_same_statement_is_kept_once() -> None:
    assert run(FakeEngine((PURPOSE, f"{FIRST} Empty inputs are refused with errors."))).dropped["repetition"] == 1


def test_only_the_most_certain_notes_are_shown() -> None:
    more = ("Inner blanks survive.", "Tabs count as blanks too.", "Line ends vanish likewise.", "Nothing gets logged.")
    thought = run(FakeEngine((PURPOSE, " ".join((NOTES, *more)))))
    assert len(shown(thought)) == MAX_SHOWN
    assert len(thought.entry.insights.notes) > MAX_SHOWN


def test_of_a_demo_model_nothing_is_asked_or_shown() -> None:
    engine = FakeEngine(GOOD, info=replace(FAKE_INFO, demo=True))
    insights = run(engine, Method(rounds=3)).entry.insights
    assert (insights.notes, engine.requests) == ((), [])
    assert {item.basis for item in insights.questions} == {"facts"}


def test_of_a_test_only_the_purpose_is_asked() -> None:
    engine = FakeEngine(GOOD)
    think(context_of("def test_sum():\n    assert 1", "test_sum"), engine, Method(), PassOptions(), CancelToken())
    assert sum(len(request.prompts) for request in engine.requests) == 1


# An endpoint that cannot score


def unscored(*answers: str) -> Thought:
    engine = FakeEngine((*GOOD, *answers))
    engine.score_of = lambda prompt, text: None
    return run(engine)


def test_without_scores_the_model_is_asked_both_ways() -> None:
    thought = unscored("Yes", "No", "Yes.", "Yes", "no", "No")
    assert len(shown(thought)) == 1
    assert thought.dropped["taken back by the model"] == 2
    assert {note.confidence for note in thought.entry.insights.notes} == {NO_EVIDENCE}


def test_an_endpoint_that_cannot_score_leaves_predictability_open() -> None:
    assert {item.predictability for item in unscored().entry.insights.questions} == {None}


def test_when_nothing_survives_the_entry_is_empty() -> None:
    bare = context_of("LIMIT = 30", "LIMIT")
    engine = FakeEngine(default="It calls `vanish` at once.")
    assert think(bare, engine, Method(), PassOptions(), CancelToken()).entry.outcome == "empty"


def test_a_text_that_was_called_wrong_does_not_come_back() -> None:
    thought = run(FakeEngine(GOOD), options=PassOptions(rejected=frozenset({text_digest(FIRST.upper())})))
    assert set(shown(thought)) == {PURPOSE, SECOND}


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


def test_an_analysis_that_does_not_fit_leaves_the_first_notes() -> None:
    entry = run(FakeEngine((*GOOD, ContextOverflow("too long"))), Method(rounds=3)).entry
    assert (entry.outcome, entry.insights.summary, entry.provenance.rounds) == ("done", PURPOSE, 1)


def test_without_rounds_no_question_is_scored() -> None:
    engine = FakeEngine(GOOD)
    stages: list[Entry] = []
    entry = run(engine, Method(rounds=0), stages=stages).entry
    assert (entry.provenance.rounds, len(engine.requests), stages) == (0, 1, [])
    assert {item.predictability for item in entry.insights.questions} == {None}


def test_each_stage_is_given_back_as_soon_as_it_is_done() -> None:
    stages: list[Entry] = []
    engine = FakeEngine((*GOOD, ANALYSIS, "Whitespace inside the words survives.", "No."))
    thought = run(engine, Method(rounds=2), stages=stages)
    assert [stage.provenance.rounds for stage in stages] == [0, 1]
    assert all(stage.insights.summary == PURPOSE and not stage.provenance.finished for stage in stages)
    assert thought.entry.provenance.finished
    assert len({entry.generator_id for entry in (*stages, thought.entry)}) == 1


def test_a_later_round_adds_notes_from_an_analysis_that_is_not_kept() -> None:
    added = "Whitespace inside the words survives."
    engine = FakeEngine((*GOOD, ANALYSIS, added, "No."))
    thought = run(engine, Method(rounds=2))
    assert added in shown(thought)
    assert not any(ANALYSIS in text for text in thought.entry.insights.texts)
    assert engine.requests[2].prompts[0].messages[-2].content == ANALYSIS


def test_rounds_end_when_one_adds_nothing_and_say_how_many_there_were() -> None:
    thought = run(FakeEngine(GOOD, default="No."), Method(rounds=10))
    assert thought.entry.provenance.rounds == 2
    assert set(shown(thought)) == {PURPOSE, FIRST, SECOND}


def test_a_round_adds_one_question_of_the_models_own() -> None:
    question, answer = "Does clean strip the mark off the text?", "Only white space goes, the mark stays."
    engine = FakeEngine((*GOOD, ANALYSIS, FIRST, question, answer), default="No.")
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
    engine = FakeEngine((*GOOD, ANALYSIS, FIRST, question), default="No.")
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


# Candidates and costs


def test_all_candidates_are_sampled_in_one_batch() -> None:
    engine = FakeEngine(default=PURPOSE)
    run(engine, Method(candidates=3))
    assert [len(request.prompts) for request in engine.requests] == [6]
    assert engine.requests[0].sampling.temperature > 0


def test_one_candidate_is_greedy() -> None:
    engine = FakeEngine(GOOD)
    run(engine)
    assert engine.requests[0].sampling.temperature == 0


def test_with_few_tokens_left_only_the_purpose_is_asked() -> None:
    engine = FakeEngine(GOOD)
    thought = run(engine, options=PassOptions(most_tokens=len(CONTEXT.text) // 3 + 90))
    assert shown(thought) == [PURPOSE]
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


def test_all_prompts_about_the_code_share_their_beginning() -> None:
    engine = FakeEngine(GOOD)
    run(engine, Method(rounds=2))
    prompts = [prompt for request in engine.requests for prompt in request.prompts]
    start = prompts[0].messages[1].content.index(CONTEXT.text) + len(CONTEXT.text)
    assert len({prompt.messages[1].content[:start] for prompt in prompts}) == 1
    assert len({prompt.messages[0] for prompt in prompts}) == 1


def test_an_entry_reads_back_as_it_was_written() -> None:
    entry = run(FakeEngine(GOOD)).entry
    assert Entry.from_json(entry.to_json()) == entry


@pytest.mark.parametrize("change", [{"kind": "poem"}, {"evidence": [[1]]}, {"confidence": "high"}, {"text": 3}])
def test_a_note_of_another_form_is_refused(change: dict[str, object]) -> None:
    data = run(FakeEngine(GOOD)).entry.to_json()
    data["insights"]["notes"] = [{**data["insights"]["notes"][0], **change}]
    with pytest.raises(ValueError, match=r"expected|entry|unpack"):
        Entry.from_json(data)


def test_generation_time_is_what_the_engine_reports() -> None:
    assert run(FakeEngine(GOOD), Method(rounds=0)).entry.provenance.seconds >= 0.02


def test_what_scoring_reads_is_counted_once_and_then_as_cached() -> None:
    drafted, scored = run(FakeEngine(GOOD), Method(rounds=0)), run(FakeEngine(GOOD), Method(rounds=1))
    read = scored.entry.provenance.prompt_tokens - drafted.entry.provenance.prompt_tokens
    length, questions = FakeEngine().count_tokens([question_prompt(CONTEXT)])[0], len(scored.entry.insights.questions)
    assert (read, scored.cached_tokens - drafted.cached_tokens) == (length * questions, length * (questions - 1))
