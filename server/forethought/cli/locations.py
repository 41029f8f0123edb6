"""Locations on the command line: `FILE`, `FILE:LINE` or `FILE:LINE:COLUMN`. Lines are 1-based."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forethought.errors import ForethoughtError, UsageError
from forethought.repo.discovery import find_root
from forethought.syntax.tags import Position
from forethought.text.positions import BOM


class LocationError(ForethoughtError):
    """The file or line does not exist."""


@dataclass(frozen=True, slots=True)
class LocationArgument:
    """A location as the user wrote it."""

    file: Path
    line: int | None
    """1-based."""


def parse_location(text: str) -> LocationArgument:
    """Split `FILE[:LINE[:COLUMN]]`. An existing file whose name looks like that takes precedence.

    Raises UsageError for line 0.
    """
    if not os.path.lexists(text):
        readings = [found for pattern in (_LINE, _LINE_AND_COLUMN) if (found := pattern.fullmatch(text))]
        existing = [found for found in readings if os.path.lexists(found["file"])]
        if readings:
            chosen = existing[0] if existing else readings[-1]
            return LocationArgument(Path(chosen["file"]), _checked_line(chosen["line"]))
    return LocationArgument(Path(text), None)


def choose_root(path: Path | None, start: Path | None = None) -> tuple[Path, str]:
    """Return (repository root, subfolder to restrict to) for `path`, else for `start`, else for the current folder.

    The subfolder is "" for the whole root; only `path`, which the user asked for, can restrict. Raises RootError.
    """
    if path is not None:
        root = find_root(path, asked=True)
        return root, path_in_root(root, path.expanduser().resolve())
    folder = Path.cwd() if start is None else start if start.is_dir() else start.parent
    return find_root(folder if folder.exists() else Path.cwd()), ""


def path_in_root(root: Path, named: Path) -> str:
    """Return the POSIX path inside the root of a file or folder, named relative to the current folder or to the root.

    "" is the root itself. Raises LocationError if it does not exist, and UsageError if it is outside the root.
    """
    for base in dict.fromkeys((Path.cwd(), root)):
        candidate = Path(os.path.normpath(base / named))
        if os.path.lexists(candidate):
            return _relative(root, candidate)
    raise LocationError(f"{named} does not exist; name a file below {root}.")


def first_column(lines: Sequence[bytes], path: str, line: int) -> Position:
    """Return where the text of a 1-based line begins. Raises LocationError if the file is shorter."""
    if line > max(1, len(lines)):
        raise LocationError(f"{path} has {len(lines)} lines, so there is no line {line}; name an earlier one.")
    text = lines[line - 1] if lines else b""
    return Position(line - 1, len(text) - len(text.removeprefix(BOM).lstrip()))


def _relative(root: Path, candidate: Path) -> str:
    # Resolve the parent only: a symbolic link inside the root is a file of the root, wherever it points.
    # Path.resolve would fail on a loop of links.
    real, real_parent = Path(os.path.realpath(candidate)), Path(os.path.realpath(candidate.parent))
    for written in (candidate, real_parent / candidate.name, real):
        if written.is_relative_to(root):
            relative = written.relative_to(root).as_posix()
            return "" if relative == "." else relative
    raise UsageError(f"{candidate} is outside {root}; set --root, or name a file inside.")


def _checked_line(text: str) -> int:
    line = int(text)
    if line < 1:
        raise UsageError("Line numbers start from 1.")
    return line


_LINE = re.compile(r"(?P<file>.+):(?P<line>\d{1,9})", re.DOTALL)
_LINE_AND_COLUMN = re.compile(r"(?P<file>.+):(?P<line>\d{1,9}):\d{1,9}", re.DOTALL)
