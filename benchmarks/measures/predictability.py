"""Does sleep time help more if the question is predictable? The gain in five quantiles of predictability.

After arXiv 2504.13171, section 6. Predictability is the mean log-probability per token the model assigns to the
question when it is asked for one question about the context.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any

from benchmarks.datasets.gsm8k import SOCRATIC, Gsm8kFolder, read_gsm8k
from benchmarks.datasets.problems import Situation, sample
from benchmarks.harness.sleep_time import (
    WITH,
    WITHOUT,
    Asking,
    ability,
    answer_together,
    certainty,
    collect_notes,
    gain_in_certainty,
    predictability,
)
from forethought.bench.bootstrap import bootstrap, bootstrap_of, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Interval, Plot, Report, Series, Table
from forethought.engine.api import EngineInfo
from forethought.errors import EngineError

QUANTILES = 5
_VERBOSITY = 0


def run(
    measurement: Measurement,
    limit: Annotated[int, "Number of contexts, with all their questions; 0 for all."] = 12,
    seed: Annotated[int, "Seed of the sample and the intervals."] = 7,
    rounds: Annotated[int, "Number of revisions of the notes."] = 1,
    gsm8k: Gsm8kFolder = None,
) -> Report:
    """Report the gain from sleep time by predictability of the question.

    Raises EngineError (also if the engine cannot score), ModelError, and ForethoughtError if the problems cannot be
    had.
    """
    info = measurement.engine.fetch_info()
    chosen = sample(read_gsm8k(measurement, SOCRATIC, gsm8k), limit, seed)
    notes = {key: found[-1] for key, found in collect_notes(measurement, chosen, rounds=rounds).items()}

    def ask(situation: Situation) -> dict[str, Any]:
        text, queries = notes[situation.key].text, situation.queries
        scores = predictability(measurement, situation.context, queries)
        askings = {
            arm: [Asking(situation.context, query, known) for query in queries]
            for arm, known in ((WITHOUT, None), (WITH, text))
        }
        before, after = (certainty(measurement, askings[arm]) for arm in (WITHOUT, WITH))
        answers = {arm: answer_together(measurement, found, _VERBOSITY) for arm, found in askings.items()}
        return {
            "queries": [
                {
                    "question": query.question,
                    "predictability": scores[number],
                    "certainty": [before[number], after[number]],
                    WITHOUT: answers[WITHOUT][number],
                    WITH: answers[WITH][number],
                }
                for number, query in enumerate(queries)
            ]
        }

    units = {situation.key: situation for situation in chosen if situation.key in notes}
    kept = measurement.collect("contexts asked about", units, ask, {"rounds": rounds})
    asked = [{**one, "context": key} for key, value in kept.items() for one in value["queries"]]
    scored = [one for one in asked if one["predictability"] is not None]
    if len(scored) < QUANTILES:
        raise EngineError(
            f"Only {len(scored)} of {len(asked)} questions could be scored, too few for five groups; use a local "
            "model, or raise --limit."
        )
    settings = measurement.settings(data=SOCRATIC.file, questions=len(scored), rounds=rounds, seed=seed)
    return _report(info, scored, seed, settings)


def quantiles(items: Sequence[Mapping[str, Any]], key: str, parts: int = QUANTILES) -> list[list[Mapping[str, Any]]]:
    """Split the items into `parts` groups of nearly equal size, by ascending `key`."""
    ordered = sorted(items, key=lambda item: float(item[key]))
    edges = [round(len(ordered) * part / parts) for part in range(parts + 1)]
    return [ordered[start:end] for start, end in pairwise(edges)]


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float:
    """Spearman's rank correlation, with shared ranks for ties; 0 if all values are equal."""
    first, second = (_ranks([pair[place] for pair in pairs]) for place in (0, 1))
    mean = (len(pairs) + 1) / 2
    product = sum((a - mean) * (b - mean) for a, b in zip(first, second, strict=True))
    size = sum((a - mean) ** 2 for a in first) * sum((b - mean) ** 2 for b in second)
    return product / size**0.5 if size else 0.0


