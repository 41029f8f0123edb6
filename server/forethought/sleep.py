"""The sleep-time pass over one symbol: ask, rethink, ground, score, and give back what may be stored.

After “Sleep-time Compute: Beyond Inference Scaling at Test-time” (arXiv 2504.13171): the context is thought about
before anybody asks, here one small question at a time.
"""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from forethought.context import Context
from forethought.engine.messages import (
    CancelToken,
    Completion,
    Engine,
    EngineInfo,
    GenerateRequest,
    Priority,
    Prompt,
    Sampling,
)
from forethought.errors import Cancelled, ContextOverflow
from forethought.grounding import ground, sentences
from forethought.insights import Entry, Insights, Outcome, PredictedQuestion, Provenance, text_digest
from forethought.prompts import (
    PROMPT_VERSION,
    Ask,
    asks_about,
    predicted_question_prompt,
    rethinking_prompt,
    thinking_prompt,
)
from forethought.secrets import redact

CANDIDATE_TEMPERATURE = 0.7
"""Of every candidate but the first, which is greedy."""


@dataclass(frozen=True, slots=True)
class Method:
    """How to think: part of the producer, but for the priority."""

    rounds: int = 1
    """Texts written for each ask: an answer and `rounds` − 1 revisions of it. 0 writes one, and scores nothing."""
    candidates: int = 1
    priority: Priority = "idle"
    idle_delay_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Thought:
    """What came of thinking about one symbol."""

    entry: Entry
    cached_tokens: int
    dropped: Counter[str] = field(default_factory=Counter)
    """Why grounding dropped sentences, and how many."""


def producer_of(info: EngineInfo, method: Method) -> str:
    """Who thinks: 32 hex digits of the model digest, prompt version, sampling, rounds and candidates."""
    sampling = 0.0 if method.candidates == 1 else CANDIDATE_TEMPERATURE
    recipe = [info.digest, PROMPT_VERSION, sampling, method.rounds, method.candidates]
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:32]


def think(context: Context, engine: Engine, method: Method, rejected: Collection[str], cancel: CancelToken) -> Thought:
    """Think about one symbol. Texts whose digest is in `rejected` do not come back.

    A context that does not fit the model gives an entry with the outcome `failed`.
    Raises Cancelled, EngineUnavailable, ModelLoadError, EngineError.
    """
    info = engine.info()
    producer = producer_of(info, method)
    ledger = _Ledger(started=time.monotonic())
    asks = asks_about(context)
    session = _Session(context, engine, method, producer, cancel, ledger)
    reason = None
    insights = Insights()
    try:
        drafts = session.draft(asks)
        for round_number in range(1, method.rounds):
            revised = session.revise(asks, drafts, round_number)
            if revised == drafts:
                break
            drafts = revised
        insights = session.collect(asks, drafts, rejected)
        if method.rounds and insights.questions:
            insights = session.score(insights)
    except ContextOverflow as error:
        reason = str(error)
    outcome: Outcome = "failed" if reason else "empty" if insights.empty else "done"
    provenance = Provenance(
        model=info.model,
        producer=producer,
        prompt_version=PROMPT_VERSION,
        rounds=method.rounds,
        candidates=method.candidates,
        prompt_tokens=ledger.prompt_tokens,
        completion_tokens=ledger.completion_tokens,
        seconds=round(time.monotonic() - ledger.started, 3),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        demo=info.demo,
        callees=dict(context.callees),
    )
    entry = Entry(context.subject, producer, outcome, insights, provenance, reason)
    return Thought(entry, ledger.cached_tokens, ledger.dropped)


