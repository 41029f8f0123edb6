"""Sleep-time compute on plain contexts: notes are written before anybody asks, and questions are answered with them.

The method of arXiv 2504.13171 with our own prompts. Both arms of a comparison get the same prompt except for the
notes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.datasets.problems import Query, Situation, is_right, number_text, read_answer
from benchmarks.harness.costs import Spent, spent_from, spent_on
from forethought.bench.bootstrap import paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Interval
from forethought.engine.api import EngineInfo, Message, Prompt, Sampling

BUDGETS: Final = (40, 80, 160, 320, 640)
"""Answer tokens at verbosity 0 to 4, as in the product."""
NOTE_TOKENS: Final = 320
"""Maximum length of a draft of the notes, and of a revision."""
MAX_ROUNDS: Final = 10
WITHOUT, WITH = "without", "with"
"""The two arms: without and with sleep time."""
_MIN_ABILITY: Final = 0.15
"""Accuracy below which a model is said to be unable to do the task: occasional guesses are right, too."""
MIN_PAIRS: Final = 3
"""Fewer pairs do not show how much their differences vary."""
WARM_TEMPERATURE: Final = 0.7
"""Used when several different texts are wanted."""

_STYLES: Final = (
    "Answer in one short sentence, without explanation: “The answer is”, and the number.",
    "Explain in one short sentence. Then write “The answer is”, and the number.",
    "Explain in two short sentences. Then write “The answer is”, and the number.",
    "Reason step by step. At the end write “The answer is”, and the number.",
    "Reason step by step and check each step. At the end write “The answer is”, and the number.",
)
_WITHHELD: Final = "The question is not known. Guess what is asked about this, and answer that."
_DRAFT: Final = (
    "Somebody will ask about this soon. Work out step by step every number that they may ask for. Write one calculation"
    " with its result a line."
)
_LIKELY: Final = " The question will be something like this: {}"
_REVISE: Final = (
    "Check each calculation of these notes. Correct or remove what is wrong, and add results that are useful and"
    " missing. Write all the notes again. If nothing is left to change, write only the word FINISHED."
)
_FINISHED: Final = re.compile(r"\W*FINISHED\b")
_BULLET: Final = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+")
_WORDS: Final = re.compile(r"[a-z0-9]+|[=+/*×÷.%$-]")
_MAX_LINES: Final = 16
"""Maximum length of merged notes: about that of one draft."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What a sleep-time pass wrote about a context: the c′ of the paper."""

    text: str
    rounds: int
    """Number of revisions."""
    spent: Spent

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "rounds": self.rounds, "spent": self.spent.to_json()}


def think(measurement: Measurement, context: str, *, rounds: int = 0, likely: str = "") -> list[Notes]:
    """Return the notes after the draft and after each revision, at most 1 + `rounds`, until the model is finished.

    `likely` is a question to prepare for. Raises EngineError.
    """
    batch = measurement.generate([draft_prompt(context, likely)], NOTE_TOKENS)
    found = [Notes(merge_notes([batch.completions[0].text]), 0, spent_on(batch.completions, batch.seconds))]
    for number in range(1, min(rounds, MAX_ROUNDS) + 1):
        before = found[-1]
        prompt = _prompt(f"{context}\n\nNotes:\n{before.text}\n\n{_REVISE}")
        batch = measurement.generate([prompt], NOTE_TOKENS)
        revised = batch.completions[0].text
        spent = before.spent + spent_on(batch.completions, batch.seconds)
        if not revised.strip() or _FINISHED.match(revised):
            found.append(Notes(before.text, number, spent))
            break
        found.append(Notes(merge_notes([revised]), number, spent))
    return found


def draft_several(measurement: Measurement, context: str, counts: Sequence[int], seed: int) -> dict[int, Notes]:
    """Return the merged notes for each number of drafts in `counts` (ascending); each extends the one before."""
    texts: list[str] = []
    spent = Spent()
    found: dict[int, Notes] = {}
    for count in counts:
        sampling = Sampling(WARM_TEMPERATURE, seed + count)
        batch = measurement.generate([draft_prompt(context)] * (count - len(texts)), NOTE_TOKENS, sampling)
        texts += [completion.text for completion in batch.completions]
        spent += spent_on(batch.completions, batch.seconds)
        found[count] = Notes(merge_notes(texts), 0, spent)
    return found


def draft_prompt(context: str, likely: str = "") -> Prompt:
    """The first request of a pass."""
    return _prompt(f"{context}\n\n{_DRAFT}{_LIKELY.format(likely) if likely else ''}")


def collect_notes(measurement: Measurement, situations: Sequence[Situation], *, rounds: int) -> dict[str, list[Notes]]:
    """Run `think` on every context and return the notes by key. After Ctrl-C: of the finished contexts only."""

    def measure(situation: Situation) -> dict[str, Any]:
        return {"notes": [notes.to_json() for notes in think(measurement, situation.context, rounds=rounds)]}

    units = {situation.key: situation for situation in situations}
    kept = measurement.collect("contexts prepared", units, measure, {"rounds": rounds})
    return {key: [notes_from(notes) for notes in value["notes"]] for key, value in kept.items()}


def notes_from(value: dict[str, Any]) -> Notes:
    return Notes(value["text"], value["rounds"], spent_from(value["spent"]))


