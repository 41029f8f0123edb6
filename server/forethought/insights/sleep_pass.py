"""The sleep-time pass over one symbol: write, measure, select, think again, and give back each stage when it is done.

After “Sleep-time Compute: Beyond Inference Scaling at Test-time” (arXiv 2504.13171): the context is thought about
before anybody asks. What a model writes is taken apart into statements; each is measured (`selection`), and only what
is likely to be right and adds to signature and docs is shown.
"""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from forethought.engine.api import (
    CancelToken,
    Completion,
    Engine,
    GenerateRequest,
    ModelIdentity,
    Priority,
    Prompt,
    Sampling,
)
from forethought.errors import Cancelled, ContextOverflow
from forethought.insights.claims import states_condition
from forethought.insights.context import Context
from forethought.insights.entry import (
    AnswerBasis,
    Entry,
    Insights,
    Note,
    NoteKind,
    Outcome,
    PredictedQuestion,
    Provenance,
    QuestionOrigin,
    text_digest,
)
from forethought.insights.evidence import find_evidence
from forethought.insights.grounding import fault, sentences
from forethought.insights.negated_code import MIN_GAIN, negate_conditions
from forethought.insights.prompts import (
    NOTE_BUDGET,
    PROMPT_VERSION,
    REASONING_BUDGET,
    answer_prompt,
    contradiction_prompt,
    notes_prompt,
    purpose_prompt,
    question_prompt,
    reasoning_prompt,
    signature_prompt,
    statement_prompt,
    verification_prompt,
)
from forethought.insights.question_predictor import (
    Ask,
    asked_before,
    documented_purpose,
    proposed,
    purpose_question,
    shown_by,
    working_question,
)
from forethought.insights.selection import NO_EVIDENCE, Calibration, Calibrations, Measurements, shipped_calibrations
from forethought.insights.similarity import SAME_CLAIM, similarity
from forethought.text.redaction import redact

SAMPLE_TEMPERATURE = 0.7
"""Of every sample where there are several; a single one is greedy."""
CHARACTERS_PER_TOKEN = 3
"""Of code, at least: an estimate of what a prompt will cost."""
MAX_SHOWN = 4
"""Notes per symbol; a hover shows fewer."""
MAX_KEPT = 12
"""Notes per symbol."""
_VERDICT_BUDGET = 3


@dataclass(frozen=True, slots=True)
class Method:
    """How to think: part of the generator, except for the priority."""

    rounds: int = 1
    """0: notes, and what the context itself answers. The first round adds what this user tends to ask, and scores every
    question. In each later one the model analyzes the code at length, writes notes from that, and asks and answers a
    question of its own, until a round adds nothing."""
    candidates: int = 1
    """Samples of everything that the model writes about the code."""
    priority: Priority = "idle"
    idle_delay_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class PassOptions:
    """What is known beforehand: about this user, this context hash and this model. No part of the generator."""

    templates: tuple[str, ...] = ()
    """Questions of this user's log, with a hole for the symbol."""
    rejected: frozenset[str] = frozenset()
    """Digests of texts that were called wrong: they do not come back."""
    calibrations: Calibrations = field(default_factory=shipped_calibrations)
    most_tokens: int | None = None
    """What may still be spent on this file."""


@dataclass(frozen=True, slots=True)
class Thought:
    """What came of thinking about one symbol."""

    entry: Entry
    cached_tokens: int
    dropped: Counter[str] = field(default_factory=Counter)
    """Why statements were dropped, and how many."""
    measured: tuple[tuple[str, NoteKind, Measurements], ...] = ()
    """Every statement that was measured, shown or not: what a calibration is fitted to."""


def generator_id_of(identity: ModelIdentity, method: Method) -> str:
    """Who thinks: 32 hex digits of the model digest, prompt version, sampling, rounds and candidates."""
    sampling = 0.0 if method.candidates == 1 else SAMPLE_TEMPERATURE
    recipe = [identity.digest, PROMPT_VERSION, sampling, method.rounds, method.candidates]
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:32]


