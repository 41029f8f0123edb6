"""The demo of sleep-time compute: one context, five questions, without and with notes written beforehand.

Compared to the figures of its notebook (ronantakizawa/sleeptimecompute, Mistral-7B-Instruct-v0.1 on a GPU).
"""

import json
import math
from typing import Annotated, Any

from benchmarks.datasets.problems import JUGGLER, Query, holds, read_situations
from benchmarks.harness.costs import Spent, break_even, break_even_text, mean_spent, spent_from
from benchmarks.harness.sleep_time import (
    WITH,
    WITHOUT,
    ability,
    certainty_sentence,
    collect_notes,
    compare,
    gain_in_certainty,
)
from forethought.bench.bootstrap import bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Plot, Report, Series, Table
from forethought.engine.api import EngineInfo

_VERBOSITY = 1
"""As in the notebook."""


def run(
    measurement: Measurement,
    limit: Annotated[int, "Number of questions, of five; 0 for all."] = 0,
    seed: Annotated[int, "Seed of the intervals."] = 7,
    rounds: Annotated[int, "Number of revisions of the notes."] = 1,
) -> Report:
    """Report tokens, seconds and accuracy per query, cumulative costs and the break-even.

    Raises EngineError and ModelError.
    """
    info = measurement.engine.fetch_info()
    situation = read_situations(JUGGLER)[0]
    notes = collect_notes(measurement, [situation], rounds=rounds)[situation.key][-1]
    queries = situation.queries[:limit] if limit else situation.queries

    def ask(item: tuple[int, Query]) -> dict[str, Any]:
        number, query = item
        return compare(measurement, situation.context, query, _VERBOSITY, notes.text, with_first=number % 2 == 0)

    units = {query.question: (number, query) for number, query in enumerate(queries)}
    kept = measurement.collect("questions", units, ask, {"rounds": rounds, "verbosity": _VERBOSITY})
    return _report(
        measurement, info, notes.text, notes.spent, [(units[key][1], kept[key]) for key in kept], rounds, seed
    )


