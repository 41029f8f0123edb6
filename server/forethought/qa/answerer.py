"""From a person's question to an answer: a fact, a prediction, c′ and a short prompt, or the code itself.

An answer never claims more than its tier knows, and its places come from the index, never from generated text.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from forethought.engine.api import CancelToken, Engine, GenerateRequest
from forethought.errors import ContextOverflow, ForethoughtError, StoreError, UsageError
from forethought.insights.entry import PredictedQuestion
from forethought.insights.prompts import ANSWER_BUDGETS
from forethought.qa.fact_answers import FactAnswers
from forethought.qa.generation import prompts_for, stream_answer
from forethought.qa.intent import FACT_ASPECTS, Intent, read_intent, same_question
from forethought.qa.question import Answer, Question, Referent, no_answer, source_of
from forethought.qa.referents import Referents
from forethought.qa.repository_answers import RepositoryPlaces, places_text
from forethought.workspace.workspace import Workspace

CODE_VERBOSITY = 3
"""From this verbosity on the code itself is read, c′ or not.

Measured with a 1.5B model (`forethought bench code-facts --verbosities 0,1,3`): below it, what is known is answered
from as rightly as from the code, with three fifths of the tokens and in half to three quarters of the time; from it on,
the time is spent on writing and nothing is saved, and thinking ahead costs accuracy at large budgets (arXiv
2504.13171; `forethought bench stateful`).
"""


class Answerer:
    """Answers questions over the session's roots. Blocks: one call a thread."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]], chat_engine: Callable[[], Engine]) -> None:
        self._workspaces = workspaces
        self._chat_engine = chat_engine
        self._meaning = Referents(workspaces)
        self._facts = FactAnswers(workspaces, self._meaning)
        self._repository = RepositoryPlaces(workspaces, self._meaning)

    def answer(self, question: Question, on_delta: Callable[[str], None], cancel: CancelToken) -> Answer:
        """Raises UsageError for an empty question, Cancelled, ContextOverflow, EngineError."""
        started = time.monotonic()
        if not question.text.strip():
            raise UsageError("The question is empty; ask about a symbol or a file.")
        answer = self._answer(question, on_delta, cancel)
        total = (time.monotonic() - started) * 1000
        if answer.tier not in ("enriched", "full"):
            on_delta(answer.text)
        first = answer.first_token_ms if answer.tier in ("enriched", "full") else total
        return replace(answer, id=uuid.uuid4().hex, first_token_ms=first, total_ms=total)

    def _answer(self, question: Question, on_delta: Callable[[str], None], cancel: CancelToken) -> Answer:
        intent = self._meaning.intent(question)
        wanted = question.tier
        if intent and intent.aspect in FACT_ASPECTS and wanted in ("auto", "facts"):
            if (answer := self._facts.answer(question, intent)) is not None:
                return answer
            intent = None
        if wanted == "facts":
            return no_answer(
                "This is not a question of fact that I understand; ask who calls, tests or raises something."
            )
        if wanted in ("auto", "predicted") and not question.fresh:
            candidates = self._meaning.candidates(question, intent)
            if (answer := self._predicted(question, intent, candidates)) is not None:
                return answer
        if wanted == "predicted":
            return no_answer("No predicted question matches this one closely enough; name a symbol, and ask one thing.")
        if intent is None and self._repository.is_asked(question):
            return self._about_repository(question, on_delta, cancel)
        meant = self._meaning.meant(question, intent)
        if wanted == "auto" and intent and intent.name and intent.marked and not meant:
            return self._facts.unknown(question, intent.name)
        return self._generated(question, meant, on_delta, cancel)

    # Tier: predicted

    def _predicted(self, question: Question, intent: Intent | None, candidates: Sequence[Referent]) -> Answer | None:
        """The stored answer to the one stored question about a candidate that asks the same."""
        found = [
            (item, entry, matched)
            for item in candidates
            if (entry := item.symbol_info.entry) is not None
            and (insights := item.symbol_info.insights) is not None
            and (item.symbol_info.state != "stale" or question.tier != "auto")
            and (matched := _matching_question(question.text, intent, item.symbol_info.symbol.name, insights.questions))
        ]
        if len(found) != 1 or (intent is not None and len(candidates) != 1):
            return None
        item, entry, matched = found[0]
        symbol_info = item.symbol_info
        note = "\n\n_Written for an older version of this code._" if symbol_info.state == "stale" else ""
        if symbol_info.callee_changed:
            note += "\n\n_A function that it uses has changed since._"
        provenance = entry.provenance
        return Answer(
            "",
            matched.answer + note,
            "predicted",
            matched_question=matched.question,
            sources=(source_of(item),),
            state="stale" if symbol_info.state == "stale" else "fresh",
            model=_model_name(provenance.model, provenance.demo) if matched.basis == "model" else None,
            context_hash=entry.context_hash,
            stored_text=matched.answer,
            aspect=intent.aspect if intent else "same",
        )

    # Questions about the whole repository

    def _about_repository(self, question: Question, on_delta: Callable[[str], None], cancel: CancelToken) -> Answer:
        """The closest places, and what a model makes of them; without one, the places alone, as no answer."""
        try:
            places = self._repository.closest(question, cancel)
        except StoreError as error:
            return no_answer(str(error))
        if not places:
            return no_answer("Nothing in this repository has any word of this question; name a symbol or a file.")
        lead = f"{places_text(places)}\n\n"
        said = [lead]

        def tell(delta: str) -> None:
            while said:
                on_delta(said.pop())
            on_delta(delta)

        answer = self._generated(question, places, tell, cancel)
        if answer.tier == "none":
            return replace(answer, text=f"{lead}{answer.text}", sources=tuple(source_of(item) for item in places))
        return replace(answer, text=f"{lead}{answer.text}")

    # Tiers: enriched and full

    def _generated(
        self, question: Question, meant: Sequence[Referent], on_delta: Callable[[str], None], cancel: CancelToken
    ) -> Answer:
        known = [item for item in meant if item.symbol_info.state == "fresh" and item.symbol_info.insights]
        worthwhile = question.tier == "enriched" or question.verbosity < CODE_VERBOSITY
        enriched = bool(known) and len(known) == len(meant) and question.tier != "full" and worthwhile
        if question.tier == "enriched" and not enriched:
            return no_answer("Nothing is thought about this yet, so c′ cannot answer; ask with the tier `full`.")
        if not meant:
            return no_answer("I do not know which symbol or file this is about; name one, or ask from inside a file.")
        try:
            engine = self._chat_engine()
        except ForethoughtError as error:
            return no_answer(f"This is not a question of fact, and no model can answer it: {error}")
        info = engine.info()
        budget = ANSWER_BUDGETS[question.verbosity]
        prompts = prompts_for(question, known if enriched else meant, enriched)
        for number, prompt in enumerate(prompts):
            request = GenerateRequest((prompt,), budget, "interactive")
            try:
                text, usage, first = stream_answer(engine, request, on_delta, cancel)
            except ContextOverflow:
                if number == len(prompts) - 1:
                    raise
                continue
            return Answer(
                "",
                text,
                "enriched" if enriched else "full",
                sources=tuple(source_of(item) for item in meant),
                state="fresh" if enriched else "live",
                usage=usage,
                first_token_ms=first,
                model=_model_name(info.model, info.demo),
            )
        raise AssertionError("there is always one prompt")


def _matching_question(
    text: str, intent: Intent | None, name: str, questions: Sequence[PredictedQuestion]
) -> PredictedQuestion | None:
    """The stored question that asks the same: in the same words, or the same aspect of the same symbol."""
    for item in questions:
        if same_question(text, item.question, name):
            return item
    if intent is None:
        return None
    for item in questions:
        stored = read_intent(item.question)
        if stored is None or stored.also or intent.also:
            continue
        if (stored.aspect, stored.other, stored.part) != (intent.aspect, intent.other, intent.part):
            continue
        if stored.of_file or stored.name == (name or None):
            return item
    return None


def _model_name(model: str, demo: bool) -> str:
    return f"{model} (demo model)" if demo else model
