"""The ways to answer a question, cheapest first: from the index, from a stored answer, or with a model."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Final, Protocol

from forethought.engine.api import CancelToken, Engine
from forethought.insights.entry import PredictedQuestion
from forethought.qa.fact_answers import FactAnswers
from forethought.qa.generation import generate, model_name, with_places
from forethought.qa.intent import Aspect, Intent, question_words, read_intent, same_words
from forethought.qa.question import Answer, Referent, Tier, no_answer, source_of
from forethought.qa.reader.question_reader import QuestionReader, QuestionReading
from forethought.qa.referents import Referents, ResolvedQuestion
from forethought.qa.retrieval import Retrieved, Retriever
from forethought.syntax.tags import Symbol

CODE_VERBOSITY = 3
"""From this verbosity on the code itself is read, even where insights are stored.

Measured with a 1.5B model (`python -m benchmarks code-facts --verbosities 0,1,3`): below it, answers from the insights
are as often right as those from the code, with three fifths of the tokens and in half to three quarters of the time.
From it on, most of the time is spent on writing, so nothing is saved, and thinking ahead costs accuracy at large
budgets (arXiv 2504.13171; `python -m benchmarks stateful`).
"""

_MAX_PARSED = 4096
"""Stored questions whose parse is remembered: those of about a thousand symbols."""

ASPECT_OF_KIND: dict[str, Aspect] = {
    "purpose": "purpose",
    "mechanism": "mechanism",
    "returns": "returns",
    "defaults": "default",
}
"""Kind of a question from a template → what it asks of its symbol. Other kinds ask for more than one of the aspects."""


class AskedQuestion:
    """A question on its way through the tiers, and where the text of a generated answer goes."""

    def __init__(
        self,
        resolved: ResolvedQuestion,
        retriever: Retriever,
        reader: QuestionReader,
        on_delta: Callable[[str], None],
        cancel: CancelToken,
    ) -> None:
        self.resolved = resolved
        self.question = resolved.question
        self.on_delta = on_delta
        self.cancel = cancel
        self._retriever = retriever
        self._reader = reader

    @cached_property
    def reading(self) -> QuestionReading | None:
        """What the learned reader makes of a question that is not understood word for word."""
        question = self.question
        if self.resolved.intent is not None:
            return None
        points = question.at is not None or bool(question.history)
        return self._reader.read(question.text, self.resolved.names, points)

    @cached_property
    def retrieved(self) -> Retrieved:
        """What a generated answer is made from; found when first needed."""
        return self._retriever.retrieve(self.resolved, self.cancel)


class AnswerTier(Protocol):
    """One way to answer questions."""

    @property
    def name(self) -> Tier: ...

    def try_answer(self, asked: AskedQuestion) -> Answer | None:
        """The answer; None when this tier cannot answer the question, so that the next one is tried.

        Raises Cancelled, ContextOverflow, EngineError, IndexingError.
        """
        ...


class FactTier:
    """Questions of fact, from the index."""

    name: Final = "facts"

    def __init__(self, facts: FactAnswers) -> None:
        self._facts = facts

    def try_answer(self, asked: AskedQuestion) -> Answer | None:
        resolved, intent = asked.resolved, asked.resolved.intent
        if intent is None:
            return None
        if resolved.asks_for_fact:
            return self._facts.answer(resolved, lambda: asked.cancel.cancelled)
        if asked.question.tier == "auto" and intent.name and intent.marked and not resolved.targets:
            return self._facts.unknown(resolved, intent.name)
        return None


class PredictedTier:
    """Questions that were predicted, from the store."""

    name: Final = "predicted"

    def __init__(self, referents: Referents) -> None:
        self._referents = referents
        # Stored questions are read again and again, and their text says all that is to be known about them.
        self._parse = lru_cache(_MAX_PARSED)(read_intent)
        self._words = lru_cache(_MAX_PARSED)(question_words)

    def try_answer(self, asked: AskedQuestion) -> Answer | None:
        """The one stored answer to the same question about one of the symbols it may be about."""
        question, intent = asked.question, asked.resolved.intent
        if question.fresh or asked.resolved.also is not None:
            return None  # two questions in one are never predicted
        candidates = self._referents.candidates(asked.resolved)
        if intent is not None and len(candidates) != 1:
            return None
        matches = [
            (candidate, match)
            for candidate in candidates
            if candidate.symbol_info.state != "stale" or question.tier != "auto"
            if (match := self._match(question.text, intent, candidate)) is not None
        ]
        return _stored_answer(*matches[0], intent) if len(matches) == 1 else None

    def _match(self, text: str, intent: Intent | None, candidate: Referent) -> PredictedQuestion | None:
        """The stored question that asks the same: in the same words, or the same aspect of the same symbol."""
        insights = candidate.symbol_info.insights
        if insights is None or not insights.questions:
            return None
        name = candidate.symbol.name
        words = question_words(text, name)
        for stored in insights.questions:
            if same_words(words, self._words(stored.question, name)):
                return stored
        if intent is None:
            return None
        return next((stored for stored in insights.questions if self._asks(stored, intent, candidate.symbol)), None)

    def _asks(self, stored: PredictedQuestion, intent: Intent, symbol: Symbol) -> bool:
        """Whether a stored question about the symbol asks what the intent does."""
        if symbol.kind != "file" and stored.origin == "template" and stored.kind in ASPECT_OF_KIND:
            return (ASPECT_OF_KIND[stored.kind], None, None) == _asked_of(intent)
        parsed = self._parse(stored.question)
        if parsed is None or parsed.also or _asked_of(parsed) != _asked_of(intent):
            return False
        return parsed.of_file or parsed.name == (symbol.name or None)


class ReadingTier:
    """Questions of fact in other words than the rules know, by the learned reader."""

    name: Final = "facts"

    def __init__(self, facts: FactAnswers, referents: Referents) -> None:
        self._facts = facts
        self._referents = referents

    def try_answer(self, asked: AskedQuestion) -> Answer | None:
        """The fact, if what is asked is certain; what may be meant, if it is a fact in any case."""
        reading = asked.reading
        if reading is None or reading.is_open:
            return None
        if reading.intent is not None:
            understood = self._referents.resolve_intent(asked.resolved, reading.intent, reading.others)
            if understood is not None:
                answer = self._facts.answer(understood, lambda: asked.cancel.cancelled)
                return replace(answer, read_as=reading.read_as) if answer.tier == self.name else answer
        return with_suggestions(None, reading) if reading.suggestions else None


class EnrichedTier:
    """Any question about symbols that all have fresh insights, by a model that reads those in place of the code."""

    name: Final = "enriched"

    def __init__(self, chat_engine: Callable[[], Engine]) -> None:
        self._chat_engine = chat_engine

    def try_answer(self, asked: AskedQuestion) -> Answer | None:
        if asked.question.tier != self.name and asked.question.verbosity >= CODE_VERBOSITY:
            return None
        referents = asked.retrieved.referents
        if not referents or not all(
            item.symbol_info.state == "fresh" and item.symbol_info.insights for item in referents
        ):
            return None
        return generate(asked.question, asked.retrieved, self.name, self._chat_engine, asked.on_delta, asked.cancel)


class FullTier:
    """Any question about known symbols, by a model that reads their code."""

    name: Final = "full"

    def __init__(self, chat_engine: Callable[[], Engine]) -> None:
        self._chat_engine = chat_engine

    def try_answer(self, asked: AskedQuestion) -> Answer | None:
        if not asked.retrieved.referents:
            return None
        return generate(asked.question, asked.retrieved, self.name, self._chat_engine, asked.on_delta, asked.cancel)


class NoTier:
    """Says why none of the tiers that were allowed could answer."""

    name: Final = "none"

    def try_answer(self, asked: AskedQuestion) -> Answer:
        if asked.question.tier == "facts":
            return no_answer(
                "The index cannot answer this question. Ask who calls a function, which tests cover it, or what it "
                "raises, for example."
            )
        if asked.question.tier == "predicted":
            return no_answer("No predicted question matches this one. Name one symbol and ask one thing about it.")
        retrieved = asked.retrieved
        if not retrieved.referents:
            return no_answer(retrieved.problem)
        reason = "There are no up-to-date insights about this code. Ask with the tier `full` to answer from the code."
        return with_places(no_answer(reason), retrieved)


def with_suggestions(answer: Answer | None, reading: QuestionReading) -> Answer:
    """What the question may mean, after the reason why there is no answer, if there is one."""
    head = f"{answer.text}\n\nYou can ask:" if answer is not None else "It is not certain what is asked. Do you mean:"
    lines = [f"{number}. {item.question}" for number, item in enumerate(reading.suggestions, 1)]
    text = "\n".join([head, *lines])
    return replace(answer or no_answer(""), text=text, suggestions=reading.suggestions)


def _asked_of(intent: Intent) -> tuple[str, str | None, str | None]:
    return intent.aspect, intent.other, intent.part


def _stored_answer(referent: Referent, stored: PredictedQuestion, intent: Intent | None) -> Answer:
    info, entry = referent.symbol_info, referent.symbol_info.entry
    assert entry is not None, "it holds the stored question"
    notes = ["\n\n_Written for an older version of this code._"] if info.state == "stale" else []
    notes += ["\n\n_Shared: written on another machine._"] if entry.provenance.origin == "shared" else []
    notes += ["\n\n_A function that it uses has changed since._"] if info.callee_changed else []
    return Answer(
        "",
        stored.answer + "".join(notes),
        "predicted",
        matched_question=stored.question,
        sources=(source_of(referent),),
        state="stale" if info.state == "stale" else "fresh",
        model=model_name(entry.provenance.model, entry.provenance.demo) if stored.basis == "model" else None,
        context_hash=entry.context_hash,
        stored_text=stored.answer,
        aspect=intent.aspect if intent else "same",
    )
