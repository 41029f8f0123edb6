"""The sleep-time pass over one symbol: ask, ground, add, check, remove, and give each stage back as soon as it stands.

After “Sleep-time Compute: Beyond Inference Scaling at Test-time” (arXiv 2504.13171): the context is thought about
before anybody asks, here one small question at a time.
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
from forethought.insights.claims import agreement, agrees_with_docs, contradiction, covers, support
from forethought.insights.context import Context
from forethought.insights.entry import AnswerBasis, Entry, Insights, Outcome, PredictedQuestion, Provenance, text_digest
from forethought.insights.grounding import conditions_in, ground, sentences
from forethought.insights.negated_code import MIN_GAIN, negate_conditions
from forethought.insights.prompts import (
    FINISHED,
    ONE_SENTENCE,
    PROMPT_VERSION,
    REMOVED,
    THINKING_BUDGET,
    checking_prompt,
    explaining_prompt,
    question_prompt,
    thinking_prompt,
)
from forethought.insights.question_predictor import (
    Ask,
    asked_before,
    asks_about,
    documented_purpose,
    proposed,
    shown_by,
)
from forethought.insights.reliability import Reliability
from forethought.insights.self_consistency import SAME_CLAIM, merge_candidates
from forethought.text.redaction import redact

CANDIDATE_TEMPERATURE = 0.7
"""Of every sample where there are several; a single one is greedy."""
CHARACTERS_A_TOKEN = 3
"""Of code, at least: an estimate of what an ask will cost."""
MIN_LIKENESS = 0.2
"""Agreement that a correction must have with what it corrects: else it answers something else."""


@dataclass(frozen=True, slots=True)
class Method:
    """How to think: part of the generator, but for the priority."""

    rounds: int = 1
    """0: drafts, and what the context itself answers. The first round adds what this user tends to ask, and scores
    every question. Each later one lets the model check every text of its own (right, corrected or removed) and add one
    question, until it is finished."""
    candidates: int = 1
    priority: Priority = "idle"
    idle_delay_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class PassOptions:
    """What is known beforehand: about this user, this context hash and this model. No part of the generator."""

    templates: tuple[str, ...] = ()
    """Questions of this user's log, with a hole for the symbol."""
    rejected: frozenset[str] = frozenset()
    """Digests of texts that were called wrong: they do not come back."""
    reliability: Reliability = field(default_factory=Reliability)
    """A kind of answer that this model may not serve is not asked for."""
    most_tokens: int | None = None
    """What may still be spent on this file: what is least predictable is left out first."""


@dataclass(frozen=True, slots=True)
class Thought:
    """What came of thinking about one symbol."""

    entry: Entry
    cached_tokens: int
    dropped: Counter[str] = field(default_factory=Counter)
    """Why texts or sentences were dropped, and how many."""


def generator_id_of(identity: ModelIdentity, method: Method) -> str:
    """Who thinks: 32 hex digits of the model digest, prompt version, sampling, rounds and candidates."""
    sampling = 0.0 if method.candidates == 1 else CANDIDATE_TEMPERATURE
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
    unreliable = options.reliability.unreliable_kinds(identity.model)
    shown = [(ask, ask.answer) for ask in shown_by(context, unreliable)]
    try:
        answers = [*work.draft(work.affordable(asks_about(context, unreliable))), *shown]
    except ContextOverflow as error:
        failed = work.entry(Insights(), 0, finished=True, reason=str(error))
        return Thought(failed, work.cached_tokens, work.dropped)
    done = 0
    while done < method.rounds:
        if not (insights := work.collect(answers)).empty:
            on_stage(work.entry(insights, done, finished=False))
        before = answers
        try:
            answers = work.add_what_is_asked(answers) if done == 0 else work.rethink(answers)
        except ContextOverflow:
            break  # a check needs more room than the draft that it is about: what stands, stands
        done += 1
        if done > 1 and answers == before:
            break
    insights = work.collect(answers)
    entry = work.entry(work.score(insights) if method.rounds else insights, done, finished=True)
    return Thought(entry, work.cached_tokens, work.dropped)