def think(
    context: Context,
    engine: Engine,
    method: Method,
    options: PassOptions,
    cancel: CancelToken,
    on_stage: Callable[[Entry], None] = lambda entry: None,
) -> Thought:
    """Think about one symbol. `on_stage` gets every stage but the last, to be stored at once.

    A context that does not fit the model gives an entry with the outcome `failed`.
    Raises Cancelled, EngineUnavailable, ModelLoadError, EngineError, and whatever `on_stage` raises.
    """
    identity = engine.identity()
    work = _Pass(context, engine, identity, method, options, cancel)
    try:
        found = work.draft()
    except ContextOverflow as error:
        failed = work.entry(Insights(), 0, finished=True, reason=str(error))
        return Thought(failed, work.cached_tokens, work.dropped, tuple(work.measured))
    done = 0
    while done < method.rounds:
        if not (insights := work.collect(found)).empty:
            on_stage(work.entry(insights, done, finished=False))
        before = found
        try:
            found = work.answer_log(found) if done == 0 else work.reason(found, done)
        except ContextOverflow:
            break  # an analysis needs more room than the first notes, which stay
        done += 1
        if done > 1 and found == before:
            break
    insights = work.collect(found)
    entry = work.entry(work.score(insights) if method.rounds else insights, done, finished=True)
    return Thought(entry, work.cached_tokens, work.dropped, tuple(work.measured))


