"""Reports as JSON and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

from forethought.bench.report import Cell, Comparison, Goal, Interval, Plot, Report, Series, Table
from forethought.errors import UsageError

SCHEMA = 2


def report_to_json(report: Report) -> dict[str, Any]:
    """Plain JSON values. An interval is `{mean, low, high}`; each goal also says whether it is `met`."""
    document: dict[str, Any] = json.loads(json.dumps({"schema": SCHEMA, **asdict(report)}))
    for goal, value in zip(report.goals, document["goals"], strict=True):
        value["met"] = goal.met
    return document


def report_from_json(document: Any) -> Report:
    """Read what `report_to_json` wrote. Raises UsageError for anything else."""
    try:
        if document["schema"] != SCHEMA:
            raise ValueError(f"its schema is {document['schema']}, not {SCHEMA}")
        return Report(
            name=str(document["name"]),
            title=str(document["title"]),
            shows=str(document["shows"]),
            verdict=tuple(map(str, document["verdict"])),
            goals=tuple(map(_goal, document["goals"])),
            tables=tuple(map(_table, document["tables"])),
            plots=tuple(map(_plot, document["plots"])),
            settings=dict(document["settings"]),
            data=dict(document["data"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"Not a benchmark report ({error}); create one with `forethought bench NAME --json`."
        ) from error


def _goal(value: Mapping[str, Any]) -> Goal:
    comparison: Comparison = value["comparison"]
    if comparison not in get_args(Comparison):
        raise ValueError(f"{comparison} is no comparison")
    return Goal(str(value["figure"]), float(value["value"]), comparison, float(value["target"]), str(value["unit"]))


def _table(value: Mapping[str, Any]) -> Table:
    rows = tuple(tuple(map(_cell, row)) for row in value["rows"])
    return Table(str(value["title"]), tuple(map(str, value["columns"])), rows, str(value["note"]))


def _cell(value: Any) -> Cell:
    if isinstance(value, Mapping):
        return Interval(float(value["mean"]), float(value["low"]), float(value["high"]))
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError(f"a cell holds {type(value).__name__}")


def _plot(value: Mapping[str, Any]) -> Plot:
    return Plot(
        title=str(value["title"]),
        x=str(value["x"]),
        y=str(value["y"]),
        series=tuple(map(_series, value["series"])),
        kind="bar" if value["kind"] == "bar" else "line",
        log_x=bool(value["log_x"]),
        note=str(value["note"]),
    )


def _series(value: Mapping[str, Any]) -> Series:
    points = tuple((x if isinstance(x, str) else float(x), float(y)) for x, y in value["points"])
    intervals = value["intervals"]
    if intervals is not None:
        intervals = tuple((float(low), float(high)) for low, high in intervals)
    return Series(str(value["name"]), points, intervals)