_Answer = tuple[Ask, str | None]


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
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """In which the engine worked; not those in which it waited for an idle moment."""
    steps: int = 0
    checked: set[str] = field(default_factory=set)
    """Texts that the model called right: they are not checked again."""

    def affordable(self, asks: Sequence[Ask]) -> Sequence[Ask]:
        """What may be asked for the tokens that are left, the least predictable left out first."""
        left = self.options.most_tokens
        if left is None or not asks:
            return asks
        cost = len(self.context.text) // CHARACTERS_A_TOKEN + THINKING_BUDGET
        count = max(1, left // (cost * self.method.candidates))
        if count >= len(asks):
            return asks
        scores = self._scores([ask.question for ask in asks])
        ranked = sorted(asks, key=lambda ask: (ask.part != "summary", -(scores[asks.index(ask)] or 0.0)))
        self.dropped["no tokens left for it"] += len(asks) - count
        return ranked[:count]

    def draft(self, asks: Sequence[Ask]) -> list[_Answer]:
        """An answer to each ask, merged from all candidates; None when nothing is borne out."""
        if not asks:
            return []
        count = self.method.candidates
        prompts = tuple(thinking_prompt(self.context, ask) for ask in asks)
        sampling = Sampling(0.0 if count == 1 else CANDIDATE_TEMPERATURE, stop=ONE_SENTENCE)
        texts = self._grounded(self._generate(prompts * count, sampling))
        answers: list[_Answer] = []
        for position, ask in enumerate(asks):
            text = merge_candidates(texts[position :: len(asks)], self.context, self.dropped)
            answers.append(self._documented(ask, text) if ask.part == "summary" else (ask, text))
        return answers

    def _documented(self, ask: Ask, text: str | None) -> _Answer:
        """A summary; the docs' own words where it says less than they do."""
        documented = documented_purpose(self.context)
        if documented is None or (text and covers(text, documented, self.context)):
            return ask, text
        if text:
            self.dropped["corrected from the docs"] += 1
        return replace(ask, answer=documented), documented

    def add_what_is_asked(self, answers: Sequence[_Answer]) -> list[_Answer]:
        """The answers, and those to what this user tends to ask; a remote endpoint never learns of that."""
        templates = () if self.identity.remote else self.options.templates
        return [*answers, *self.draft(asked_before(self.context, templates))]

    def rethink(self, answers: Sequence[_Answer]) -> list[_Answer]:
        """One round: the model checks its own texts, and adds one question of its own."""
        doubtful = [
            position
            for position, (ask, text) in enumerate(answers)
            if text and ask.answer is None and text not in self.checked
        ]
        prompts = [checking_prompt(self.context, answers[item][0], answers[item][1] or "") for item in doubtful]
        replies = self._generate((*prompts, question_prompt(self.context)), Sampling(stop=ONE_SENTENCE))
        corrections = self._grounded(replies[:-1])
        revised = list(answers)
        for position, reply, correction in zip(doubtful, replies[:-1], corrections, strict=True):
            ask, draft = revised[position]
            checked = self._checked(draft or "", reply.text, correction)
            revised[position] = self._documented(ask, checked) if ask.part == "summary" else (ask, checked)
        added = proposed(redact(replies[-1].text), self.context, [ask.question for ask, _ in answers])
        if added is not None:
            revised += [answer for answer in self.draft([added]) if answer[1]]
        return revised

    def collect(self, answers: Sequence[_Answer]) -> Insights:
        """Put the texts into their places; what repeats an earlier one, or was called wrong, is left out."""
        summary: str | None = None
        inferences: list[str] = []
        questions: list[PredictedQuestion] = []
        said: set[str] = set()
        for ask, draft in answers:
            text = " ".join(part for part in sentences(draft or "") if _plain(part) not in said)
            if not text or text_digest(text) in self.options.rejected:
                continue
            said.update(map(_plain, sentences(text)))
            if ask.part == "inference":
                if summary and agreement(text, summary) >= SAME_CLAIM:
                    continue  # says no more than the summary does
                inferences.append(text)
                if ask.answer is not None:
                    continue  # one of several: by itself it does not answer its question
            basis: AnswerBasis = "model" if ask.answer is None else "facts"
            questions.append(PredictedQuestion(ask.question, text, None, ask.kind, ask.origin, basis))
            summary = text if ask.part == "summary" else summary
        return Insights(summary, tuple(inferences), tuple(questions))

    def score(self, insights: Insights) -> Insights:
        """The predictability of each question under this model."""
        if not insights.questions:
            return insights
        scores = self._scores([item.question for item in insights.questions])
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

    def _checked(self, draft: str, reply: str, correction: str | None) -> str | None:
        """What a check leaves of a draft: itself, a correction that is borne out at least as well, or nothing."""
        verdict = reply.strip().strip("`'\"*.").upper()
        if verdict.startswith(REMOVED):
            self.dropped["removed by the model"] += 1
            return None
        if verdict.startswith(FINISHED):
            self.checked.add(draft)
            return draft
        if correction is None or _plain(correction) == _plain(draft):
            self.checked.add(draft)
            return draft
        is_as_good = (
            agreement(draft, correction) >= MIN_LIKENESS
            and support(correction, self.context) >= support(draft, self.context)
            and agrees_with_docs(correction, self.context)
        )
        return correction if is_as_good else draft

    def _grounded(self, completions: Sequence[Completion]) -> list[str | None]:
        """What the context bears out of each text; None where that is nothing."""
        texts = [redact(completion.text) for completion in completions]
        conditions = self._conditions_borne_out({item for text in texts for item in conditions_in(text)})
        kept = []
        for completion, text in zip(completions, texts, strict=True):
            grounded = ground(text, self.context, completion.finish == "stop", conditions)
            self.dropped.update(grounded.dropped)
            kept.append(grounded.text)
        return kept

    def _conditions_borne_out(self, conditions: Collection[str]) -> frozenset[str]:
        """Those that are likelier after this code than after the same code with its conditions turned round."""
        other_code = negate_conditions(self.context.text)
        told = [item for item in sorted(conditions) if contradiction(item, self.context) is None]
        if not told or other_code is None:
            return frozenset()
        other = replace(self.context, text=other_code)
        prompts = [explaining_prompt(context) for context in (self.context, other) for _ in told]
        scores = self._score(prompts, told * 2)
        pairs = zip(told, scores[: len(told)], scores[len(told) :], strict=True)
        return frozenset(
            item for item, here, there in pairs if here is not None and there is not None and here - there >= MIN_GAIN
        )

    def _scores(self, questions: Sequence[str]) -> list[float | None]:
        prompts = [question_prompt(self.context)] * len(questions)
        return self._score(prompts, questions)

    def _score(self, prompts: Sequence[Prompt], continuations: Sequence[str]) -> list[float | None]:
        """As the engine scores. What that took counts whole: scoring follows upon work that was granted.

        Of a prompt that several continuations share, all but the first reading is cached.
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

    def _generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """One completion a prompt, in order."""
        self.steps += 1
        request = GenerateRequest(
            prompts=tuple(prompts),
            max_tokens=THINKING_BUDGET,
            priority=self.method.priority,
            sampling=sampling,
            work_key=f"{self.context.context_hash}:{generator_id_of(self.identity, self.method)}:{self.steps}",
            idle_delay_seconds=self.method.idle_delay_seconds,
        )
        found = [event for event in self.engine.generate(request, self.cancel) if isinstance(event, Completion)]
        if self.cancel.cancelled or any(completion.finish == "cancelled" for completion in found):
            raise Cancelled("The sleep-time pass was cancelled; what was done before is kept.")
        self.seconds += max((completion.usage.seconds for completion in found), default=0.0)
        for completion in found:
            self.prompt_tokens += completion.usage.prompt_tokens
            self.cached_tokens += completion.usage.cached_tokens
            self.completion_tokens += completion.usage.completion_tokens
        return sorted(found, key=lambda completion: completion.index)


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".!?")