def merge_notes(drafts: Sequence[str]) -> str:
    """Return the drafts' lines without duplicates; of several drafts those most of them agree on, up to a limit."""
    support: dict[str, set[int]] = {}
    wording: dict[str, str] = {}
    for number, draft in enumerate(drafts):
        for line in draft.splitlines():
            bare = _BULLET.sub("", line).strip()
            key = " ".join(_WORDS.findall(bare.lower()))
            if key:
                support.setdefault(key, set()).add(number)
                wording.setdefault(key, bare)
    ranked = sorted(wording, key=lambda key: -len(support[key]))  # stable: earlier lines come first
    return "\n".join(wording[key] for key in (ranked[:_MAX_LINES] if len(drafts) > 1 else ranked))


def question_prompt(context: str, question: str | None, verbosity: int, notes: str | None) -> Prompt:
    """The prompt of all arms. If `question` is None it is withheld, and the model has to guess it."""
    known = f"\n\nNotes, made before:\n{notes}" if notes else ""
    asked = question if question is not None else _WITHHELD
    return _prompt(f"{context}{known}\n\n{asked}\n\n{_STYLES[verbosity]}")  # small models follow what comes last


@dataclass(frozen=True, slots=True)
class Asking:
    """One question about one context, with the notes, if any."""

    context: str
    query: Query
    notes: str | None = None
    withheld: bool = False
    """The control arm: the model is not told the question."""

    def prompt(self, verbosity: int) -> Prompt:
        return question_prompt(self.context, None if self.withheld else self.query.question, verbosity, self.notes)


def answer(measurement: Measurement, asking: Asking, verbosity: int) -> dict[str, Any]:
    """Ask one question by itself, as a person would.

    Returns plain JSON values: `text`, `right`, `given` (the number read, or None) and `spent`. Raises EngineError.
    """
    return answer_together(measurement, [asking], verbosity)[0]


def answer_together(measurement: Measurement, askings: Sequence[Asking], verbosity: int) -> list[dict[str, Any]]:
    """Like `answer` for several questions as one batch, which is faster; the seconds are divided evenly among them."""
    batch = measurement.generate([asking.prompt(verbosity) for asking in askings], BUDGETS[verbosity])
    seconds = batch.seconds / len(askings)
    return [
        {
            "text": completion.text,
            "right": is_right(completion.text, asking.query.answer),
            "given": read_answer(completion.text),
            "spent": spent_on([completion], seconds).to_json(),
        }
        for asking, completion in zip(askings, batch.completions, strict=True)
    ]


def compare(
    measurement: Measurement, context: str, query: Query, verbosity: int, notes: str, *, with_first: bool
) -> dict[str, Any]:
    """Ask without and with the notes.

    Returns `without` and `with`, each as from `answer`, and the `certainty` of both. Alternate `with_first` between
    questions: whichever is asked second finds the start of its prompt cached.
    """
    askings = {WITHOUT: Asking(context, query), WITH: Asking(context, query, notes)}
    found: dict[str, Any] = {}
    for arm in (WITH, WITHOUT) if with_first else (WITHOUT, WITH):
        found[arm] = answer(measurement, askings[arm], verbosity)
    found["certainty"] = certainty(measurement, list(askings.values()))
    return found


def certainty(measurement: Measurement, askings: Sequence[Asking]) -> list[float | None]:
    """Mean log-probability per token (nats) of the right answer to each question; None if the engine cannot score.

    It measures how close the model is to the answer even when it gives none. Raises EngineError.
    """
    right = [f"The answer is {number_text(asking.query.answer)}." for asking in askings]
    prompts = [asking.prompt(0) for asking in askings]
    return measurement.engine.score(prompts, right, "requested", measurement.cancel)


def predictability(measurement: Measurement, context: str, queries: Sequence[Query]) -> list[float | None]:
    """Mean log-probability per token (nats) of each question given the context. Raises EngineError."""
    prompt = _prompt(f"{context}\n\nAsk one question about this.")
    questions = [query.question for query in queries]
    return measurement.engine.score([prompt] * len(queries), questions, "requested", measurement.cancel)


def gain_in_certainty(pairs: Sequence[Sequence[float | None]], seed: int) -> Interval | None:
    """Gain in log-probability of the right answer with notes, in nats per token; None if too few were scored."""
    known = [(pair[0], pair[1]) for pair in pairs if pair[0] is not None and pair[1] is not None]
    if len(known) < MIN_PAIRS:
        return None
    return paired_bootstrap([after for _, after in known], [before for before, _ in known], seed)


def certainty_sentence(gain: Interval | None) -> list[str]:
    if gain is None:
        return []
    more = "more" if gain.mean > 0 else "less"
    chance = "" if gain.excludes_zero else ", which may be chance"
    return [
        f"The right answer is {more} probable with notes, by {abs(gain.mean):.2f} nats per token (95 % CI of the "
        f"change {gain.low:+.2f} to {gain.high:+.2f}){chance}."
    ]


def ability(info: EngineInfo, without: Interval) -> list[str]:
    """Sentences about what to expect of a model with this accuracy without sleep time."""
    share = f"{without.mean:.0%} right without sleep time (95 % CI {without.low:.0%} to {without.high:.0%})"
    found = []
    if info.demo:
        found.append(
            f"{info.model} is a demonstration model that hardly reasons: this run shows what sleep time costs, not "
            "what it can gain."
        )
    if without.mean < _MIN_ABILITY:
        found.append(f"{info.model} cannot do this kind of arithmetic: {share}. Accuracy cannot distinguish the arms.")
    else:
        found.append(f"{info.model} gets {share}.")
    return found


def _prompt(text: str) -> Prompt:
    return Prompt((Message("user", text),))
