"""Every prompt that is put to a model, in one place, with a version.

Small models answer small plain questions best, so each prompt asks one thing. The code comes first and the question
last, so that the prompts of one symbol share all but their end and the engine reads the code once.
"""

from collections.abc import Sequence

from forethought.engine.api import Message, Prompt
from forethought.insights.context import Context
from forethought.text.redaction import redact

PROMPT_VERSION = "3"
"""Part of the generator: changes whenever a prompt of the sleep-time pass, or the selection of notes, changes."""

NOTE_BUDGET = 90
"""Tokens of an answer at sleep time: about three sentences."""
REASONING_BUDGET = 256
"""Tokens of an analysis, of which nothing is shown."""

ANSWER_BUDGETS = (40, 80, 160, 320, 640)
"""Tokens of an answer by verbosity."""

MAX_DOCS = 1200
"""Characters of a symbol's documentation that its interface is shown with."""

MAXIMUM_HISTORY = 4
"""Earlier turns of a conversation that a prompt repeats."""

_SYSTEM = "You are a senior engineer. You explain code in short plain sentences, and say only what the code shows."

_SHORT = "Answer in one sentence."
_STATE = "Say something true about it that its name and signature do not tell."

_BREVITY = (
    "Answer in one short sentence.",
    "Answer in one or two short sentences.",
    "Answer in a short paragraph.",
    "Answer in two or three short paragraphs.",
    "Answer in detail.",
)


def purpose_prompt(context: Context) -> Prompt:
    """Ask what the code is for."""
    return _ask(context, "In one sentence, what is it for? Use other words than its name.", steps=True)


def notes_prompt(context: Context, analysis: str | None = None) -> Prompt:
    """Ask for what a reader would want to know; `analysis` is the model's own, from `reasoning_prompt`."""
    request = (
        "Tell a colleague in two or three short plain sentences what they should know about it that its name and"
        " signature do not tell. Do not quote code."
    )
    if analysis is None:
        return _ask(context, request, steps=True)
    first = reasoning_prompt(context).messages
    return Prompt((*first, Message("assistant", analysis), Message("user", request)))


def reasoning_prompt(context: Context) -> Prompt:
    """Ask for an analysis, as material for notes."""
    request = "Explain step by step what it does. Then say what is not obvious from its name and signature."
    return _ask(context, request, steps=True)


def answer_prompt(context: Context, question: str) -> Prompt:
    """Put one question about the code."""
    return _ask(context, f"{question} {_SHORT}", steps=True)


def statement_prompt(context: Context) -> Prompt:
    """A statement's likelihood given the code is scored under this."""
    return _ask(context, _STATE)


def signature_prompt(context: Context) -> Prompt:
    """A statement's likelihood given only signature and docs is scored under this."""
    docs = f"\n\nIts documentation:\n{context.doc[:MAX_DOCS]}" if context.doc else ""
    title = f"Here is the interface of `{context.name}`:" if context.name else "Here are the docs of a file:"
    shown = f"{title}\n```{context.language}\n{context.signature}\n```{docs}\n\n{_STATE}"
    return Prompt((Message("system", _SYSTEM), Message("user", shown)))


def verification_prompt(context: Context, statement: str) -> Prompt:
    """Ask whether a statement is correct; the reply is Yes or No."""
    return _ask(context, f'Statement: "{statement}"\nIs this statement correct about this code? Answer Yes or No.')


def contradiction_prompt(context: Context, statement: str) -> Prompt:
    """The same question the other way around."""
    return _ask(context, f'Statement: "{statement}"\nDoes the code contradict this statement? Answer Yes or No.')


def question_prompt(context: Context) -> Prompt:
    """Ask for a question. Under it a question's predictability is scored, too: how likely is it, given the context?"""
    return _ask(context, "Ask one question about this code.")


def _ask(context: Context, request: str, *, steps: bool = False) -> Prompt:
    """The code, what its syntax tree shows step by step, and a request: the longer a shared beginning, the cheaper."""
    title = f"Here is the code of `{context.name}`:" if context.name else "Here is the outline of a file:"
    walked = f"Step by step: {' '.join(context.steps)}\n\n" if steps and context.steps else ""
    return Prompt((Message("system", _SYSTEM), Message("user", f"{title}\n{context.text}\n\n{walked}{request}")))


def enriched_prompt(question: str, briefings: Sequence[str], verbosity: int, history: Sequence[Message]) -> Prompt:
    """A short prompt from c′ and the facts in place of the code."""
    known = "\n\n".join(briefings)
    return _conversation(f"What is known:\n{known}", question, verbosity, history)


def full_prompt(question: str, contexts: Sequence[str], verbosity: int, history: Sequence[Message]) -> Prompt:
    """The code itself."""
    return _conversation("\n\n".join(contexts), question, verbosity, history)


def _conversation(material: str, question: str, verbosity: int, history: Sequence[Message]) -> Prompt:
    system = f"You explain source code to programmers. {_BREVITY[verbosity]} Use only names that occur in the code."
    recent = [
        Message(message.role, redact(message.content))
        for message in history[-MAXIMUM_HISTORY:]
        if message.role in ("user", "assistant")
    ]
    while recent and recent[0].role != "user":
        recent.pop(0)
    if len(recent) % 2:
        recent.pop()
    return Prompt((Message("system", system), *recent, Message("user", redact(f"{material}\n\n{question}".strip()))))
