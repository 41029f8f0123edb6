"""The demo of sleep-time compute: one context, five questions, without and with notes that were written before.

Beside what its notebook measured (ronantakizawa/sleeptimecompute, Mistral-7B-Instruct-v0.1 on a GPU).
"""

import json
import math
from typing import Annotated, Any

from benchmarks.baselines.reasoning import (
    WITH,
    WITHOUT,
    ability,
    certainty_sentence,
    collect_notes,
    compare,
    gain_in_certainty,
)
from benchmarks.datasets.problems import JUGGLER, Query, holds, read_situations
from benchmarks.harness.costs import Spent, break_even, mean_spent, queries_said, spent_from
from forethought.bench.bootstrap import bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Plot, Report, Series, Table
from forethought.engine.api import EngineInfo

_VERBOSITY = 1
"""The notebook's."""


def run(
    measurement: Measurement,
    limit: Annotated[int, "How many of the five questions; 0 is all."] = 0,
    seed: Annotated[int, "Of the intervals."] = 7,
    rounds: Annotated[int, "How often the notes are revised."] = 1,
) -> Report:
    """Tokens, seconds and accuracy a query, cumulative time and the break-even. Raises EngineError, ModelError."""
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
        "written tokens": break_even(sleep.completion, spent[WITHOUT].completion, spent[WITH].completion),
        "all tokens": break_even(sleep.tokens, spent[WITHOUT].tokens, spent[WITH].tokens),
        "seconds": break_even(sleep.seconds, spent[WITHOUT].seconds, spent[WITH].seconds),
    }
    beside = Table(
        "A query, beside the notebook's figures",
        ("", "notebook, without", "notebook, with", f"{info.model}, without", f"{info.model}, with"),
        (
            ("share right", published["standard"]["accuracy"], published["sleep_time"]["accuracy"],
             accuracy[WITHOUT], accuracy[WITH]),
            ("written tokens", published["standard"]["tokens_per_query"], published["sleep_time"]["tokens_per_query"],
             spent[WITHOUT].completion, spent[WITH].completion),
            ("prompt tokens", None, None, spent[WITHOUT].prompt, spent[WITH].prompt),
            ("of them cached", None, None, spent[WITHOUT].cached, spent[WITH].cached),
            ("seconds", published["standard"]["seconds_per_query"], published["sleep_time"]["seconds_per_query"],
             spent[WITHOUT].seconds, spent[WITH].seconds),
            ("written tokens of the pass", None, published["sleep_time"]["sleep_tokens"], None, sleep.completion),
            ("all tokens of the pass", None, None, None, sleep.tokens),
            ("seconds of the pass", None, published["sleep_time"]["sleep_seconds"], None, sleep.seconds),
            ("break-even, written tokens", None, published["break_even_queries"]["tokens"], None,
             queries_said(even["written tokens"])),
            ("break-even, all tokens", None, None, None, queries_said(even["all tokens"])),
            ("break-even, seconds", None, published["break_even_queries"]["time"], None, queries_said(even["seconds"])),
        ),
        "The notebook counted written tokens only, on another model and machine: compare the shape, not the size.",
    )  # fmt: skip
    by_query = Table(
        "Each question",
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
        shows="Does it pay to think about a context before anybody asks? The paper's demonstration, with this model on "
        "this machine.",
        verdict=(
            *ability(info, accuracy[WITHOUT]),
            f"With notes {accuracy[WITH].mean:.0%} of {len(asked)} questions are answered right. The notebook's 7B "
            f"model went from {published['standard']['accuracy']:.0%} to {published['sleep_time']['accuracy']:.0%}.",
            f"The notes hold the right answer to {sum(holds(notes, query.answer) for query, _ in asked)} of them.",
            *_even_sentences(even),
            *certainty_sentence(gain),
        ),
        tables=(beside, by_query),
        plots=(_cumulative("seconds", sleep.seconds, spent[WITHOUT].seconds, spent[WITH].seconds, even["seconds"]),
               _cumulative("written tokens", sleep.completion, spent[WITHOUT].completion, spent[WITH].completion,
                           even["written tokens"])),
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
        note="From the means of the questions that were asked; the pass is paid at the start.",
    )


def _even_sentences(even: dict[str, float | None]) -> list[str]:
    paid = {unit: count for unit, count in even.items() if count is not None}
    never = [unit for unit in even if unit not in paid]
    found = []
    if paid:
        parts = ", ".join(f"{queries_said(count)} queries in {unit}" for unit, count in paid.items())
        found.append(f"The pass has paid for itself after {parts}.")
    if never:
        found.append(f"It never pays in {' or in '.join(never)}: a query with notes costs no less than one without.")
    return found


def _number(value: float | None) -> float | int | str:
    return "no number" if value is None else int(value) if value == int(value) else value