def _report(
    measurement: Measurement,
    info: EngineInfo,
    notes: str,
    sleep: Spent,
    asked: list[tuple[Query, dict[str, Any]]],
    rounds: int,
    seed: int,
) -> Report:
    published = json.loads(JUGGLER.read_text(encoding="utf-8"))["measured"]
    accuracy, spent = {}, {}
    for arm in (WITHOUT, WITH):
        accuracy[arm] = bootstrap([float(found[arm]["right"]) for _, found in asked], seed)
        spent[arm] = mean_spent([spent_from(found[arm]["spent"]) for _, found in asked])
    even = {
        "completion tokens": break_even(sleep.completion, spent[WITHOUT].completion, spent[WITH].completion),
        "all tokens": break_even(sleep.tokens, spent[WITHOUT].tokens, spent[WITH].tokens),
        "seconds": break_even(sleep.seconds, spent[WITHOUT].seconds, spent[WITH].seconds),
    }
    beside = Table(
        "A query, compared to the notebook",
        ("", "notebook, without", "notebook, with", f"{info.model}, without", f"{info.model}, with"),
        (
            ("share right", published["standard"]["accuracy"], published["sleep_time"]["accuracy"],
             accuracy[WITHOUT], accuracy[WITH]),
            ("completion tokens", published["standard"]["tokens_per_query"],
             published["sleep_time"]["tokens_per_query"], spent[WITHOUT].completion, spent[WITH].completion),
            ("prompt tokens", None, None, spent[WITHOUT].prompt, spent[WITH].prompt),
            ("cached prompt tokens", None, None, spent[WITHOUT].cached, spent[WITH].cached),
            ("seconds", published["standard"]["seconds_per_query"], published["sleep_time"]["seconds_per_query"],
             spent[WITHOUT].seconds, spent[WITH].seconds),
            ("completion tokens of the pass", None, published["sleep_time"]["sleep_tokens"], None, sleep.completion),
            ("all tokens of the pass", None, None, None, sleep.tokens),
            ("seconds of the pass", None, published["sleep_time"]["sleep_seconds"], None, sleep.seconds),
            ("break-even, completion tokens", None, published["break_even_queries"]["tokens"], None,
             break_even_text(even["completion tokens"])),
            ("break-even, all tokens", None, None, None, break_even_text(even["all tokens"])),
            ("break-even, seconds", None, published["break_even_queries"]["time"], None,
             break_even_text(even["seconds"])),
        ),
        "The notebook counted completion tokens only, with another model and machine: compare shapes, not sizes.",
    )  # fmt: skip
    by_query = Table(
        "Questions",
        ("question", "right answer", "without", "tokens", "seconds", "with", "tokens", "seconds"),
        tuple(
            (
                query.question,
                _number(query.answer),
                *(
                    cell
                    for arm in (WITHOUT, WITH)
                    for cell in (
                        _number(found[arm]["given"]),
                        int(found[arm]["spent"]["completion"]),
                        float(found[arm]["spent"]["seconds"]),
                    )
                ),
            )
            for query, found in asked
        ),
    )
    gain = gain_in_certainty([found["certainty"] for _, found in asked], seed)
    return Report(
        name="juggler",
        title="The juggler: five questions about one context",
        shows="Does it pay to work on a context before anybody asks? The paper's demo with this model on this machine.",
        verdict=(
            *ability(info, accuracy[WITHOUT]),
            f"With notes {accuracy[WITH].mean:.0%} of {len(asked)} questions are answered right; in the "
            f"notebook, by a 7B model, {published['sleep_time']['accuracy']:.0%} (without notes: "
            f"{published['standard']['accuracy']:.0%}).",
            f"The notes contain the right answer to {sum(holds(notes, query.answer) for query, _ in asked)} of them.",
            *_even_sentences(even),
            *certainty_sentence(gain),
        ),
        tables=(beside, by_query),
        plots=(_cumulative("seconds", sleep.seconds, spent[WITHOUT].seconds, spent[WITH].seconds, even["seconds"]),
               _cumulative("completion tokens", sleep.completion, spent[WITHOUT].completion, spent[WITH].completion,
                           even["completion tokens"])),
        settings=measurement.settings(rounds=rounds, verbosity=_VERBOSITY, seed=seed, questions=len(asked)),
        data={"notes": notes, "sleep": sleep.to_json(), "break_even": even, "published": published,
              "questions": [{"question": query.question, "expected": query.answer, **found} for query, found in asked]},
    )  # fmt: skip


def _cumulative(unit: str, sleep: float, without: float, with_sleep: float, even: float | None) -> Plot:
    most = min(200, max(20, math.ceil(1.5 * even))) if even is not None else 20
    counts = sorted({round(most * part / 20) for part in range(21)})
    return Plot(
        f"Cumulative {unit}",
        "queries about the context",
        unit,
        (
            Series("without sleep time", tuple((count, count * without) for count in counts)),
            Series("with sleep time", tuple((count, sleep + count * with_sleep) for count in counts)),
        ),
        note="From mean costs per question; the cost of the pass is paid at the start.",
    )


def _even_sentences(even: dict[str, float | None]) -> list[str]:
    paid = {unit: count for unit, count in even.items() if count is not None}
    never = [unit for unit in even if unit not in paid]
    found = []
    if paid:
        parts = ", ".join(f"{break_even_text(count)} queries in {unit}" for unit, count in paid.items())
        found.append(f"The pass pays off after {parts}.")
    if never:
        found.append(
            f"It never pays off in {' or in '.join(never)}: a query with notes costs no less than one without."
        )
    return found


def _number(value: float | None) -> float | int | str:
    return "no number" if value is None else int(value) if value == int(value) else value
