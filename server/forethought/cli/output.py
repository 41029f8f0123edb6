"""Output for people and for scripts. Untrusted text passes through `visible` before it is printed."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from forethought.text.sanitizers import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


class ReportProgress(Protocol):
    """May be called as often as progress is made; limits itself how often it prints."""

    def __call__(self, done: int, total: int, message: str = "") -> None: ...


def prepare_streams() -> None:
    """Escape characters that the encoding of stdout or stderr lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


def print_document(document: Any) -> None:
    """Print the JSON document of a command, in ASCII, so that the encoding of the terminal does not matter."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()


def say(*lines: "Text | str") -> None:
    """Print lines to stdout."""
    _write(_console(stderr=False), lines)


def note(*lines: "Text | str") -> None:
    """Print lines to stderr."""
    _write(_console(stderr=True), lines)


def print_markdown(text: str) -> None:
    """Print Markdown, formatted on a terminal. Links are shown as text, because a model may have written them."""
    safe = "\n".join(visible(line) for line in text.splitlines())
    console = _console(stderr=False)
    if console.is_terminal:
        from rich.markdown import Markdown  # deferred: heavy to import

        console.print(Markdown(safe, hyperlinks=False), soft_wrap=False)
    else:
        _write(console, (safe,))


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], note: str = ""
) -> None:
    """Print a table to stdout. Numeric columns are right-aligned. Without a terminal, the width is not limited."""
    from rich import box  # deferred: heavy to import
    from rich.table import Table

    console = _console(stderr=False)
    if not console.is_terminal:
        console.width = 200
    table = Table(box=box.SIMPLE_HEAD, title=visible(title), title_justify="left", title_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(visible(column), justify="right" if number < len(numeric) and numeric[number] else "left")
    for row in rows:
        table.add_row(*map(visible, row))
    console.print(table)
    if note:
        _write(console, (visible(note), ""))


@contextmanager
def show_progress(title: str) -> Iterator[ReportProgress]:
    """Show a bar on a terminal. Elsewhere, print a line to stderr at most every five seconds, and one at the end."""
    console = _console(stderr=True)
    if console.is_terminal:
        with _bar(console, title) as report:
            yield report
    else:
        yield _PlainProgress(title)


@contextmanager
def show_transfer(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """Like `show_progress`, for bytes; the total may be unknown."""
    console = _console(stderr=True)
    if not console.is_terminal:
        lines = _PlainProgress(title, unit=1_000_000, unit_name=" MB")
        yield lambda done, total: lines(done, total or 0)
        return
    from rich.progress import (  # deferred: heavy to import
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    description = TextColumn("{task.description}", markup=False)
    columns = (description, BarColumn(bar_width=24), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(visible(title), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def show_stream(enabled: bool) -> Iterator[Callable[[str], None]]:
    """On a terminal, show the text as it grows, and remove it at the end: the caller prints the whole answer."""
    console = _console(stderr=False)
    if not (enabled and console.is_terminal):
        yield lambda delta: None
        return
    from rich.live import Live  # deferred: heavy to import
    from rich.text import Text

    written: list[str] = []
    with Live(console=console, transient=True, refresh_per_second=12) as live:

        def add(delta: str) -> None:
            written.append(delta)
            lines = "".join(written).splitlines()
            live.update(Text("\n".join(visible(line) for line in lines[-(console.height - 2) :])))

        yield add


@contextmanager
def _bar(console: "Console", title: str) -> Iterator[ReportProgress]:
    from rich.progress import (  # deferred: heavy to import
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[message]}", style="dim", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None, message="")

        def report(done: int, total: int, message: str = "") -> None:
            progress.update(task, completed=done, total=total, message=visible(message))

        yield report


class _PlainProgress:
    def __init__(self, title: str, unit: int = 1, unit_name: str = "", every_seconds: float = 5.0) -> None:
        self._title = visible(title)
        self._unit = unit
        self._unit_name = unit_name
        self._every_seconds = every_seconds
        self._next = time.monotonic()
        self._last: tuple[int, int] | None = None

    def __call__(self, done: int, total: int, message: str = "") -> None:
        finished = done == total and self._last != (done, total)
        if finished or time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every_seconds
            self._last = (done, total)
            counted = f"{done // self._unit}/{total // self._unit}{self._unit_name}"
            note(f"{self._title} {counted} {visible(message)}".rstrip())


def _console(stderr: bool) -> "Console":
    from rich.console import Console  # deferred: heavy to import

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def _write(console: "Console", lines: "tuple[Text | str, ...]") -> None:
    for line in lines:
        if isinstance(line, str) or not console.is_terminal:
            console.file.write(f"{line}\n")
        else:
            console.print(line, soft_wrap=True)
    console.file.flush()
