"""Many questions about one context: what a query costs when they share one sleep-time pass.

After arXiv 2504.13171, section 5.3, with the sub-questions of Socratic GSM8K, which people wrote, in place of made
ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any

from benchmarks.baselines.reasoning import WITH, WITHOUT, Asking, ability, answer, collect_notes
from benchmarks.datasets.problems import SOCRATIC, Query, Situation, read_situations, sample
from benchmarks.harness.costs import Spent, break_even, cost_a_query, mean_spent, pass_cost, queries_said, spent_from
from forethought.bench.bootstrap import bootstrap, bootstrap_of, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Interval, Plot, Report, Series, Table
from forethought.engine.api import EngineInfo

_QUERIES = range(1, 11)
_WEIGHTS = (1, 10)
_FEWEST = 3
"""Sub-questions of a context that is taken."""
_SHORT, _LONG = 0, 2
"""Verbosities: the answer alone, and with two sentences of reasoning."""
_COMPARED = ((_LONG, _LONG), (_LONG, _SHORT))
"""Verbosity without and with notes: the same, and a short answer where the notes have done the reasoning."""


def run(
    measurement: Measurement,
    limit: Annotated[int, "How many contexts; 0 is all."] = 6,
    seed: Annotated[int, "Of the sample and the intervals."] = 7,
    rounds: Annotated[int, "How often the notes are revised."] = 1,
) -> Report:
    """Tokens and seconds a query for 1 to 10 queries a context, and the break-even. Raises EngineError, ModelError."""
    info = measurement.engine.fetch_info()
    enough = [situation for situation in read_situations(SOCRATIC) if len(situation.queries) >= _FEWEST]
    chosen = sample(enough, limit, seed)
    notes = {key: found[-1] for key, found in collect_notes(measurement, chosen, rounds=rounds).items()}

    def ask(situation: Situation) -> dict[str, Any]:
        """All queries of a context one after the other, in each arm, as somebody would who stays with it."""
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
    settings = measurement.settings(data=SOCRATIC.name, contexts=len(contexts), rounds=rounds, seed=seed)
    return _report(info, contexts, seed, settings)


@dataclass(frozen=True, slots=True)
class Context:
    """One context, what its pass cost, and its answers by arm."""

    queries: Sequence[Query]
    sleep: Spent
    answers: Mapping[str, Sequence[Mapping[str, Any]]]

    def test(self, arm: str) -> Spent:
        """The mean cost of a query of this context."""
        return mean_spent([spent_from(answer["spent"]) for answer in self.answers[arm]])


def _arm(arm: str, verbosity: int) -> str:
    return f"{arm}, verbosity {verbosity}"


Cost = Callable[[Spent], float]
_UNITS: Mapping[str, Cost] = {
    "written tokens": attrgetter("completion"),
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
        "A query at test time",
        ("arm", "share right", "written tokens", "prompt tokens", "cached", "seconds"),
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
                     queries_said(even), ratio)
                )  # fmt: skip
                even_data.append({"without": without, "with": with_notes, "unit": unit, "weight": weight, "even": even})
    evens = Table(
        "When the pass has paid for itself",
        ("verbosity without and with", "cost", "weight of test time", "a query without", "a query with", "break-even",
         "saved at 10 queries (×)"),
        tuple(even_rows),
        "Break-even in queries a context. The last column is the cost without sleep time over the cost with it, at ten "
        "queries a context: above 1, sleep time is cheaper. The paper has 2.5 there, at weight 10.",
    )  # fmt: skip
    gains = {
        pair: paired_bootstrap(right[_arm(WITH, pair[1])], right[_arm(WITHOUT, pair[0])], seed, groups)
        for pair in _COMPARED
    }
    return Report(
        name="amortize",
        title="Many questions about one context",
        shows="How many questions must be asked about a context before thinking about it has paid for itself?",
        verdict=(
            *ability(info, accuracy[_arm(WITHOUT, _LONG)]),
            *(_even_sentence(pair, even_data) for pair in _COMPARED),
            *(_gain_sentence(pair, gain) for pair, gain in gains.items()),
        ),
        tables=(costs, evens),
        plots=tuple(
            _plot(unit, of, weight, sleep, test)
            for unit, of, weight in (
                ("written tokens", _UNITS["written tokens"], 1),
                ("written tokens", _UNITS["written tokens"], 10),
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
        f"Cost a query in {unit}{weighted}",
        "queries a context",
        f"{unit} a query{weighted}",
        tuple(series),
        note="The pass is shared by the queries. From the mean cost of those that were asked.",
    )


def _even_sentence(pair: tuple[int, int], evens: Sequence[Mapping[str, Any]]) -> str:
    without, with_notes = pair
    said = (
        f"At verbosity {without} in both arms"
        if without == with_notes
        else f"With short answers from notes (verbosity {with_notes}) in place of reasoning (verbosity {without})"
    )
    parts = [
        ("never" if one["even"] is None else f"after {queries_said(one['even'])} queries")
        + f" in {one['unit']}"
        + (f" × {one['weight']}" if one["weight"] > 1 else "")
        for one in evens
        if (one["without"], one["with"]) == pair and one["unit"] != "all tokens"
    ]
    return f"{said}, the pass pays {', '.join(parts)}."


def _gain_sentence(pair: tuple[int, int], gain: Interval) -> str:
    without, with_notes = pair
    told = "" if gain.excludes_zero else ", which may be chance"
    return (
        f"Verbosity {with_notes} with notes against {without} without: {gain.mean:+.1%} right (95 % interval "
        f"{gain.low:+.1%} to {gain.high:+.1%}){told}. What is cheaper and less often right is no saving."
    )
