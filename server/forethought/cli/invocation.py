"""What every command is given: the options that all of them take, and the environment."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from forethought.app.session import Session
    from forethought.config import LoadedSettings
    from forethought.workspace.workspace import Workspace

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

FAILED = 1
"""Exit status: something that was asked for could not be done."""

INTERRUPTED = 130
"""Exit status: Ctrl-C; what was done is kept."""

MAX_SENTENCES = 5


@dataclass
class Invocation:
    """Filled while click reads the words, before the command and after it alike."""

    environment: Mapping[str, str]
    root: Path | None = None
    json: bool = False
    verbose: bool = False
    status: int = 0
    """The exit status of a command that ends normally."""
    _warned: set[str] = field(default_factory=set)

    def load_settings(self, root: Path | None) -> "LoadedSettings":
        """The merged settings; what was not taken is said on stderr, once. Raises ConfigError."""
        from forethought.config import load_settings

        loaded = load_settings(root, self.environment)
        for warning in loaded.warnings:
            self.warn(warning)
        return loaded

    def open_session(self) -> "Session":
        """A session without background work; the caller closes it."""
        from forethought.app.session import Session

        return Session(self.load_settings(None), self.environment, on_log=logging.getLogger("forethought").info)

    @contextmanager
    def open_workspace(self, root: Path, within: str = "") -> "Iterator[tuple[Session, Workspace]]":
        """A session with one root, closed at the end; the root's notices are said on stderr. Raises RootError."""
        with closing(self.open_session()) as session:
            workspace = session.add_root(root, within)
            for notice in workspace.notices:
                self.warn(notice)
            yield session, workspace

    def failed(self, *sentences: str) -> None:
        """Leave with status 1 at the end; say why, a line a sentence, the first few of them."""
        from forethought.cli.output import note
        from forethought.text.sanitizers import visible

        self.status = FAILED
        note(*(f"forethought: {visible(sentence)}" for sentence in sentences[:MAX_SENTENCES]))
        if len(sentences) > MAX_SENTENCES:
            note(f"forethought: and {len(sentences) - MAX_SENTENCES} more")

    def interrupted(self) -> None:
        """Leave with status 130 at the end."""
        from forethought.cli.output import note

        self.status = INTERRUPTED
        note("Interrupted; what was done is kept.")

    def warn(self, sentence: str) -> None:
        """Say a sentence on stderr, unless it was said before."""
        from forethought.cli.output import note
        from forethought.text.sanitizers import visible

        if sentence not in self._warned:
            self._warned.add(sentence)
            note(visible(sentence))


def common_options(function: Decorated) -> Decorated:
    """Add `--root`, `--json` and `-v`, which every command takes; they end up in the Invocation."""
    options = (
        click.option(
            "--root",
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=_remember,
            help="The repository's folder; by default the nearest git root, else the current folder.",
        ),
        click.option(
            "--json",
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Print one JSON document on stdout and everything else on stderr.",
        ),
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Log what is done on stderr, and show the traceback of an internal error.",
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