def _ranks(values: Sequence[float]) -> list[float]:
    by_value: dict[float, list[int]] = {}
    for rank, value in enumerate(sorted(values), 1):
        by_value.setdefault(value, []).append(rank)
    return [sum(by_value[value]) / len(by_value[value]) for value in values]


def _report(info: EngineInfo, asked: Sequence[Mapping[str, Any]], seed: int, settings: Mapping[str, Any]) -> Report:
    groups = quantiles(asked, "predictability")
    rows, gains, nearer = [], [], []
    for number, group in enumerate(groups, 1):
        contexts = [one["context"] for one in group]
        without, noted = ([float(one[arm]["right"]) for one in group] for arm in (WITHOUT, WITH))
        gain = paired_bootstrap(noted, without, seed, contexts)
        closer = gain_in_certainty([one["certainty"] for one in group], seed)
        gains.append(gain)
        nearer.append(closer)
        mean = sum(one["predictability"] for one in group) / len(group)
        rows.append(
            (
                number,
                len(group),
                mean,
                bootstrap(without, seed, contexts),
                bootstrap(noted, seed, contexts),
                gain,
                closer,
            )
        )
    trend = bootstrap_of(
        [
            (one["predictability"], one["certainty"][1] - one["certainty"][0])
            for one in asked
            if None not in one["certainty"]
        ],
        rank_correlation,
        seed,
    )
    contexts = [one["context"] for one in asked]
    without, noted = ([float(one[arm]["right"]) for one in asked] for arm in (WITHOUT, WITH))
    everything, with_notes = bootstrap(without, seed, contexts), bootstrap(noted, seed, contexts)
    gain = paired_bootstrap(noted, without, seed, contexts)
    overall = (
        f"Of all {len(asked)} questions {everything.mean:.0%} are answered right without notes and "
        f"{with_notes.mean:.0%} with them: {gain.mean:+.0%} ({gain.low:+.0%} to {gain.high:+.0%})."
    )
    table = Table(
        "From the least to the most predictable questions",
        ("quantile", "questions", "log P(question)", "right without", "right with", "gain", "gain in log P"),
        tuple(rows),
        "Log-probabilities are means per token, in nats. The last column is that of the right answer.",
    )
    return Report(
        name="predictability",
        title="Gain by predictability",
        shows="Does sleep time help more if the question follows from the context?",
        verdict=(*ability(info, everything), overall, _trend_sentence(trend), _ends_sentence(gains)),
        tables=(table,),
        plots=(
            _plot("Gain in accuracy by predictability", "share right, with − without", gains),
            _plot("Gain in the answer's probability", "log P per token, with − without", nearer),
        ),
        settings=settings,
        data={"questions": [dict(one) for one in asked], "rank correlation": [trend.mean, trend.low, trend.high]},
    )


def _plot(title: str, y: str, gains: Sequence[Interval | None]) -> Plot:
    found = [(number, gain) for number, gain in enumerate(gains, 1) if gain is not None]
    points = tuple((float(number), gain.mean) for number, gain in found)
    series = Series("gain", points, tuple((gain.low, gain.high) for _, gain in found))
    return Plot(title, "quantile of log P(question | context), least predictable first", y, (series,), kind="bar")


def _trend_sentence(trend: Interval) -> str:
    said = "grows" if trend.low > 0 else "falls" if trend.high < 0 else "neither grows nor falls beyond chance"
    return (
        f"The gain in the right answer's probability {said} with predictability (rank correlation {trend.mean:+.2f}, "
        f"95 % CI {trend.low:+.2f} to {trend.high:+.2f}). The paper's gain in accuracy grows."
    )


def _ends_sentence(gains: Sequence[Interval]) -> str:
    least, most = gains[0], gains[-1]
    return (
        f"In accuracy, the least predictable fifth changes by {least.mean:+.1%} ({least.low:+.1%} to "
        f"{least.high:+.1%}), the most predictable {most.mean:+.1%} ({most.low:+.1%} to {most.high:+.1%})."
    )
