"""The effect of idle time: gain by time given, a question during a pass, wrong notes, and a shift in what is asked.

The gain is simulated from real passes: their measured seconds decide which contexts are prepared by when. The question
during a pass is real: the engine is working on a pass when it arrives.
"""

import random
import re
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from benchmarks.datasets.gsm8k import SOCRATIC, Gsm8kFolder, read_gsm8k
from benchmarks.datasets.problems import Query, Situation, number_text, sample, to_number
from benchmarks.harness.costs import mean_spent, spent_from
from benchmarks.harness.sleep_time import (
    BUDGETS,
    MIN_PAIRS,
    NOTE_TOKENS,
    Asking,
    Notes,
    ability,
    answer_together,
    certainty,
    collect_notes,
    draft_prompt,
    question_prompt,
    think,
)
from forethought.bench.bootstrap import bootstrap, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.quantiles import quantile
from forethought.bench.report import Interval, Plot, Report, Series, Table
from forethought.engine.api import CancelToken, Completion, Delta, EngineInfo, GenerateRequest, Prompt

IDLE_SECONDS = (0, 10, 60, 600)
_VERBOSITY = 0
_NONE, _DRAFT, _REVISED, _WRONG, _FOREIGN = (
    "no notes",
    "draft",
    "revised",
    "notes with wrong results",
    "another context's notes",
)
_MIN_QUESTIONS = 2
"""Per context: the first and the last are asked."""


def run(
    measurement: Measurement,
    limit: Annotated[int, "Number of contexts; 0 for all."] = 6,
    arrivals: Annotated[int, "Number of questions that arrive during a pass."] = 8,
    seed: Annotated[int, "Seed of the sample, the arrivals and the intervals."] = 7,
    gsm8k: Gsm8kFolder = None,
) -> Report:
    """Report gains by idle time, latency during a pass, and the harm of wrong or unsuitable notes.

    Raises EngineError, ModelError, and ForethoughtError if the problems cannot be had.
    """
    info = measurement.engine.fetch_info()
    enough = [
        situation for situation in read_gsm8k(measurement, SOCRATIC, gsm8k) if len(situation.queries) >= _MIN_QUESTIONS
    ]
    chosen = sample(enough, limit, seed)
    notes = collect_notes(measurement, chosen, rounds=1)
    units = {situation.key: situation for situation in chosen if situation.key in notes}
    foreign = dict(zip(units, [*list(units)[1:], *list(units)[:1]], strict=True))

    def ask(situation: Situation) -> dict[str, Any]:
        own = notes[situation.key]
        texts = {
            _NONE: None,
            _DRAFT: own[0].text,
            _REVISED: own[-1].text,
            _WRONG: with_wrong_results(own[-1].text, situation.context, seed),
            _FOREIGN: notes[foreign[situation.key]][-1].text,
        }
        return {"by notes": _ask_with(measurement, situation, situation.query, texts)}

    def ask_shifted(situation: Situation) -> dict[str, Any]:
        """Ask two questions, each with the notes written for it and with those written for the other."""
        pair = (situation.queries[0], situation.query)
        made = [think(measurement, situation.context, likely=query.question)[-1] for query in pair]
        return {
            "questions": [
                _ask_with(
                    measurement, situation, pair[place],
                    {_NONE: None, "foreseen": made[place].text, "shifted": made[1 - place].text},
                )
                for place in (0, 1)
            ]
        }  # fmt: skip

    kept = measurement.collect("contexts asked about", units, ask, {"seed": seed})
    shifts = measurement.collect("contexts with a shift", units, ask_shifted, {"seed": seed})
    # Contexts new to the engine, three for each arrival, so that no prompt is cached.
    unused = sample(enough, 0, seed)[::-1]
    latencies = measurement.collect(
        "questions during a pass",
        {
            str(number): (unused[3 * number : 3 * number + 3], wait)
            for number, wait in enumerate(_moments(arrivals, seed))
        },
        lambda item: _arrive(measurement, *item),
        {"seed": seed},
    )
    settings = measurement.settings(
        data=SOCRATIC.file, contexts=len(kept), arrivals=len(latencies), idle_seconds=IDLE_SECONDS, seed=seed
    )
    return _report(
        info, {key: notes[key] for key in kept}, [value["by notes"] for value in kept.values()],
        [question for value in shifts.values() for question in value["questions"]], list(latencies.values()), seed,
        settings,
    )  # fmt: skip


