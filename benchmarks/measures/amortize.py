"""Cost per query when many questions about one context share a sleep-time pass.

After arXiv 2504.13171, section 5.3, but with the sub-questions people wrote for Socratic GSM8K instead of generated
ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any

from benchmarks.datasets.gsm8k import SOCRATIC, Gsm8kFolder, read_gsm8k
from benchmarks.datasets.problems import Query, Situation, sample
from benchmarks.harness.costs import Spent, break_even, break_even_text, cost_a_query, mean_spent, pass_cost, spent_from
from benchmarks.harness.sleep_time import WITH, WITHOUT, Asking, ability, answer, collect_notes
from forethought.bench.bootstrap import bootstrap, bootstrap_of, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Interval, Plot, Report, Series, Table
from forethought.engine.api import EngineInfo

_QUERIES = range(1, 11)
_WEIGHTS = (1, 10)
_MIN_QUESTIONS = 3
"""Per context."""
_SHORT, _LONG = 0, 2
"""Verbosities: only the answer, and two sentences of reasoning first."""
_COMPARED = ((_LONG, _LONG), (_LONG, _SHORT))
"""Verbosity without and with notes: equal, or short if the notes already contain the reasoning."""


def run(
    measurement: Measurement,
    limit: Annotated[int, "Number of contexts; 0 for all."] = 6,
    seed: Annotated[int, "Seed of the sample and the intervals."] = 7,
    rounds: Annotated[int, "Number of revisions of the notes."] = 1,
    gsm8k: Gsm8kFolder = None,
) -> Report:
    """Report tokens and seconds per query for 1 to 10 queries per context, and the break-even.

    Raises EngineError, ModelError, and ForethoughtError if the problems cannot be had.
    """
    info = measurement.engine.fetch_info()
    enough = [
        situation for situation in read_gsm8k(measurement, SOCRATIC, gsm8k) if len(situation.queries) >= _MIN_QUESTIONS
    ]
    chosen = sample(enough, limit, seed)
    notes = {key: found[-1] for key, found in collect_notes(measurement, chosen, rounds=rounds).items()}

    def ask(situation: Situation) -> dict[str, Any]:
        """Ask all queries about a context in succession, in each arm, like a person who stays on one topic."""
        return {
            _arm(arm, verbosity): [
                answer(measurement, Asking(situation.context, query, text), verbosity) for query in situation.queries
            ]
            for verbosity in (_SHORT, _LONG)
            for arm, text in ((WITHOUT, None), (WITH, notes[situation.key].text))
        }

    units = {situation.key: situation for situation in chosen if situation.key in notes}
    kept = measurement.collect("contexts asked about", units, ask, {"rounds": rounds})
    contexts = [
        Context(units[key].queries, notes[key].spent, {arm: tuple(answers) for arm, answers in value.items()})
        for key, value in kept.items()
    ]
    settings = measurement.settings(data=SOCRATIC.file, contexts=len(contexts), rounds=rounds, seed=seed)
    return _report(info, contexts, seed, settings)


@dataclass(frozen=True, slots=True)
class Context:
    """One context with the cost of its pass and the answers by arm."""

    queries: Sequence[Query]
    sleep: Spent
    answers: Mapping[str, Sequence[Mapping[str, Any]]]

    def test(self, arm: str) -> Spent:
        """Mean cost of a query about this context."""
        return mean_spent([spent_from(answer["spent"]) for answer in self.answers[arm]])


def _arm(arm: str, verbosity: int) -> str:
    return f"{arm}, verbosity {verbosity}"


Cost = Callable[[Spent], float]
_UNITS: Mapping[str, Cost] = {
    "completion tokens": attrgetter("completion"),
    "all tokens": attrgetter("tokens"),
    "seconds": attrgetter("seconds"),
}


def _report(info: EngineInfo, contexts: Sequence[Context], seed: int, settings: Mapping[str, Any]) -> Report:
    arms = [_arm(arm, verbosity) for verbosity in (_SHORT, _LONG) for arm in (WITHOUT, WITH)]
    groups = [number for number, context in enumerate(contexts) for _ in context.queries]
    right = {arm: [float(one["right"]) for context in contexts for one in context.answers[arm]] for arm in arms}
    accuracy = {arm: bootstrap(values, seed, groups) for arm, values in right.items()}
    sleep = mean_spent([context.sleep for context in contexts])
    test = {arm: mean_spent([context.test(arm) for context in contexts]) for arm in arms}
    rows = []
    for arm in arms:
        spent = test[arm]
        rows.append((arm, accuracy[arm], spent.completion, spent.prompt, spent.cached, spent.seconds))
    costs = Table(
        "Cost of a query at test time",
        ("arm", "share right", "completion tokens", "prompt tokens", "cached", "seconds"),
        tuple(rows),
        f"Means over {len(contexts)} contexts with {len(groups) / len(contexts):.1f} questions each. "
        f"{pass_cost(sleep)}",
    )
    even_rows, even_data = [], []
    for without, with_notes in _COMPARED:
        for unit, of in _UNITS.items():
            for weight in _WEIGHTS:
                before, after = of(test[_arm(WITHOUT, without)]), of(test[_arm(WITH, with_notes)])
                even = break_even(of(sleep), before, after, weight)
                ratio = _ratio_at_ten(contexts, of, without, with_notes, weight, seed)
                even_rows.append(
                    (f"{without} and {with_notes}", unit, weight, before, after,
                     break_even_text(even), ratio)
                )  # fmt: skip
                even_data.append({"without": without, "with": with_notes, "unit": unit, "weight": weight, "even": even})
    evens = Table(
        "When the pass pays off",
        ("verbosity without and with", "cost", "weight of test time", "query without", "query with", "break-even",
         "saved at 10 queries (×)"),
        tuple(even_rows),
        "Break-even in queries per context. The last column is the cost without sleep time divided by the cost with "
        "it, at ten queries per context: above 1, sleep time is cheaper. The paper reports 2.5 at weight 10.",
    )  # fmt: skip
    gains = {
        pair: paired_bootstrap(right[_arm(WITH, pair[1])], right[_arm(WITHOUT, pair[0])], seed, groups)
        for pair in _COMPARED
    }
    return Report(
        name="amortize",
        title="Many questions about one context",
        shows="How many questions must be asked about a context before its sleep-time pass pays off?",
        verdict=(
            *ability(info, accuracy[_arm(WITHOUT, _LONG)]),
            *(_even_sentence(pair, even_data) for pair in _COMPARED),
            *(_gain_sentence(pair, gain) for pair, gain in gains.items()),
        ),
        tables=(costs, evens),
        plots=tuple(
            _plot(unit, of, weight, sleep, test)
            for unit, of, weight in (
                ("completion tokens", _UNITS["completion tokens"], 1),
                ("completion tokens", _UNITS["completion tokens"], 10),
                ("seconds", _UNITS["seconds"], 1),
            )
        ),
        settings=settings,
        data={
            "sleep": sleep.to_json(),
            "test": {arm: spent.to_json() for arm, spent in test.items()},
            "break_even": even_data,
            "contexts": [{"sleep": one.sleep.to_json(), "answers": dict(one.answers)} for one in contexts],
        },
    )


def _ratio_at_ten(
    contexts: Sequence[Context], of: Cost, without: int, with_notes: int, weight: int, seed: int
) -> Interval:
    ten = _QUERIES[-1]

    def ratio(drawn: Sequence[Context]) -> float:
        before = sum(weight * of(one.test(_arm(WITHOUT, without))) for one in drawn)
        after = sum(cost_a_query(of(one.sleep), of(one.test(_arm(WITH, with_notes))), ten, weight) for one in drawn)
        return float(before / after)

    return bootstrap_of(contexts, ratio, seed)


def _plot(unit: str, of: Cost, weight: int, sleep: Spent, test: Mapping[str, Spent]) -> Plot:
    weighted = f", test time × {weight}" if weight > 1 else ""
    series = []
    for verbosity in (_SHORT, _LONG):
        plain, noted = of(test[_arm(WITHOUT, verbosity)]), of(test[_arm(WITH, verbosity)])
        series.append(Series(_arm(WITHOUT, verbosity), tuple((count, weight * plain) for count in _QUERIES)))
        series.append(
            Series(
                _arm(WITH, verbosity),
                tuple((count, cost_a_query(of(sleep), noted, count, weight)) for count in _QUERIES),
            )
        )
    return Plot(
        f"Cost per query in {unit}{weighted}",
        "queries per context",
        f"{unit} per query{weighted}",
        tuple(series),
        note="The queries share one pass. Extrapolated from mean costs.",
    )


def _even_sentence(pair: tuple[int, int], evens: Sequence[Mapping[str, Any]]) -> str:
    without, with_notes = pair
    said = (
        f"At verbosity {without} in both arms"
        if without == with_notes
        else f"With short answers from notes (verbosity {with_notes}) instead of reasoning (verbosity {without})"
    )
    parts = [
        ("never" if one["even"] is None else f"after {break_even_text(one['even'])} queries")
        + f" in {one['unit']}"
        + (f" × {one['weight']}" if one["weight"] > 1 else "")
        for one in evens
        if (one["without"], one["with"]) == pair and one["unit"] != "all tokens"
    ]
    return f"{said}, the pass pays off {', '.join(parts)}."


def _gain_sentence(pair: tuple[int, int], gain: Interval) -> str:
    without, with_notes = pair
    told = "" if gain.excludes_zero else ", which may be chance"
    return (
        f"Accuracy at verbosity {with_notes} with notes, compared to {without} without: {gain.mean:+.1%} (95 % CI "
        f"{gain.low:+.1%} to {gain.high:+.1%}){told}. Cheaper answers save nothing if they are less often right."
    )
