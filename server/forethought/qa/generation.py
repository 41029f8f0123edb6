"""The tiers that need a model: prompts from c′ or from the code, and the text as it streams."""

import time
from collections.abc import Callable, Sequence

from forethought.engine.api import CancelToken, Completion, Delta, Engine, GenerateRequest, Prompt, Usage
from forethought.errors import Cancelled
from forethought.insights.context import IDENTIFIER, build_context
from forethought.insights.grounding import ungrounded
from forethought.insights.prompts import enriched_prompt, full_prompt
from forethought.qa.context_summary import context_summary
from forethought.qa.question import Question, Referent


def prompts_for(question: Question, meant: Sequence[Referent], enriched: bool) -> list[Prompt]:
    """The prompt to try, and shorter ones for when it does not fit."""
    if enriched:
        briefings = [context_summary(item) for item in meant]
        return [
            enriched_prompt(question.text, briefings, question.verbosity, history) for history in (question.history, ())
        ]
    contexts = [text for item in meant if (text := _code_of(item))]
    return [
        full_prompt(question.text, contexts[:count], question.verbosity, history)
        for count, history in ((len(contexts), question.history), (len(contexts), ()), (1, ()))
    ]


def stream_answer(
    engine: Engine, request: GenerateRequest, on_delta: Callable[[str], None], cancel: CancelToken
) -> tuple[str, Usage, float]:
    """The text, what it cost, and milliseconds to the first token.

    A text that its budget cuts off ends in “…”; one that names what its prompt lacks says so at its end.
    """
    started = time.monotonic()
    first = 0.0
    shown = held = ""
    for event in engine.generate(request, cancel):
        if isinstance(event, Delta):
            first = first or (time.monotonic() - started) * 1000
            # White space at either end is no part of the answer.
            piece = (held + event.text) if shown else event.text.lstrip()
            said = piece.rstrip()
            held = piece[len(said) :]
            if said:
                shown = said
                on_delta(said)
        elif isinstance(event, Completion):
            if event.finish == "cancelled" or cancel.cancelled:
                raise Cancelled("The answer was cancelled.")
            text = event.text.strip()
            ending = " …" if event.finish == "length" else ""
            prompt = "\n".join(message.content for message in request.prompts[0].messages)
            if unknown := ungrounded(text, frozenset(IDENTIFIER.findall(prompt)), prompt):
                ending += f"\n\n_“{unknown}” is not in the code that this answer was made from._"
            if ending:
                on_delta(ending)
            return text + ending, event.usage, first
    raise Cancelled("The answer was cancelled.")


def _code_of(item: Referent) -> str | None:
    symbol_info = item.symbol_info
    snapshot = item.workspace.snapshot_from_disk(symbol_info.path)
    if snapshot is None:
        return None
    return build_context(
        item.workspace.resolver(), symbol_info.path, snapshot.tags, symbol_info.symbol, snapshot.data
    ).text