@dataclass(slots=True)
class _Ledger:
    started: float
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Session:
    context: Context
    engine: Engine
    method: Method
    producer: str
    cancel: CancelToken
    ledger: _Ledger

    def draft(self, asks: tuple[Ask, ...]) -> list[str | None]:
        """For each ask the best grounded candidate; None when no candidate survives."""
        prompts = tuple(thinking_prompt(self.context, ask) for ask in asks)
        budget = max(ask.max_tokens for ask in asks)
        candidates = []
        for number in range(self.method.candidates):
            sampling = Sampling() if number == 0 else Sampling(temperature=CANDIDATE_TEMPERATURE, seed=number)
            candidates.append(self._grounded(self._generate(prompts, budget, sampling, f"draft {number}")))
        return [_most_agreed([texts[position] for texts in candidates]) for position in range(len(asks))]

    def revise(self, asks: tuple[Ask, ...], drafts: list[str | None], round_number: int) -> list[str | None]:
        """Each draft after one more look at the code; what a revision loses to grounding stays as it was."""
        positions = [position for position, draft in enumerate(drafts) if draft]
        if not positions:
            return drafts
        prompts = tuple(
            rethinking_prompt(self.context, asks[position], drafts[position] or "") for position in positions
        )
        budget = max(asks[position].max_tokens for position in positions)
        texts = self._grounded(self._generate(prompts, budget, Sampling(), f"round {round_number}"))
        revised = list(drafts)
        for position, text in zip(positions, texts, strict=True):
            revised[position] = text or drafts[position]
        return revised

    def collect(self, asks: tuple[Ask, ...], drafts: list[str | None], rejected: Collection[str]) -> Insights:
        """Put the texts into their places; what repeats an earlier one, or was called wrong, is left out."""
        summary: str | None = None
        inferences: list[str] = []
        questions: list[PredictedQuestion] = []
        said: list[str] = []
        for ask, draft in zip(asks, drafts, strict=True):
            if draft is None:
                continue
            text = _without_repetition(draft, said, self.ledger.dropped)
            if text is None:
                continue
            if text_digest(text) in rejected:
                self.ledger.dropped["called wrong"] += 1
                continue
            said.append(text)
            if ask.part == "inference":
                inferences.append(text)
                continue
            questions.append(PredictedQuestion(ask.question, text))
            if ask.part == "summary":
                summary = text
        return Insights(summary, tuple(inferences), tuple(questions))

    def score(self, insights: Insights) -> Insights:
        """The predictability of each question under this model."""
        prompt = predicted_question_prompt(self.context)
        questions = insights.questions
        scores = self.engine.score(
            [prompt] * len(questions), [item.question for item in questions], self.method.priority, self.cancel
        )
        scored = (replace(item, predictability=score) for item, score in zip(questions, scores, strict=True))
        return replace(insights, questions=tuple(scored))

    def _grounded(self, completions: list[Completion]) -> list[str | None]:
        texts = []
        for completion in completions:
            grounded = ground(
                redact(completion.text),
                self.context.identifiers,
                self.context.text,
                completion.finish == "stop",
                about=self.context.name.rpartition(".")[2],
                returns_nothing=self.context.returns_nothing,
            )
            self.ledger.dropped.update(grounded.dropped)
            texts.append(grounded.text)
        return texts

    def _generate(
        self, prompts: tuple[Prompt, ...], max_tokens: int, sampling: Sampling, step: str
    ) -> list[Completion]:
        request = GenerateRequest(
            prompts=prompts,
            max_tokens=max_tokens,
            priority=self.method.priority,
            sampling=sampling,
            work_key=f"{self.context.subject}:{self.producer}:{step}",
            idle_delay_seconds=self.method.idle_delay_seconds,
        )
        completions = [event for event in self.engine.generate(request, self.cancel) if isinstance(event, Completion)]
        if self.cancel.cancelled or any(completion.finish == "cancelled" for completion in completions):
            raise Cancelled("The sleep-time pass was cancelled; what was done before is kept.")
        for completion in completions:
            self.ledger.prompt_tokens += completion.usage.prompt_tokens
            self.ledger.cached_tokens += completion.usage.cached_tokens
            self.ledger.completion_tokens += completion.usage.completion_tokens
        return sorted(completions, key=lambda completion: completion.index)


def _most_agreed(texts: list[str | None]) -> str | None:
    """The candidate that shares most words with the others; the earlier one when level."""
    present = [text for text in texts if text]
    if not present:
        return None
    bags = [set(text.lower().split()) for text in present]

    def agreement(position: int) -> float:
        own = bags[position]
        return sum(len(own & other) / len(own | other) for other in bags)

    return present[max(range(len(present)), key=lambda position: (agreement(position), -position))]


def _without_repetition(text: str, said: list[str], dropped: Counter[str]) -> str | None:
    known = {" ".join(sentence.lower().split()) for other in said for sentence in sentences(other)}
    kept = [sentence for sentence in sentences(text) if " ".join(sentence.lower().split()) not in known]
    dropped["repetition"] += len(sentences(text)) - len(kept)
    return " ".join(kept) or None