def with_wrong_results(notes: str, context: str, seed: int) -> str:
    """Change every number in the notes that does not come from the context, so that all computed results are wrong."""
    chooser = random.Random(seed)  # noqa: S311 - sampling, not cryptography
    given = {to_number(found) for found in _NUMBER.findall(context)}

    def change(found: re.Match[str]) -> str:
        value = to_number(found[0])
        return found[0] if value is None or value in given else number_text(value + chooser.randint(1, 9))

    return _NUMBER.sub(change, notes)


_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def covered(passes: Sequence[Sequence[float]], seconds: float) -> list[int]:
    """Number of stages of each context's pass that are done after so many idle seconds.

    The first stage of every context comes first, then the second of every context, and so on. `passes` holds the
    seconds of each stage.
    """
    done = [0] * len(passes)
    left = seconds
    for stage in range(max(map(len, passes), default=0)):
        for number, stages in enumerate(passes):
            if stage < len(stages):
                left -= stages[stage]
                if left < 0:
                    return done
                done[number] += 1
    return done


def stage_seconds(notes: Sequence[Notes]) -> list[float]:
    """Seconds of each stage of a pass; the notes hold cumulative ones."""
    ends = [one.spent.seconds for one in notes]
    return [end - start for start, end in zip([0.0, *ends], ends, strict=False)]


def _ask_with(
    measurement: Measurement, situation: Situation, query: Query, texts: Mapping[str, str | None]
) -> dict[str, Any]:
    askings = [Asking(situation.context, query, text) for text in texts.values()]
    scores, answers = certainty(measurement, askings), answer_together(measurement, askings, _VERBOSITY)
    return {name: {**found, "certainty": score} for name, found, score in zip(texts, answers, scores, strict=True)}


def _moments(arrivals: int, seed: int) -> list[float]:
    """Random arrival times, in seconds after the start of a pass."""
    chooser = random.Random(seed)  # noqa: S311 - sampling, not cryptography
    return [round(chooser.uniform(0.3, 2.0), 2) for _ in range(arrivals)]


def _arrive(measurement: Measurement, situations: Sequence[Situation], wait: float) -> dict[str, Any]:
    """Ask about one context on a free engine, and about another during a pass over a third.

    Returns the seconds until each answer begins. Raises EngineError.
    """
    first, thought_about, second = situations
    free = _first_token_seconds(measurement, question_prompt(first.context, first.query.question, _VERBOSITY, None))
    finished: list[float] = []
    failed: list[BaseException] = []
    cancel = CancelToken()

    def work() -> None:
        request = GenerateRequest((draft_prompt(thought_about.context),), NOTE_TOKENS, priority="requested")
        try:
            for event in measurement.engine.generate(request, cancel):
                if isinstance(event, Completion):
                    finished.append(time.perf_counter())
        except Exception as error:  # noqa: BLE001 - raised again in the waiting thread
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    measurement.cancel.wait(wait)
    asked_at = time.perf_counter()
    busy = _first_token_seconds(measurement, question_prompt(second.context, second.query.question, _VERBOSITY, None))
    while thread.is_alive() and not measurement.cancel.cancelled:
        thread.join(0.05)
    cancel.cancel()
    thread.join()
    if failed:
        raise failed[0]
    during_pass = bool(finished) and finished[0] > asked_at
    return {"free": free, "busy": busy, "waited": wait, "during pass": during_pass, "finished": bool(finished)}


def _first_token_seconds(measurement: Measurement, prompt: Prompt) -> float:
    started = time.perf_counter()
    first: float | None = None
    for event in measurement.engine.generate(GenerateRequest((prompt,), BUDGETS[_VERBOSITY]), measurement.cancel):
        if isinstance(event, Delta) and first is None:
            first = time.perf_counter() - started
    return first if first is not None else time.perf_counter() - started


