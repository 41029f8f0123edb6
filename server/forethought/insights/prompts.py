"""Every prompt that is put to a model, in one place, with a version.

Small models answer small plain questions best, so each prompt asks one thing. The code comes first and the question
last, so that the prompts of one symbol share all but their end and the engine reads the code once.
"""

from collections.abc import Sequence

from forethought.engine.api import Message, Prompt
from forethought.insights.context import Context
from forethought.insights.question_predictor import Ask
from forethought.text.redaction import redact

PROMPT_VERSION = "2"
"""Part of the generator: changes whenever a prompt of the sleep-time pass changes."""

THINKING_BUDGET = 48
"""Tokens of one answer at sleep time."""

ANSWER_BUDGETS = (40, 80, 160, 320, 640)
"""Tokens of an answer by verbosity."""

MAXIMUM_HISTORY = 4
"""Earlier turns of a conversation that a prompt repeats."""

FINISHED, REMOVED = "DONE", "REMOVE"
"""What a model replies to a check when there is nothing to mend, and nothing to keep."""

ONE_SENTENCE = (". ", "\n")
"""Where an answer is cut off at sleep time: the first sentence is what small models are best at."""

_SYSTEM = "You are a programming expert. You explain code in one or two short plain sentences."

_SHORT = "Answer in one sentence."

_BREVITY = (
    "Answer in one short sentence.",
    "Answer in one or two short sentences.",
    "Answer in a short paragraph.",
    "Answer in two or three short paragraphs.",
    "Answer in detail.",
)


def thinking_prompt(context: Context, ask: Ask) -> Prompt:
    """Put one question about the code."""
    return Prompt((Message("system", _SYSTEM), _asked(context, ask)))


def explaining_prompt(context: Context) -> Prompt:
    """Ask what the code does, whatever it is: a text about it is scored under this."""
    return Prompt((Message("system", _SYSTEM), Message("user", f"{_code(context)}\n\nWhat does it do? {_SHORT}")))


def checking_prompt(context: Context, ask: Ask, answer: str) -> Prompt:
    """Ask whether an answer is right; the reply is DONE, REMOVE, or the corrected answer."""
    check = (
        f"Check this against the code. Reply {FINISHED} if every word of it is right, {REMOVED} if the code does not"
        " show it; else write the corrected answer in one sentence."
    )
    return Prompt(
        (
            Message("system", _SYSTEM),
            _asked(context, ask),
            Message("assistant", answer),
            Message("user", check),
        )
    )


def question_prompt(context: Context) -> Prompt:
    """Ask for a question. Under it a question's predictability is scored, too: how likely is it, given the context?"""
    request = f"{_code(context)}\n\nAsk one question about this code."
    return Prompt((Message("system", _SYSTEM), Message("user", request)))


def _asked(context: Context, ask: Ask) -> Message:
    return Message("user", f"{_code(context)}\n\n{ask.question} {_SHORT}")


def _code(context: Context) -> str:
    title = f"Here is the code of `{context.name}`:" if context.name else "Here is the outline of a file:"
    return f"{title}\n{context.text}"


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
