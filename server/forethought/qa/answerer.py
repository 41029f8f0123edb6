"""From a question to its answer: by the cheapest tier that knows.

An answer never claims more than its tier knows, and its places come from the index, never from generated text.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from forethought.engine.api import CancelToken, Engine
from forethought.errors import UsageError
from forethought.qa.fact_answers import FactAnswers
from forethought.qa.question import Answer, Question, source_of
from forethought.qa.reader.question_reader import QuestionReader
from forethought.qa.referents import Referents
from forethought.qa.retrieval import Retriever
from forethought.qa.tiers import (
    AnswerTier,
    AskedQuestion,
    EnrichedTier,
    FactTier,
    FullTier,
    NoTier,
    PredictedTier,
    ReadingTier,
    with_suggestions,
)
from forethought.workspace.workspace import Workspace


class Answerer:
    """Answers questions about the roots of the session. Blocks; calls on several threads are fine."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]], chat_engine: Callable[[], Engine]) -> None:
        self._referents = Referents(workspaces)
        self._retriever = Retriever(workspaces, self._referents)
        self._reader = QuestionReader()
        self._facts = facts = FactAnswers(workspaces, self._referents)
        self.tiers: tuple[AnswerTier, ...] = (
            FactTier(facts),
            PredictedTier(self._referents),
            ReadingTier(facts, self._referents),
            EnrichedTier(chat_engine),
            FullTier(chat_engine),
            NoTier(),
        )
        """In the order in which they are tried; the last answers any question."""

    def answer(self, question: Question, on_delta: Callable[[str], None], cancel: CancelToken) -> Answer:
        """The answer, whose whole text has been passed to `on_delta` in pieces.

        Raises UsageError for an empty question, IndexingError, Cancelled, ContextOverflow, EngineError.
        """
        started = time.monotonic()
        if not question.text.strip():
            raise UsageError("The question is empty. Ask about a symbol or a file.")
        asked = AskedQuestion(self._referents.resolve(question), self._retriever, self._reader, on_delta, cancel)
        answer = self._first_answer(asked)
        total_ms = (time.monotonic() - started) * 1000
        if answer.tier in ("enriched", "full"):  # streamed by the tier itself
            return replace(answer, id=uuid.uuid4().hex, total_ms=total_ms)
        if answer.read_as is not None:
            answer = replace(answer, text=f"_Read as: {answer.read_as}._\n\n{answer.text}")
        on_delta(answer.text)
        return replace(answer, id=uuid.uuid4().hex, first_token_ms=total_ms, total_ms=total_ms)

    def _first_answer(self, asked: AskedQuestion) -> Answer:
        for tier in self.tiers:
            is_allowed = asked.question.tier in ("auto", tier.name) or tier.name == "none"
            if is_allowed and (answer := tier.try_answer(asked)) is not None:
                return self._with_what_is_known(answer, asked) if answer.tier == "none" else answer
        raise AssertionError("the last tier answers any question")

    def _with_what_is_known(self, answer: Answer, asked: AskedQuestion) -> Answer:
        """What is known about the symbol that the question names, and what can be asked of it, beside a mere no."""
        if asked.question.tier == "auto" and (explained := self._facts.explain(asked.resolved)) is not None:
            return explained
        reading = asked.reading
        if answer.suggestions or reading is None or reading.name is None or asked.question.tier != "auto":
            return answer
        targets = asked.resolved.names.find(reading.name)
        known = self._referents.load(targets[:1]) if len(targets) == 1 else []
        if known:
            text = f"{answer.text}\n\n{self._facts.sketch(known[0])}"
            sources = tuple(dict.fromkeys((source_of(known[0]), *answer.sources)))
            answer = replace(answer, text=text, sources=sources)
        return with_suggestions(answer, reading) if reading.suggestions else answer
