"""What idle time brings: the gain by the time given, a question in mid-pass, wrong notes, and a shift in what is asked.

The gain is simulated from passes that were really run: their measured seconds decide which contexts were thought about
by then. The question in mid-pass is real: the engine is at work on a pass when it arrives.
"""

import random
import re
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from benchmarks.baselines.reasoning import (
    BUDGETS,
    FEWEST,
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
from benchmarks.datasets.problems import SOCRATIC, Query, Situation, number_text, read_situations, sample, to_number
from benchmarks.harness.costs import mean_spent, spent_from
from forethought.bench.bootstrap import bootstrap, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Interval, Plot, Report, Series, Table
from forethought.bench.trial import quantile
from forethought.engine.api import CancelToken, Completion, Delta, EngineInfo, GenerateRequest, Prompt

IDLE_SECONDS = (0, 10, 60, 600)
_VERBOSITY = 0
_NONE, _DRAFT, _REVISED, _WRONG, _FOREIGN = (
    "no notes",
    "draft",
    "revised",
    "notes with wrong results",
    "another's notes",
)
_SHOWN = 2
"""Questions of a context: its first sub-question and its last."""


def run(
    measurement: Measurement,
    limit: Annotated[int, "How many contexts; 0 is all."] = 6,
    arrivals: Annotated[int, "How many questions arrive in mid-pass."] = 8,
    seed: Annotated[int, "Of the sample, the arrivals and the intervals."] = 7,
) -> Report:
    """Raises EngineError and ModelError."""
    info = measurement.engine.fetch_info()
    enough = [situation for situation in read_situations(SOCRATIC) if len(situation.queries) >= _SHOWN]
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
        """Each of two questions with the notes that were made for it, and with those made for the other."""
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
    # Contexts that the engine has not met: three for each arrival, so that no prompt's beginning was read before.
    unmet = sample(enough, 0, seed)[::-1]
    latencies = measurement.collect(
        "questions in mid-pass",
        {
            str(number): (unmet[3 * number : 3 * number + 3], wait)
            for number, wait in enumerate(_moments(arrivals, seed))
        },
        lambda item: _arrive(measurement, *item),
        {"seed": seed},
    )
    settings = measurement.settings(
        data=SOCRATIC.name, contexts=len(kept), arrivals=len(latencies), idle_seconds=IDLE_SECONDS, seed=seed
    )
    return _report(
        info, {key: notes[key] for key in kept}, [value["by notes"] for value in kept.values()],
        [question for value in shifts.values() for question in value["questions"]], list(latencies.values()), seed,
        settings,
    )  # fmt: skip


def with_wrong_results(notes: str, context: str, seed: int) -> str:
    """The notes with every number changed that the context does not hold: what was computed is wrong."""
    chooser = random.Random(seed)  # noqa: S311 - no secret
    given = {to_number(found) for found in _NUMBER.findall(context)}

    def change(found: re.Match[str]) -> str:
        value = to_number(found[0])
        return found[0] if value is None or value in given else number_text(value + chooser.randint(1, 9))

    return _NUMBER.sub(change, notes)


_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def covered(passes: Sequence[Sequence[float]], seconds: float) -> list[int]:
    """How many stages of each context's pass are done after so many idle seconds: every context's first stage in
    order, then every context's second, and so on. `passes` holds each stage's seconds."""
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
    """What each stage of a pass took by itself; the notes count from the start."""
    ends = [one.spent.seconds for one in notes]
    return [end - start for start, end in zip([0.0, *ends], ends, strict=False)]


def _ask_with(
    measurement: Measurement, situation: Situation, query: Query, texts: Mapping[str, str | None]
) -> dict[str, Any]:
    askings = [Asking(situation.context, query, text) for text in texts.values()]
    scores, answers = certainty(measurement, askings), answer_together(measurement, askings, _VERBOSITY)
    return {name: {**found, "certainty": score} for name, found, score in zip(texts, answers, scores, strict=True)}


def _moments(arrivals: int, seed: int) -> list[float]:
    """Seconds after the start of a pass."""
    chooser = random.Random(seed)  # noqa: S311 - no secret
    return [round(chooser.uniform(0.3, 2.0), 2) for _ in range(arrivals)]


def _arrive(measurement: Measurement, situations: Sequence[Situation], wait: float) -> dict[str, Any]:
    """Ask about one context on a free engine, and about another while a pass over a third is running; the seconds until
    each answer begins."""
    first, thought_about, second = situations
    free = _first_words(measurement, question_prompt(first.context, first.query.question, _VERBOSITY, None))
    finished: list[float] = []
    failed: list[BaseException] = []
    cancel = CancelToken()

    def work() -> None:
        request = GenerateRequest((draft_prompt(thought_about.context),), NOTE_TOKENS, priority="requested")
        try:
            for event in measurement.engine.generate(request, cancel):
                if isinstance(event, Completion):
                    finished.append(time.perf_counter())
        except Exception as error:  # noqa: BLE001 - told to the thread that waits
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    measurement.cancel.wait(wait)
    asked_at = time.perf_counter()
    busy = _first_words(measurement, question_prompt(second.context, second.query.question, _VERBOSITY, None))
    while thread.is_alive() and not measurement.cancel.cancelled:
        thread.join(0.05)
    cancel.cancel()
    thread.join()
    if failed:
        raise failed[0]
    in_midst = bool(finished) and finished[0] > asked_at
    return {"free": free, "busy": busy, "waited": wait, "in midst": in_midst, "finished": bool(finished)}


def _first_words(measurement: Measurement, prompt: Prompt) -> float:
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
        "Idle time given, and what it brings",
        ("idle seconds", "contexts thought about", "revised", "share right", "gain", "answer's log P gained",
         "written tokens a query"),
        tuple(rows),
        f"Of {len(asked)} contexts, one question each. A whole pass took {sum(map(sum, passes)) / len(passes):.1f} s "
        "on average; which were done by then is reckoned from the seconds that each really took.",
    )  # fmt: skip
    harm = Table(
        "Harm of wrong notes",
        ("notes", "share right", "gain over none", "answer's log P gained"),
        tuple(
            (name, _share(found, seed), *_gains(found, none, seed))
            for name in (_NONE, _REVISED, _WRONG, _FOREIGN)
            for found in [[one[name] for one in asked]]
        ),
        "Wrong results: every computed number of the notes was changed. Another's: the notes of another context.",
    )
    shift_none = [one[_NONE] for one in shifts]
    groups = [number // 2 for number in range(len(shifts))]
    shift = Table(
        "A shift in what is asked",
        ("notes made for", "share right", "gain over none", "answer's log P gained"),
        tuple(
            (said, _share(found, seed, groups), *_gains(found, shift_none, seed, groups))
            for name, said in ((_NONE, "none"), ("foreseen", "this question"), ("shifted", "another question"))
            for found in [[one[name] for one in shifts]]
        ),
        "Two questions of each context; each is asked with the notes that were prepared for it, and with the other's.",
    )  # fmt: skip
    hit = [one for one in latencies if one["in midst"]]
    waits = _latency_table(latencies, hit)
    return Report(
        name="idle",
        title="What idle time brings",
        shows="How much is gained by how much idle time, what it does to a person who asks in the middle of it, and "
        "what wrong or misdirected thinking costs.",
        verdict=(
            *ability(info, _share(none, seed)),
            _time_sentence(near_points),
            _latency_sentence(latencies, hit),
            _harm_sentence(asked, none, seed),
            _shift_sentence(shifts, groups, seed),
        ),
        tables=(by_time, waits, harm, shift),
        plots=(
            _plot("Gain in accuracy by idle time", "share right, with − without", right_points),
            _plot("Gain in the answer's probability by idle time", "log P a token, with − without", near_points),
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
    if len(pairs) < FEWEST:
        return None
    return paired_bootstrap([a for a, _, _ in pairs], [b for _, b, _ in pairs], seed, [group for _, _, group in pairs])


def _gains(
    found: Sequence[Mapping[str, Any]],
    control: Sequence[Mapping[str, Any]],
    seed: int,
    groups: Sequence[int] | None = None,
) -> tuple[Interval | None, Interval | None]:
    """In accuracy, and in the right answer's log P; none of the control over itself, or of too few."""
    if found == control:
        return None, None
    return _gain(found, control, "right", seed, groups), _gain(found, control, "certainty", seed, groups)


def _plot(title: str, y: str, points: Sequence[tuple[float, Interval | None]]) -> Plot:
    known = [(x, found) for x, found in points if found is not None]
    series = Series(
        "gain", tuple((x, found.mean) for x, found in known), tuple((found.low, found.high) for _, found in known)
    )
    note = "Reckoned from the measured seconds of each pass. The band is a 95 % interval over questions."
    return Plot(title, "idle seconds given", y, (series,), log_x=True, note=note)


def _latency_table(latencies: Sequence[Mapping[str, Any]], hit: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (name, len(values), quantile(values, 0.5), quantile(values, 0.95), max(values))
        for name, values in (
            ("on a free engine", [1000 * one["free"] for one in latencies]),
            ("in the middle of a pass", [1000 * one["busy"] for one in hit]),
        )
        if values
    ]
    return Table(
        "Milliseconds until an answer begins",
        ("question", "how many", "median", "p95", "longest"),
        tuple(rows),
        "Real: the engine was drafting notes when the question came; it went on with them afterwards. "
        "Nothing of any prompt had been read before. The pass had the priority of `precompute`, which a question "
        "interrupts like idle work.",
    )


def _latency_sentence(latencies: Sequence[Mapping[str, Any]], hit: Sequence[Mapping[str, Any]]) -> str:
    if not hit:
        return "No question met a running pass: every pass had ended before the question came."
    free, busy = (quantile([1000 * one[name] for one in hit], 0.5) for name in ("free", "busy"))
    finished = sum(one["finished"] for one in hit)
    return (
        f"In the middle of a pass an answer begins after {busy:.0f} ms (median of {len(hit)}), on a free engine after "
        f"{free:.0f} ms; {finished} of {len(hit)} interrupted passes were finished afterwards."
    )


def _time_sentence(points: Sequence[tuple[float, Interval | None]]) -> str:
    sure = [x for x, found in points if found is not None and found.low > 0]
    worse = [x for x, found in points if found is not None and found.high < 0]
    if worse:
        return f"After {worse[0]:g} idle seconds the right answer is less probable than without: these notes harm."
    if sure:
        return f"From {sure[0]:g} idle seconds on the right answer is more probable than without."
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
    return f"When another question comes than was prepared for, {_change(gain)}."


def _change(gain: Interval | None) -> str:
    if gain is None:
        return "how much less or more probable the right answer becomes cannot be told from so little"
    chance = "" if gain.excludes_zero else ", which may be chance"
    interval = f"95 % interval {gain.low:+.2f} to {gain.high:+.2f}"
    return f"the right answer's log P changes by {gain.mean:+.2f} a token ({interval}){chance}"