@dataclass(frozen=True, slots=True)
class _Findings:
    """What the model has contributed so far."""

    notes: tuple[Note, ...] = ()
    answers: tuple[tuple[Ask, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Statement:
    text: str
    kind: NoteKind


@dataclass(slots=True)
class _Pass:
    """One symbol's pass, and what it has cost so far."""

    context: Context
    engine: Engine
    identity: ModelIdentity
    method: Method
    options: PassOptions
    cancel: CancelToken
    dropped: Counter[str] = field(default_factory=Counter)
    measured: list[tuple[str, NoteKind, Measurements]] = field(default_factory=list)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """In which the engine worked, without those in which it waited for an idle moment."""
    steps: int = 0

    def draft(self) -> _Findings:
        """Notes from a first reading."""
        if self._calibration is None:
            return _Findings()
        prompts: list[tuple[NoteKind, Prompt]] = [("purpose", purpose_prompt(self.context))]
        if not self._is_test and self._affords(2):
            prompts.append(("how", notes_prompt(self.context)))
        completions = self._generate([prompt for _, prompt in prompts] * self.method.candidates, self._sampling)
        statements = [
            statement
            for number, completion in enumerate(completions)
            for statement in self._statements(completion, prompts[number % len(prompts)][0])
        ]
        return _Findings(self._select(statements, ()))

    def answer_log(self, found: _Findings) -> _Findings:
        """Add answers to what this user tends to ask; a remote endpoint never learns of that."""
        templates = () if self.identity.remote else self.options.templates
        return replace(found, answers=(*found.answers, *self._answer(asked_before(self.context, templates))))

    def reason(self, found: _Findings, number: int) -> _Findings:
        """One round: the model analyzes the code, notes what follows, and asks and answers a question."""
        if self._calibration is None:
            return found
        sampling = Sampling(SAMPLE_TEMPERATURE, seed=2 * number * self.method.candidates)
        analyses = self._generate([reasoning_prompt(self.context)] * self.method.candidates, sampling, REASONING_BUDGET)
        prompts = [notes_prompt(self.context, completion.text) for completion in analyses]
        *written, asked = self._generate([*prompts, question_prompt(self.context)], Sampling())
        statements = [statement for completion in written for statement in self._statements(completion, "how")]
        notes = self._select(statements, found.notes)
        known = [purpose_question(self.context), working_question(self.context)]
        known += [ask.question for ask, _ in found.answers]
        known += [ask.question for ask in shown_by(self.context)]
        added = proposed(redact(asked.text), self.context, known)
        return _Findings(notes, (*found.answers, *(self._answer([added]) if added else ())))

    def collect(self, found: _Findings) -> Insights:
        """Notes, facts and answers, each text once; what a person called wrong is left out."""
        facts = [ask for ask in shown_by(self.context) if not self._is_rejected(ask.answer or "")]
        shown = [note for note in found.notes if note.shown]
        summary = next((note.text for note in shown if note.kind == "purpose"), None)
        basis: AnswerBasis = "model"
        if summary is None and (documented := documented_purpose(self.context)) and not self._is_rejected(documented):
            summary, basis = documented, "facts"
        others = [note.text for note in shown if note.text != summary]
        questions = []
        if summary:
            questions.append(_question(purpose_question(self.context), summary, "purpose", basis=basis))
        if others:
            questions.append(_question(working_question(self.context), " ".join(others), "mechanism"))
        questions += [
            _question(ask.question, ask.answer or "", ask.kind, ask.origin, "facts")
            for ask in facts
            if ask.part == "question"
        ]
        questions += [_question(ask.question, text, ask.kind, ask.origin) for ask, text in found.answers]
        usage = [ask.answer or "" for ask in facts if ask.part == "inference"]
        return Insights(summary, tuple(dict.fromkeys((*others, *usage))), tuple(questions), found.notes)

    def score(self, insights: Insights) -> Insights:
        """Measure the predictability of each question under this model."""
        if not insights.questions:
            return insights
        prompts = [question_prompt(self.context)] * len(insights.questions)
        scores = self._score(prompts, [item.question for item in insights.questions])
        scored = (replace(item, predictability=score) for item, score in zip(insights.questions, scores, strict=True))
        return replace(insights, questions=tuple(scored))

    def entry(self, insights: Insights, rounds: int, *, finished: bool, reason: str | None = None) -> Entry:
        outcome: Outcome = "failed" if reason else "empty" if insights.empty else "done"
        generator_id = generator_id_of(self.identity, self.method)
        provenance = Provenance(
            model=self.identity.model,
            generator_id=generator_id,
            prompt_version=PROMPT_VERSION,
            rounds=rounds,
            candidates=self.method.candidates,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            seconds=round(self.seconds, 3),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            demo=self.identity.demo,
            callees=dict(self.context.callees),
            finished=finished,
        )
        return Entry(self.context.context_hash, generator_id, outcome, insights, provenance, reason)

    @property
    def _calibration(self) -> Calibration | None:
        return self.options.calibrations.of(self.identity)

    @property
    def _is_test(self) -> bool:
        return self.context.name.rpartition(".")[2].lower().startswith("test")

    @property
    def _sampling(self) -> Sampling:
        return Sampling(0.0 if self.method.candidates == 1 else SAMPLE_TEMPERATURE)

    def _affords(self, prompts: int) -> bool:
        """Whether so many prompts about the code fit into the tokens that are left."""
        left = self.options.most_tokens
        cost = len(self.context.text) // CHARACTERS_PER_TOKEN + NOTE_BUDGET
        if left is None or prompts * cost * self.method.candidates <= left:
            return True
        self.dropped["no tokens left for it"] += 1
        return False

    def _is_rejected(self, text: str) -> bool:
        return text_digest(text) in self.options.rejected

    def _statements(self, completion: Completion, kind: NoteKind) -> list[_Statement]:
        """The sentences of an answer that nothing speaks against."""
        found = []
        for sentence in sentences(redact(completion.text)):
            if (reason := fault(sentence, self.context)) is not None:
                self.dropped[reason] += 1
            elif not self._is_rejected(sentence):
                found.append(_Statement(sentence, "condition" if states_condition(sentence) else kind))
        return found

    def _select(self, statements: Sequence[_Statement], known: Sequence[Note]) -> tuple[Note, ...]:
        """The notes known before and those that the statements give, the most certain first."""
        new: list[_Statement] = []
        for statement in statements:
            said = [note.text for note in known] + [other.text for other in new]
            if any(similarity(statement.text, text) >= SAME_CLAIM for text in said):
                self.dropped["repetition"] += 1
            else:
                new.append(statement)
        notes = [*known, *self._measured(new)]
        notes.sort(key=lambda note: (not note.shown, note.kind != "purpose", -(note.gain or 0.0)))
        shown = [note for note in notes if note.shown]
        kept = [*shown[:MAX_SHOWN], *(replace(note, shown=False) for note in shown[MAX_SHOWN:])]
        return tuple([*kept, *(note for note in notes if not note.shown)][:MAX_KEPT])

    def _measured(self, statements: Sequence[_Statement]) -> list[Note]:
        """A note for each statement that is worth keeping."""
        calibration = self._calibration
        if not statements or calibration is None:
            return []
        texts = [statement.text for statement in statements]
        likelihoods = self._score([statement_prompt(self.context)] * len(texts), texts)
        if any(value is None for value in likelihoods):
            return self._verified(statements)
        signature = self._score([signature_prompt(self.context)] * len(texts), texts)
        asked = [verification_prompt(self.context, text) for text in texts for _ in ("Yes", "No")]
        verdicts = self._score(asked, ["Yes", "No"] * len(texts))
        borne_out = self._conditions_borne_out(dict(zip(texts, likelihoods, strict=True)))
        notes = []
        for number, statement in enumerate(statements):
            if statement.text not in borne_out:
                self.dropped["as likely with the conditions negated"] += 1
                continue
            measured = Measurements(
                likelihood=likelihoods[number] or 0.0,
                signature_likelihood=signature[number] or 0.0,
                yes_odds=(verdicts[2 * number] or 0.0) - (verdicts[2 * number + 1] or 0.0),
            )
            self.measured.append((statement.text, statement.kind, measured))
            confidence, shows = calibration.confidence(measured), calibration.shows(measured)
            if not shows:
                self.dropped["not likely enough"] += 1
            evidence = find_evidence(statement.text, self.context.own)
            gain = round(measured.gain, 3)
            notes.append(Note(statement.text, statement.kind, evidence, round(confidence, 3), gain, shows))
        return notes

    def _verified(self, statements: Sequence[_Statement]) -> list[Note]:
        """Notes by an engine that cannot score: what it calls correct and, asked the other way, uncontradicted."""
        asked: list[Prompt] = []
        for statement in statements:
            asked += [
                verification_prompt(self.context, statement.text),
                contradiction_prompt(self.context, statement.text),
            ]
        replies = [completion.text.strip().lower() for completion in self._generate(asked, Sampling(), _VERDICT_BUDGET)]
        notes = []
        for number, statement in enumerate(statements):
            if replies[2 * number].startswith("yes") and replies[2 * number + 1].startswith("no"):
                evidence = find_evidence(statement.text, self.context.own)
                notes.append(Note(statement.text, statement.kind, evidence, NO_EVIDENCE, shown=True))
            else:
                self.dropped["taken back by the model"] += 1
        return notes

    def _conditions_borne_out(self, likelihoods: dict[str, float | None]) -> Collection[str]:
        """Drop statements of a condition that are no likelier given this code than given its negated conditions."""
        conditions = [text for text in likelihoods if states_condition(text)]
        negated = negate_conditions(self.context.text) if conditions else None
        if negated is None:
            return likelihoods.keys() - set(conditions)
        prompts = [statement_prompt(replace(self.context, text=negated))] * len(conditions)
        others = dict(zip(conditions, self._score(prompts, conditions), strict=True))
        return {
            text
            for text, likelihood in likelihoods.items()
            if text not in others or (likelihood or 0.0) - (others[text] or 0.0) >= MIN_GAIN
        }

    def _answer(self, asks: Sequence[Ask]) -> tuple[tuple[Ask, str], ...]:
        """Answers to questions about the symbol, from the statements that are likely to be right."""
        if not asks or self._calibration is None:
            return ()
        completions = self._generate([answer_prompt(self.context, ask.question) for ask in asks], Sampling())
        answers = []
        for ask, completion in zip(asks, completions, strict=True):
            notes = self._measured(self._statements(completion, "how"))
            if right := [note.text for note in notes if note.shown]:
                answers.append((ask, " ".join(right)))
        return tuple(answers)

    def _score(self, prompts: Sequence[Prompt], continuations: Sequence[str]) -> list[float | None]:
        """As the engine scores. The whole time counts: scoring follows work that was granted.

        Only the first reading of a prompt that several continuations share is not cached.
        """
        started = time.monotonic()
        scores = self.engine.score(list(prompts), list(continuations), self.method.priority, self.cancel)
        self.seconds += time.monotonic() - started
        if any(score is not None for score in scores):
            distinct = list(dict.fromkeys(prompts))
            lengths = dict(zip(distinct, self.engine.count_tokens(distinct), strict=True))
            read = sum(lengths[prompt] for prompt in prompts)
            self.prompt_tokens += read
            self.cached_tokens += read - sum(lengths.values())
        return scores

    def _generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, max_tokens: int = NOTE_BUDGET
    ) -> list[Completion]:
        """One completion per prompt, in order."""
        self.steps += 1
        request = GenerateRequest(
            prompts=tuple(prompts),
            max_tokens=max_tokens,
            priority=self.method.priority,
            sampling=sampling,
            work_key=f"{self.context.context_hash}:{generator_id_of(self.identity, self.method)}:{self.steps}",
            idle_delay_seconds=self.method.idle_delay_seconds,
        )
        found = [event for event in self.engine.generate(request, self.cancel) if isinstance(event, Completion)]
        if self.cancel.cancelled or any(completion.finish == "cancelled" for completion in found):
            raise Cancelled("The sleep-time pass was cancelled; finished stages are kept.")
        self.seconds += max((completion.usage.seconds for completion in found), default=0.0)
        for completion in found:
            self.prompt_tokens += completion.usage.prompt_tokens
            self.cached_tokens += completion.usage.cached_tokens
            self.completion_tokens += completion.usage.completion_tokens
        return sorted(found, key=lambda completion: completion.index)


def _question(
    question: str, answer: str, kind: str, origin: QuestionOrigin = "template", basis: AnswerBasis = "model"
) -> PredictedQuestion:
    return PredictedQuestion(question, answer, None, kind, origin, basis)
