"""Statements that models made about functions, with two readers' labels: data/notes.jsonl."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from forethought.errors import UsageError
from forethought.insights.selection import Measurements

LABELS = Path(__file__).parent.parent / "data" / "notes.jsonl"
LABEL_NAMES = ("right", "wrong", "vague")
"""Right: all of it is true and about this code. Vague: neither clearly true nor false. Wrong: any of it is false."""
ROLES = ("tune", "judge")
"""Statements to choose the calibration with, and statements to measure it with."""
Function = tuple[str, str, str]
"""Repository, path, symbol."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a model said about one function, what it makes of that, and what two readers say."""

    repository: str
    commit: str
    path: str
    symbol: str
    language: str
    model: str
    digest: str
    """Of the model."""
    kind: str
    text: str
    measurements: Measurements
    right: tuple[str, ...] = ()
    """A label per reader."""
    adds: tuple[bool, ...] = ()
    """Per reader: whether it says more than name, signature and docs."""
    role: str = ""

    @property
    def function(self) -> Function:
        return self.repository, self.path, self.symbol

    @property
    def is_right(self) -> bool:
        """Both readers say so."""
        return set(self.right) == {"right"}

    @property
    def is_wrong(self) -> bool:
        """Either reader says so."""
        return "wrong" in self.right

    @property
    def is_new(self) -> bool:
        """Both readers say that it adds something."""
        return all(self.adds)


def read_statements(file: Path = LABELS) -> list[Statement]:
    """Read labeled statements. Raises UsageError if any is malformed or unlabeled, or a repository has two roles."""
    try:
        found = [_statement(json.loads(line)) for line in file.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"The labels cannot be read ({error!r}); name a file written by `--collect`.") from error
    if not found:
        raise UsageError(f"{file} has no statements.")
    roles = {one.repository: one.role for one in found}
    for one in found:
        if len(one.right) != 2 or not set(one.right) <= set(LABEL_NAMES) or len(one.adds) != 2:
            raise UsageError(
                f"“{one.text}” about {one.symbol} in {one.path} needs two readers' labels: `right`, each one of "
                f"{', '.join(LABEL_NAMES)}, and `adds`, each true or false."
            )
        if one.role not in ROLES or one.role != roles[one.repository]:
            raise UsageError(f"{one.repository} needs one role, the same for all statements: {' or '.join(ROLES)}.")
    return found


def _statement(data: Mapping[str, Any]) -> Statement:
    measurements = Measurements(**data["measurements"])
    if not all(map(math.isfinite, asdict(measurements).values())):
        raise ValueError(f"faulty measurements of “{data['text']}”")
    if not all(isinstance(value, bool) for value in data["adds"]):
        raise TypeError(f"faulty `adds` of “{data['text']}”")
    fields = {**data, "measurements": measurements, "right": tuple(data["right"]), "adds": tuple(data["adds"])}
    return Statement(**fields)


def by_function(statements: Sequence[Statement]) -> dict[Function, list[Statement]]:
    found: dict[Function, list[Statement]] = {}
    for one in statements:
        found.setdefault(one.function, []).append(one)
    return found
