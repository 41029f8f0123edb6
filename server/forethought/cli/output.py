"""Writing for people and for scripts. Everything that comes from a file, a repository or a model passes `plain`."""

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
    """Called as often as one likes; what is shown is limited here."""

    def __call__(self, done: int, total: int, message: str = "") -> None: ...


def prepare_streams() -> None:
    """Never fail on a character that the terminal's encoding or a file's name cannot carry."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


def print_document(document: Any) -> None:
    """Write the one JSON document of a command; in ASCII, so that no terminal's encoding can spoil it."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()


def say(*lines: "Text | str") -> None:
    """Write lines on stdout."""
    _write(_console(stderr=False), lines)


def note(*lines: "Text | str") -> None:
    """Write lines on stderr."""
    _write(_console(stderr=True), lines)


def print_markdown(text: str) -> None:
    """Formatted on a terminal, as it is elsewhere. Links are shown as text: the text may be a model's."""
    safe = "\n".join(visible(line) for line in text.splitlines())
    console = _console(stderr=False)
    if console.is_terminal:
        from rich.markdown import Markdown

        console.print(Markdown(safe, hyperlinks=False), soft_wrap=False)
    else:
        _write(console, (safe,))


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], note: str = ""
) -> None:
    """A table on stdout, columns of numbers to the right; off a terminal as wide as it needs to be."""
    from rich import box
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
    """A bar on a terminal; elsewhere a plain line on stderr at most every five seconds, and one at the end."""
    console = _console(stderr=True)
    if console.is_terminal:
        with _bar(console, title) as report:
            yield report
    else:
        yield _PlainProgress(title)


@contextmanager
def show_transfer(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """Like `show_progress`, of bytes; the total may be unknown."""
    console = _console(stderr=True)
    if not console.is_terminal:
        lines = _PlainProgress(title, unit=1_000_000, unit_name=" MB")
        yield lambda done, total: lines(done, total or 0)
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    description = TextColumn("{task.description}", markup=False)
    columns = (description, BarColumn(bar_width=24), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(visible(title), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def show_stream(enabled: bool) -> Iterator[Callable[[str], None]]:
    """On a terminal, show the text as it grows and take it away at the end, when the whole answer is printed."""
    console = _console(stderr=False)
    if not (enabled and console.is_terminal):
        yield lambda delta: None
        return
    from rich.live import Live
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
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

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
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def _write(console: "Console", lines: "tuple[Text | str, ...]") -> None:
    for line in lines:
        if isinstance(line, str) or not console.is_terminal:
            console.file.write(f"{line}\n")
        else:
            console.print(line, soft_wrap=True)
    console.file.flush()
