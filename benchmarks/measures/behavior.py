"""How much of what is read off functions is right, and says more than signature and docs.

data/behavior.jsonl holds what was said about functions of 5 to 60 lines of ten repositories in five languages, and
the labels of two readers of the code, who knew neither each other's labels nor how the text is made. The faults found
in the first sample were mended before the second was drawn, from the same repositories; today's text is judged by that.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness.readers import agreement
from forethought.bench.bootstrap import bootstrap
from forethought.bench.report import Cell, Goal, Report, Table

LABELS = Path(__file__).parent.parent / "data" / "behavior.jsonl"
MIN_RIGHT, MIN_SERVED = 0.99, 0.85
_SEED = 7


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that was said about a function, and what two readers say of it."""

    sample: int
    repository: str
    commit: str
    path: str
    symbol: str
    language: str
    lines: int
    """Of the function."""
    form: str
    """`summary`: what a hover shows. `sentence`: of the whole text. `statement`: sentences that make sense alone."""
    text: str
    right: tuple[str, str]
    """`right`, `wrong` or `vague`."""
    adds: tuple[bool, bool]
    """Whether it says more than name, signature and docs."""

    @property
    def function(self) -> tuple[str, str, str]:
        return self.repository, self.path, self.symbol


def run() -> Report:
    """Report the labels."""
    statements = [
        Statement(**{**fields, "right": tuple(fields["right"]), "adds": tuple(fields["adds"])})
        for fields in map(json.loads, LABELS.read_text("utf-8").splitlines())
    ]
    latest = [one for one in statements if one.sample == max(one.sample for one in statements)]
    right = sum("wrong" not in one.right for one in latest) / len(latest)
    served = _served(latest)
    return Report(
        name="behavior",
        title="What is read off the code",
        shows="How much of what is said about functions without a model is right and worth reading?",
        verdict=(
            agreement("whether they are right, vague or wrong", [one.right for one in statements]),
            agreement("whether they add something", [tuple(map(str, one.adds)) for one in statements]),
            *(
                f"Wrong in sample {one.sample} ({one.repository}, {one.symbol}): {one.text}"
                for one in statements
                if "wrong" in one.right
            ),
        ),
        goals=(
            Goal(f"not wrong, of {len(latest)} statements", round(right, 4), "≥", MIN_RIGHT),
            Goal(f"functions of {len(served)} with a hover that adds", sum(served) / len(served), "≥", MIN_SERVED),
        ),
        tables=(
            Table(
                "Two readers' labels",
                ("sample", "form", "language", "functions", "statements", "wrong", "vague", "restates"),
                tuple(_rows(statements)),
                "Wrong, vague and restates: either reader says so.",
            ),
            Table(
                "Functions whose hover adds something",
                ("sample", "functions", "share"),
                tuple(
                    (
                        number,
                        len(found := _served([one for one in statements if one.sample == number])),
                        bootstrap(found, _SEED),
                    )
                    for number in sorted({one.sample for one in statements})
                ),
                "The summary in the hover is right and adds, according to both readers; 95 % interval.",
            ),
        ),
        settings={"labels": len(statements), "seed": _SEED},
    )


def _served(statements: Sequence[Statement]) -> list[float]:
    """1 for each function whose summary is right and adds something, else 0."""
    return [float(set(one.right) == {"right"} and all(one.adds)) for one in statements if one.form == "summary"]


def _rows(statements: Sequence[Statement]) -> Iterator[tuple[Cell, ...]]:
    for key in sorted({(one.sample, one.form, one.language) for one in statements}):
        own = [one for one in statements if (one.sample, one.form, one.language) == key]
        yield (
            *key,
            len({one.function for one in own}),
            len(own),
            sum("wrong" in one.right for one in own),
            sum("vague" in one.right for one in own),
            sum(not all(one.adds) for one in own) / len(own),
        )