Asked = Sequence[Mapping[str, Mapping[str, Any]]]


def _report(
    info: EngineInfo,
    notes: Mapping[str, Sequence[Notes]],
    asked: Asked,
    shifts: Asked,
    latencies: Sequence[Mapping[str, Any]],
    seed: int,
    settings: Mapping[str, Any],
) -> Report:
    passes = [stage_seconds(found) for found in notes.values()]
    none = [one[_NONE] for one in asked]
    rows, right_points, near_points = [], [], []
    for seconds in IDLE_SECONDS:
        done = covered(passes, seconds)
        state = [one[(_NONE, _DRAFT, _REVISED)[count]] for one, count in zip(asked, done, strict=True)]
        right, near = (_gain(state, none, outcome, seed) if any(done) else None for outcome in ("right", "certainty"))
        spent = [spent_from(one["spent"]) for one in state]
        rows.append(
            (seconds, sum(count > 0 for count in done), sum(count > 1 for count in done), _share(state, seed),
             right, near, mean_spent(spent).completion)
        )  # fmt: skip
        right_points.append((float(seconds), right))
        near_points.append((float(seconds), near))
    by_time = Table(
        "Gain by idle time",
        ("idle seconds", "contexts prepared", "revised", "share right", "gain", "gain in log P",
         "completion tokens a query"),
        tuple(rows),
        f"{len(asked)} contexts, one question each. A pass took {sum(map(sum, passes)) / len(passes):.1f} s on "
        "average; the measured seconds decide which were done by when. Log P "
        "is that of the right answer, in nats per token.",
    )  # fmt: skip
    harm = Table(
        "Harm of wrong notes",
        ("notes", "share right", "gain over none", "gain in log P"),
        tuple(
            (name, _share(found, seed), *_gains(found, none, seed))
            for name in (_NONE, _REVISED, _WRONG, _FOREIGN)
            for found in [[one[name] for one in asked]]
        ),
        "Wrong results: every computed number in the notes was changed.",
    )
    shift_none = [one[_NONE] for one in shifts]
    groups = [number // 2 for number in range(len(shifts))]
    shift = Table(
        "A shift in what is asked",
        ("notes written for", "share right", "gain over none", "gain in log P"),
        tuple(
            (said, _share(found, seed, groups), *_gains(found, shift_none, seed, groups))
            for name, said in ((_NONE, "none"), ("foreseen", "this question"), ("shifted", "another question"))
            for found in [[one[name] for one in shifts]]
        ),
        "Two questions per context, each asked with the notes written for it and with those for the other.",
    )  # fmt: skip
    interrupting = [one for one in latencies if one["during pass"]]
    waits = _latency_table(latencies, interrupting)
    return Report(
        name="idle",
        title="The effect of idle time",
        shows="How much is gained by how much idle time, how long does a question wait that arrives during a pass, and "
        "what is the harm of wrong or unsuitable notes?",
        verdict=(
            *ability(info, _share(none, seed)),
            _time_sentence(near_points),
            _latency_sentence(interrupting),
            _harm_sentence(asked, none, seed),
            _shift_sentence(shifts, groups, seed),
        ),
        tables=(by_time, waits, harm, shift),
        plots=(
            _plot("Gain in accuracy by idle time", "share right, with − without", right_points),
            _plot("Gain in the answer's probability by idle time", "log P per token, with − without", near_points),
        ),
        settings=settings,
        data={"passes": passes, "asked": list(asked), "shifts": list(shifts), "latencies": list(latencies)},
    )


def _share(found: Sequence[Mapping[str, Any]], seed: int, groups: Sequence[int] | None = None) -> Interval:
    return bootstrap([float(one["right"]) for one in found], seed, groups)


def _gain(
    found: Sequence[Mapping[str, Any]],
    control: Sequence[Mapping[str, Any]],
    outcome: str,
    seed: int,
    groups: Sequence[int] | None = None,
) -> Interval | None:
    pairs = [
        (float(one[outcome]), float(other[outcome]), group)
        for one, other, group in zip(found, control, groups or range(len(found)), strict=True)
        if one[outcome] is not None and other[outcome] is not None
    ]
    if len(pairs) < MIN_PAIRS:
        return None
    return paired_bootstrap([a for a, _, _ in pairs], [b for _, b, _ in pairs], seed, [group for _, _, group in pairs])


def _gains(
    found: Sequence[Mapping[str, Any]],
    control: Sequence[Mapping[str, Any]],
    seed: int,
    groups: Sequence[int] | None = None,
) -> tuple[Interval | None, Interval | None]:
    """Gains in accuracy and in log P of the right answer; None for the control itself, or if there are too few."""
    if found == control:
        return None, None
    return _gain(found, control, "right", seed, groups), _gain(found, control, "certainty", seed, groups)


def _plot(title: str, y: str, points: Sequence[tuple[float, Interval | None]]) -> Plot:
    known = [(x, found) for x, found in points if found is not None]
    series = Series(
        "gain", tuple((x, found.mean) for x, found in known), tuple((found.low, found.high) for _, found in known)
    )
    note = "From the measured seconds of each pass. The band is a 95 % interval over questions."
    return Plot(title, "idle seconds", y, (series,), log_x=True, note=note)


def _latency_table(latencies: Sequence[Mapping[str, Any]], interrupting: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (name, len(values), quantile(values, 0.5), quantile(values, 0.95), max(values))
        for name, values in (
            ("on a free engine", [1000 * one["free"] for one in latencies]),
            ("during a pass", [1000 * one["busy"] for one in interrupting]),
        )
        if values
    ]
    return Table(
        "Milliseconds until an answer begins",
        ("question", "count", "median", "p95", "max"),
        tuple(rows),
        "Measured: the engine was drafting notes when the question arrived, and resumed afterwards. No prompt was "
        "cached. The pass had the priority of `precompute`, which a question interrupts like idle work.",
    )


def _latency_sentence(interrupting: Sequence[Mapping[str, Any]]) -> str:
    if not interrupting:
        return "No question arrived during a pass: every pass was over by then."
    free, busy = (quantile([1000 * one[name] for one in interrupting], 0.5) for name in ("free", "busy"))
    finished = sum(one["finished"] for one in interrupting)
    return (
        f"During a pass an answer begins after {busy:.0f} ms (median of {len(interrupting)}), on a free engine after "
        f"{free:.0f} ms; {finished} of {len(interrupting)} interrupted passes were finished afterwards."
    )


def _time_sentence(points: Sequence[tuple[float, Interval | None]]) -> str:
    sure = [x for x, found in points if found is not None and found.low > 0]
    worse = [x for x, found in points if found is not None and found.high < 0]
    if worse:
        return f"After {worse[0]:g} idle seconds the right answer is less probable than without notes: they do harm."
    if sure:
        return f"After {sure[0]:g} idle seconds the right answer is more probable than without notes."
    return "No amount of idle time changed the right answer's probability beyond chance."


def _harm_sentence(asked: Asked, none: Sequence[Mapping[str, Any]], seed: int) -> str:
    wrong = [one[_WRONG] for one in asked]
    lost = sum(before["right"] and not after["right"] for before, after in zip(none, wrong, strict=True))
    return (
        f"Notes with wrong results turn {lost} of {sum(one['right'] for one in none)} right answers into wrong ones; "
        f"{_change(_gain(wrong, none, 'certainty', seed))}."
    )


def _shift_sentence(shifts: Asked, groups: Sequence[int], seed: int) -> str:
    foreseen, shifted = ([one[name] for one in shifts] for name in ("foreseen", "shifted"))
    gain = _gain(shifted, foreseen, "certainty", seed, groups)
    return f"If another question is asked than the notes were written for, {_change(gain)}."


def _change(gain: Interval | None) -> str:
    if gain is None:
        return "too little was scored to tell how much the right answer's probability changes"
    chance = "" if gain.excludes_zero else ", which may be chance"
    interval = f"95 % CI {gain.low:+.2f} to {gain.high:+.2f}"
    return f"the right answer's log P changes by {gain.mean:+.2f} per token ({interval}){chance}"
