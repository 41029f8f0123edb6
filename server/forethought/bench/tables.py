"""Tables as text, shared by the terminal and the HTML page."""

from collections.abc import Sequence

from forethought.bench.report import Cell, Goal, Interval, Table


def cell_text(cell: Cell) -> str:
    """Format a cell for people: `1,319`, `0.457`, `0.457 (0.400 to 0.512)`; a dash for None."""
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Interval):
        decimals = _decimals(max(abs(cell.mean), abs(cell.low), abs(cell.high)))
        return f"{cell.mean:,.{decimals}f} ({cell.low:,.{decimals}f} to {cell.high:,.{decimals}f})"
    if isinstance(cell, float):
        return f"{cell:,.{_decimals(abs(cell))}f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def numeric_columns(table: Table) -> list[bool]:
    """Whether each column holds numbers only; such columns are right-aligned."""
    if not table.rows:
        return [False] * len(table.columns)
    return [all(not isinstance(cell, str) for cell in column) for column in zip(*table.rows, strict=True)]


def goals_table(goals: Sequence[Goal]) -> Table:
    rows = tuple(
        (
            goal.figure,
            _with_unit(goal.value, goal.unit),
            f"{goal.comparison} {_with_unit(goal.target, goal.unit)}",
            "met" if goal.met else "NOT met",
        )
        for goal in goals
    )
    return Table("Goals", ("figure", "measured", "goal", ""), rows)


def _with_unit(value: float, unit: str) -> str:
    whole = isinstance(value, int) or value == int(value)
    return f"{int(value):,} {unit}".rstrip() if whole else f"{cell_text(value)} {unit}".rstrip()


def _decimals(size: float) -> int:
    """About three significant digits."""
    return 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 2 else 3
