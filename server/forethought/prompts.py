"""Every prompt that is put to a model, in one place, with a version.

Small models answer small plain questions best, so each prompt asks one thing. The code comes first and the question
last, so that the prompts of one symbol share all but their end and the engine reads the code once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from forethought.context import CLASS_KINDS, FUNCTION_KINDS, Context
from forethought.engine.messages import Message, Prompt
from forethought.insights import Insights
from forethought.secrets import redact

PROMPT_VERSION = "1"
"""Part of the producer: changes whenever a prompt of the sleep-time pass changes."""

ANSWER_BUDGETS = (40, 80, 160, 320, 640)
"""Tokens of an answer by verbosity."""

MAXIMUM_HISTORY = 4
"""Earlier turns of a conversation that a prompt repeats."""

_SYSTEM = "You are a programming expert. You explain code in one or two short plain sentences."

_SHORT = "Answer in one sentence."

_BREVITY = (
    "Answer in one short sentence.",
    "Answer in one or two short sentences.",
    "Answer in a short paragraph.",
    "Answer in two or three short paragraphs.",
    "Answer in detail.",
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that a sleep-time pass asks about a symbol."""

    part: Literal["summary", "question", "inference"]
    question: str
    """As a person would ask it; a predicted question names its symbol."""
    max_tokens: int


def asks_about(context: Context) -> tuple[Ask, ...]:
    """What to ask about a symbol, in order of worth."""
    name = f"`{context.name}`"
    if context.kind == "file":
        return (
            Ask("summary", "What does this file do?", 50),
            Ask("question", "How do the parts of this file work together?", 60),
        )
    if context.kind in FUNCTION_KINDS:
        result = () if context.returns_nothing else (Ask("question", f"What does {name} return?", 50),)
        return (
            Ask("summary", f"What does {name} do?", 50),
            *result,
            Ask("question", f"When should I use {name}?", 50),
            Ask("inference", f"What should a caller of {name} know?", 50),
        )
    if context.kind in CLASS_KINDS:
        return (
            Ask("summary", f"What is {name} for?", 50),
            Ask("question", f"How do I use {name}?", 60),
            Ask("inference", f"What does {name} keep track of?", 50),
        )
    return (Ask("summary", f"What is {name} for?", 50),)


def thinking_prompt(context: Context, ask: Ask) -> Prompt:
    return Prompt((Message("system", _SYSTEM), Message("user", f"{_code(context)}\n\n{ask.question} {_SHORT}")))


def rethinking_prompt(context: Context, ask: Ask, draft: str) -> Prompt:
    """Ask for a better version of `draft`; the model repeats it when there is nothing to mend."""
    return Prompt(
        (
            Message("system", _SYSTEM),
            Message("user", f"{_code(context)}\n\n{ask.question} {_SHORT}"),
            Message("assistant", draft),
            Message(
                "user", "Check this against the code. Write the corrected answer, or the same answer if it is right."
            ),
        )
    )


def predicted_question_prompt(context: Context) -> Prompt:
    """The prompt under which a question's predictability is scored: how likely is it, given the context?"""
    request = f"{_code(context)}\n\nAsk one question about this code."
    return Prompt((Message("system", _SYSTEM), Message("user", request)))


def _code(context: Context) -> str:
    title = f"Here is the code of `{context.name}`:" if context.name else "Here is the outline of a file:"
    return f"{title}\n{context.text}"


def enriched_prompt(
    question: str,
    signatures: Sequence[str],
    insights: Sequence[tuple[str, Insights]],
    verbosity: int,
    history: Sequence[Message],
) -> Prompt:
    """A short prompt from c′ in place of the code."""
    known = "\n\n".join(_insights_text(name, item) for name, item in insights)
    signature_text = "\n".join(signatures)
    return _conversation(f"{signature_text}\n\nWhat is known:\n{known}", question, verbosity, history)


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


def _insights_text(name: str, insights: Insights) -> str:
    lines = [f"{name or 'The file'}: {insights.summary}" if insights.summary else f"{name or 'The file'}:"]
    lines += [f"- {inference}" for inference in insights.inferences]
    lines += [f"- {item.question} {item.answer}" for item in insights.questions]
    return "\n".join(lines)
