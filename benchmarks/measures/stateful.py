"""Accuracy by test-time tokens, without and with sleep time, and compared to several attempts at test time.

After arXiv 2504.13171, sections 4 and 5: verbosity 0 to 4, a control whose question is withheld (how much the context
alone gives away), and parallel sampling at test time, judged by an oracle (pass@k) and by majority vote.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from benchmarks.datasets.gsm8k import TEST, Gsm8kFolder, read_gsm8k
from benchmarks.datasets.problems import Situation, holds, is_right, read_answer, read_situations, sample
from benchmarks.harness.costs import Spent, majority_at, mean_spent, pass_at, pass_cost, spent_from, spent_on
from benchmarks.harness.sleep_time import (
    BUDGETS,
    WARM_TEMPERATURE,
    WITH,
    WITHOUT,
    Asking,
    ability,
    answer_together,
    certainty,
    certainty_sentence,
    collect_notes,
    gain_in_certainty,
    question_prompt,
)
from forethought.bench.bootstrap import bootstrap, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Interval, Plot, Report, Series, Table
from forethought.engine.api import EngineInfo, Sampling
from forethought.errors import Cancelled

_WITHHELD = "question withheld"
_ARMS = (WITHOUT, WITH, _WITHHELD)
_TRIES = 10
_TRIES_VERBOSITY = 1
_BLOCK = 4
"""Number of problems asked as one batch."""


def run(
    measurement: Measurement,
    limit: Annotated[int, "Number of problems; 0 for all."] = 8,
    seed: Annotated[int, "Seed of the sample, the attempts and the intervals."] = 7,
    rounds: Annotated[int, "Number of revisions of the notes."] = 1,
    data: Annotated[
        Path | None,
        "File with GSM8K, Stateful GSM-Symbolic or Stateful AIME problems, as JSON or JSON lines; GSM8K by default.",
    ] = None,
    gsm8k: Gsm8kFolder = None,
) -> Report:
    """Report accuracy and cost by verbosity and arm, and of several attempts.

    Raises EngineError, ModelError, UsageError for a faulty file, and ForethoughtError if the problems cannot be had.
    """
    info = measurement.engine.fetch_info()
    problems = read_situations(data) if data else read_gsm8k(measurement, TEST, gsm8k)
    chosen = sample(problems, limit, seed)
    notes = {key: found[-1] for key, found in collect_notes(measurement, chosen, rounds=rounds).items()}
    chosen = [situation for situation in chosen if situation.key in notes]

    def ask(item: tuple[Sequence[Situation], int, str]) -> dict[str, Any]:
        block, verbosity, arm = item
        askings = [
            Asking(one.context, one.query, notes[one.key].text if arm == WITH else None, withheld=arm == _WITHHELD)
            for one in block
        ]
        return {"answers": answer_together(measurement, askings, verbosity)}

    def try_several_times(situation: Situation) -> dict[str, Any]:
        prompt = question_prompt(situation.context, situation.query.question, _TRIES_VERBOSITY, None)
        sampling = Sampling(WARM_TEMPERATURE, seed)
        batch = measurement.generate([prompt] * _TRIES, BUDGETS[_TRIES_VERBOSITY], sampling)
        texts = [completion.text for completion in batch.completions]
        return {
            "right": [is_right(text, situation.query.answer) for text in texts],
            "given": [read_answer(text) for text in texts],
            "spent": spent_on(batch.completions, batch.seconds).to_json(),
            "certainty": certainty(
                measurement,
                [Asking(situation.context, situation.query, text) for text in (None, notes[situation.key].text)],
            ),
        }

    tries = measurement.collect(
        "problems tried several times",
        {one.key: one for one in chosen},
        try_several_times,
        {"seed": seed, "rounds": rounds},
    )
    units = {
        f"{'+'.join(one.key for one in block)}, {arm}, {verbosity}": (block, verbosity, arm)
        for block in (chosen[start : start + _BLOCK] for start in range(0, len(chosen), _BLOCK))
        for verbosity in range(len(BUDGETS))
        for arm in _ARMS
    }
    kept = measurement.collect("blocks of answers", units, ask, {"rounds": rounds})
    answers: dict[tuple[str, int, str], dict[str, Any]] = {}
    for unit, value in kept.items():
        block, verbosity, arm = units[unit]
        answers |= {(one.key, verbosity, arm): found for one, found in zip(block, value["answers"], strict=True)}
    arms = [(arm, verbosity) for arm in _ARMS for verbosity in range(len(BUDGETS))]
    done = [
        one
        for one in chosen
        if one.key in tries and all((one.key, verbosity, arm) in answers for arm, verbosity in arms)
    ]
    if not done:
        raise Cancelled("Interrupted before the first problem was done; run the same command to resume.")
    by_arm = {(arm, verbosity): [answers[one.key, verbosity, arm] for one in done] for arm, verbosity in arms}
    sleep = mean_spent([notes[one.key].spent for one in done])
    held = sum(holds(notes[one.key].text, one.query.answer) for one in done)
    settings = measurement.settings(
        data=data.name if data else TEST.file, problems=len(done), rounds=rounds, tries=_TRIES, seed=seed
    )
    return _report(info, done, by_arm, [tries[one.key] for one in done], sleep, held, seed, settings)


Answers = Mapping[tuple[str, int], Sequence[Mapping[str, Any]]]


def _report(
    info: EngineInfo,
    done: Sequence[Situation],
    by_arm: Answers,
    tries: Sequence[Mapping[str, Any]],
    sleep: Spent,
    held: int,
    seed: int,
    settings: Mapping[str, Any],
) -> Report:
    accuracy = {key: bootstrap([float(one["right"]) for one in found], seed) for key, found in by_arm.items()}
    spent = {key: mean_spent([spent_from(one["spent"]) for one in found]) for key, found in by_arm.items()}
    one_try = mean_spent([spent_from(one["spent"]) for one in tries]).completion / _TRIES
    passed = {
        k: bootstrap([pass_at(k, sum(one["right"]), _TRIES) for one in tries], seed) for k in range(1, _TRIES + 1)
    }
    voted = {
        k: bootstrap(
            [
                majority_at(k, one["given"], problem.query.answer, seed)
                for one, problem in zip(tries, done, strict=True)
            ],
            seed,
        )
        for k in range(1, _TRIES + 1)
    }
    differences = {
        verbosity: paired_bootstrap(
            [float(one["right"]) for one in by_arm[WITH, verbosity]],
            [float(one["right"]) for one in by_arm[WITHOUT, verbosity]],
            seed,
        )
        for verbosity in range(len(BUDGETS))
    }
    gain = gain_in_certainty([one["certainty"] for one in tries], seed)
    arms = Table(
        "Accuracy and cost of a query at test time",
        ("verbosity", "arm", "share right", "no clear answer", "completion tokens", "prompt tokens", "cached",
         "seconds"),
        tuple(
            (verbosity, arm, accuracy[arm, verbosity], _unclear(by_arm[arm, verbosity]), cost.completion, cost.prompt,
             cost.cached, cost.seconds)
            for verbosity in range(len(BUDGETS))
            for arm in _ARMS
            for cost in [spent[arm, verbosity]]
        ),
        f"{pass_cost(sleep)} Questions were asked in batches of {_BLOCK}; seconds are their share.",
    )  # fmt: skip
    against = Table(
        "Sleep time, compared to several attempts with no more completion tokens",
        ("verbosity", "tokens with notes", "with notes", "with − without", "attempts", "pass@k (oracle)", "majority"),
        tuple(
            (verbosity, spent[WITH, verbosity].completion, accuracy[WITH, verbosity], differences[verbosity], tried,
             passed.get(tried), voted.get(tried))
            for verbosity in range(len(BUDGETS))
            for tried in [min(_TRIES, int(spent[WITH, verbosity].completion / one_try))]
        ),
        f"An attempt takes {one_try:.0f} tokens (verbosity {_TRIES_VERBOSITY}, temperature {WARM_TEMPERATURE:g}); "
        f"attempts share their prompt, and there were {_TRIES}. pass@k needs somebody who knows the right answer.",
    )  # fmt: skip
    accuracy_plot = Plot(
        "Accuracy by test-time tokens",
        "completion tokens per query",
        "share right",
        (
            *(
                _series(
                    {WITH: "with sleep time", WITHOUT: "without"}.get(arm, arm),
                    [(spent[arm, verbosity].completion, accuracy[arm, verbosity]) for verbosity in range(len(BUDGETS))],
                )
                for arm in _ARMS
            ),
            _series("pass@k (oracle)", [(k * one_try, found) for k, found in passed.items()], band=False),
            _series("majority of k", [(k * one_try, found) for k, found in voted.items()], band=False),
        ),
        log_x=True,
        note="Up and to the left is better. Bands are 95 % intervals over problems. They leave out the pass.",
    )
    return Report(
        name="stateful",
        title="Accuracy by test-time tokens",
        shows="Does working on the context beforehand improve accuracy, or save tokens while somebody waits? And is it "
        "better than spending the same tokens on several attempts?",
        verdict=(
            *ability(info, accuracy[WITHOUT, 2]),
            f"The notes of {held} of {len(done)} problems contain the right answer.",
            *_difference_sentences(differences, len(done)),
            _tries_sentence(accuracy, passed, voted, spent, one_try),
            *certainty_sentence(gain),
        ),
        tables=(arms, against),
        plots=(accuracy_plot,),
        settings=settings,
        data={
            "problems": [
                {"key": one.key, "tries": found,
                 "answers": {f"{arm} {verbosity}": by_arm[arm, verbosity][number] for arm, verbosity in by_arm}}
                for number, (one, found) in enumerate(zip(done, tries, strict=True))
            ],
            "sleep": sleep.to_json(),
        },
    )  # fmt: skip


def _series(name: str, points: Sequence[tuple[float, Interval]], *, band: bool = True) -> Series:
    ordered = sorted(points, key=lambda point: point[0])
    return Series(
        name,
        tuple((x, found.mean) for x, found in ordered),
        tuple((found.low, found.high) for _, found in ordered) if band else None,
    )


def _unclear(found: Sequence[Mapping[str, Any]]) -> float:
    return sum(one["given"] is None for one in found) / len(found)


def _difference_sentences(differences: Mapping[int, Interval], problems: int) -> list[str]:
    better = [str(verbosity) for verbosity, found in differences.items() if found.low > 0]
    worse = [str(verbosity) for verbosity, found in differences.items() if found.high < 0]
    found = []
    if better:
        found.append(f"With sleep time, answers are right more often at verbosity {', '.join(better)}.")
    if worse:
        found.append(f"With sleep time, answers are right less often at verbosity {', '.join(worse)}.")
    if not found:
        widest = max(differences.values(), key=lambda interval: interval.high - interval.low)
        found.append(
            f"With {problems} problems, no difference in accuracy is significant at any verbosity (the widest interval "
            f"is {widest.low:+.2f} to {widest.high:+.2f})."
        )
    return found


def _tries_sentence(
    accuracy: Mapping[tuple[str, int], Interval],
    passed: Mapping[int, Interval],
    voted: Mapping[int, Interval],
    spent: Mapping[tuple[str, int], Spent],
    one_try: float,
) -> str:
    pairs = [
        (accuracy[WITH, verbosity].mean, passed[tried].mean, voted[tried].mean)
        for verbosity in range(len(BUDGETS))
        for tried in [min(_TRIES, int(spent[WITH, verbosity].completion / one_try))]
        if tried
    ]
    if not pairs:
        return "Every answer with notes is shorter than one attempt, so there is nothing to compare it with."
    oracle, majority = (sum(with_notes > pair[place] for with_notes, *pair in pairs) for place in (0, 1))
    return (
        f"With no more completion tokens, answers with notes are right more often than pass@k with an oracle at "
        f"{oracle} of {len(pairs)} verbosities, and than the majority vote at {majority}."
    )
