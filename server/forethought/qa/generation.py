"""Answers that a model writes, from insights or from the code, and streams."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from forethought.engine.api import CancelToken, Completion, Delta, Engine, GenerateRequest, Prompt, Usage
from forethought.errors import Cancelled, ContextOverflow, ForethoughtError
from forethought.insights.context import IDENTIFIER, build_context
from forethought.insights.grounding import ungrounded
from forethought.insights.prompts import ANSWER_BUDGETS, enriched_prompt, full_prompt
from forethought.qa.context_summary import context_summary
from forethought.qa.question import Answer, Question, Referent, no_answer, source_of
from forethought.qa.retrieval import Retrieved


def generate(
    question: Question,
    retrieved: Retrieved,
    tier: Literal["enriched", "full"],
    chat_engine: Callable[[], Engine],
    on_delta: Callable[[str], None],
    cancel: CancelToken,
) -> Answer:
    """The answer of a model that reads insights (`enriched`) or code (`full`); an answer `none` without a model.

    All of its text has been passed to `on_delta` when it returns, unless the answer is `none`. A prompt that does not
    fit the model's context is tried again with less in it. Raises Cancelled, ContextOverflow, EngineError.
    """
    try:
        engine = chat_engine()
    except ForethoughtError as error:
        return with_places(
            no_answer(f"Answering this question takes a model, and none is available: {error}"), retrieved
        )
    identity = engine.identity()
    if retrieved.lead:
        on_delta(retrieved.lead)
    prompts = _prompts(question, retrieved.referents, tier)
    for prompt in prompts:
        request = GenerateRequest((prompt,), ANSWER_BUDGETS[question.verbosity], "interactive")
        try:
            text, usage, first_token_ms = _stream(engine, request, on_delta, cancel)
        except ContextOverflow:
            if prompt is prompts[-1]:
                raise
            continue
        return Answer(
            "",
            retrieved.lead + text,
            tier,
            sources=tuple(map(source_of, retrieved.referents)),
            state="fresh" if tier == "enriched" else "live",
            usage=usage,
            first_token_ms=first_token_ms,
            model=model_name(identity.model, identity.demo),
        )
    raise AssertionError("there is always one prompt")


def with_places(answer: Answer, retrieved: Retrieved) -> Answer:
    """The answer with the places that a search found, in its text and as its sources."""
    if not retrieved.lead:
        return answer
    return replace(answer, text=retrieved.lead + answer.text, sources=tuple(map(source_of, retrieved.referents)))


def model_name(model: str, is_demo: bool) -> str:
    """The name of a model as answers show it."""
    return f"{model} (demo model)" if is_demo else model


def _prompts(question: Question, referents: Sequence[Referent], tier: Literal["enriched", "full"]) -> list[Prompt]:
    """The prompt to try first, and shorter ones for when it does not fit. Files that are left out are not in them."""
    referents = [referent for referent in referents if not referent.workspace.is_left_out(referent.path)]
    if tier == "enriched":
        summaries = [context_summary(referent) for referent in referents]
        return [
            enriched_prompt(question.text, summaries, question.verbosity, history) for history in (question.history, ())
        ]
    codes = [code for referent in referents if (code := _code_of(referent))]
    return [
        full_prompt(question.text, codes[:count], question.verbosity, history)
        for count, history in ((len(codes), question.history), (len(codes), ()), (1, ()))
    ]


def _stream(
    engine: Engine, request: GenerateRequest, on_delta: Callable[[str], None], cancel: CancelToken
) -> tuple[str, Usage, float]:
    """Stream one completion: its text, its usage, and the milliseconds to its first token.

    Text that its token budget cuts off ends in “…”. Text that uses a name which its prompt lacks says so at the end.
    Raises Cancelled, ContextOverflow, EngineError.
    """
    started = time.monotonic()
    first_token_ms = 0.0
    begun = False
    spaces = ""  # held back: white space at either end is not part of the answer
    for event in engine.generate(request, cancel):
        if isinstance(event, Delta):
            first_token_ms = first_token_ms or (time.monotonic() - started) * 1000
            piece = spaces + event.text if begun else event.text.lstrip()
            visible = piece.rstrip()
            spaces = piece[len(visible) :]
            if visible:
                begun = True
                on_delta(visible)
        elif isinstance(event, Completion):
            if event.finish == "cancelled" or cancel.cancelled:
                raise Cancelled("The answer was cancelled.")
            text = event.text.strip()
            ending = " …" if event.finish == "length" else ""
            prompt = "\n".join(message.content for message in request.prompts[0].messages)
            if unknown := ungrounded(text, frozenset(IDENTIFIER.findall(prompt)), prompt):
                ending += f"\n\n_“{unknown}” does not occur in the code that this answer was made from._"
            if ending:
                on_delta(ending)
            return text + ending, event.usage, first_token_ms
    raise Cancelled("The answer was cancelled.")


def _code_of(referent: Referent) -> str | None:
    """The code of a symbol with its context; None when its file is gone."""
    snapshot = referent.workspace.read_document(referent.path)
    if snapshot is None:
        return None
    resolver = referent.workspace.resolver()
    return build_context(resolver, referent.path, snapshot.tags, referent.symbol, snapshot.data).text
