"""What every command receives: the common options and the environment."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from forethought.cli.output import note, print_document, say
from forethought.config import LoadedSettings, load_settings
from forethought.text.sanitizers import visible

if TYPE_CHECKING:
    from rich.text import Text

    from forethought.app.session import Session
    from forethought.workspace.workspace import Workspace

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

FAILED = 1
"""Exit status: something could not be done."""

INTERRUPTED = 130
"""Exit status: Ctrl-C. Finished work is kept."""

MAX_FAILURES_SHOWN = 5


@dataclass
class Invocation:
    """One run of the program. click fills in the options, whether they stand before the command or after it."""

    environment: Mapping[str, str]
    root: Path | None = None
    json: bool = False
    verbose: bool = False
    status: int = 0
    """The exit status of a command that ends normally."""
    _warned: set[str] = field(default_factory=set)

    def load_settings(self, root: Path | None = None) -> LoadedSettings:
        """Return the merged settings. Warns about ignored values, once. Raises ConfigError."""
        loaded = load_settings(root, self.environment)
        for warning in loaded.warnings:
            self.warn(warning)
        return loaded

    def open_session(self) -> "Session":
        """Return a session without background work. The caller closes it."""
        from forethought.app.session import Session  # deferred: heavy to import, and some commands need no session

        return Session(self.load_settings(), self.environment, on_log=logging.getLogger("forethought").info)

    @contextmanager
    def open_workspace(self, root: Path, within: str = "") -> "Iterator[tuple[Session, Workspace]]":
        """Open a session with one root, and show the root's notices on stderr. Raises RootError."""
        with closing(self.open_session()) as session:
            workspace = session.add_root(root, within)
            for notice in workspace.notices:
                self.warn(notice)
            yield session, workspace

    def report(self, document: Any, *lines: "Text | str") -> None:
        """Print the result of a command to stdout: the document with `--json`, otherwise the lines."""
        if self.json:
            print_document(document)
        else:
            say(*(visible(line) if isinstance(line, str) else line for line in lines))

    def failed(self, *sentences: str) -> None:
        """Exit with status 1 in the end, and show the first few reasons on stderr."""
        self.status = FAILED
        note(*(f"forethought: {visible(sentence)}" for sentence in sentences[:MAX_FAILURES_SHOWN]))
        if len(sentences) > MAX_FAILURES_SHOWN:
            note(f"forethought: and {len(sentences) - MAX_FAILURES_SHOWN} more")

    def interrupted(self) -> None:
        """Exit with status 130 in the end."""
        self.status = INTERRUPTED
        note("Interrupted. Finished work is kept.")

    def warn(self, sentence: str) -> None:
        """Show a sentence on stderr, unless it was shown before."""
        if sentence not in self._warned:
            self._warned.add(sentence)
            note(visible(sentence))


def common_options(function: Decorated) -> Decorated:
    """Add `--root`, `--json` and `-v`, which every command takes and which go to the Invocation."""
    options = (
        click.option(
            "--root",
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=_remember,
            help="Folder of the repository; by default, the nearest git root or else the current folder.",
        ),
        click.option(
            "--json",
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Print one JSON document to stdout and everything else to stderr.",
        ),
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Log to stderr, and show the traceback of an internal error.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value and parameter.name:
        setattr(context.find_object(Invocation), parameter.name, value)
        if parameter.name == "verbose":
            logging.getLogger("forethought").setLevel(logging.DEBUG)
