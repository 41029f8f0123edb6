"""A table's cells as text."""

from forethought.bench.report import Cell, Interval


def cell_text(cell: Cell) -> str:
    """For people: `1,319`, `0.457`, `0.457 (0.400 to 0.512)`; a dash for nothing."""
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


def _decimals(size: float) -> int:
    """About three digits that say something."""
    return 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 2 else 3
