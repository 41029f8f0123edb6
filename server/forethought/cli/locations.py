"""Places as people write them on the command line: `FILE`, `FILE:LINE`, `FILE:LINE:COLUMN`; lines are 1-based."""

import codecs
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forethought.errors import ForethoughtError, UsageError
from forethought.repo.discovery import find_root
from forethought.syntax.tags import Position


class LocationError(ForethoughtError):
    """The file or line that was named is not there."""


@dataclass(frozen=True, slots=True)
class LocationArgument:
    """A file as it was named, and the line that was named with it."""

    file: Path
    line: int | None


def parse_location(text: str) -> LocationArgument:
    """Split `FILE[:LINE[:COLUMN]]`. A file whose own name ends like that wins, and so does a drive letter's colon.

    Raises UsageError for line 0.
    """
    if not os.path.lexists(text):
        readings = [found for pattern in (_LINE, _LINE_AND_COLUMN) if (found := pattern.fullmatch(text))]
        existing = [found for found in readings if os.path.lexists(found["file"])]
        if readings:
            chosen = existing[0] if existing else readings[-1]
            return LocationArgument(Path(chosen["file"]), _checked_line(chosen["line"]))
    return LocationArgument(Path(text), None)


def choose_root(asked: Path | None, start: Path | None = None) -> tuple[Path, str]:
    """The root, and the folder in it to keep to: of what was asked for, else around `start`, else around here.

    "" is the whole root. Only a folder that was asked for may be a part of its root. Raises RootError.
    """
    if asked is not None:
        root = find_root(asked, asked=True)
        return root, path_in_root(root, asked.expanduser().resolve())
    folder = Path.cwd() if start is None else start if start.is_dir() else start.parent
    return find_root(folder if folder.exists() else Path.cwd()), ""


def path_in_root(root: Path, named: Path) -> str:
    """The POSIX path inside the root of a file or folder that was named from the current folder, or from the root.

    "" is the root itself. Raises PlaceError when it is not there, UsageError when it is outside the root.
    """
    for base in dict.fromkeys((Path.cwd(), root)):
        candidate = Path(os.path.normpath(base / named))
        if os.path.lexists(candidate):
            return _relative(root, candidate)
    raise LocationError(f"{named} does not exist; name a file below {root}.")


def first_column(lines: Sequence[bytes], path: str, line: int) -> Position:
    """Where the text of a 1-based line begins. Raises PlaceError when the file is shorter."""
    if line > max(1, len(lines)):
        raise LocationError(f"{path} has {len(lines)} lines, so there is no line {line}; name an earlier one.")
    text = lines[line - 1] if lines else b""
    return Position(line - 1, len(text) - len(text.removeprefix(codecs.BOM_UTF8).lstrip()))


def _relative(root: Path, candidate: Path) -> str:
    # The parent only: a symlink inside the root is a file of the root, wherever it points.
    # Not Path.resolve, which fails on a loop of symlinks.
    real, real_parent = Path(os.path.realpath(candidate)), Path(os.path.realpath(candidate.parent))
    for written in (candidate, real_parent / candidate.name, real):
        if written.is_relative_to(root):
            relative = written.relative_to(root).as_posix()
            return "" if relative == "." else relative
    raise UsageError(f"{candidate} is outside {root}; name it with --root, or a file inside.")


def _checked_line(text: str) -> int:
    line = int(text)
    if line < 1:
        raise UsageError("Lines are counted from 1; name a line of at least 1.")
    return line


_LINE = re.compile(r"(?P<file>.+):(?P<line>\d{1,9})", re.DOTALL)
_LINE_AND_COLUMN = re.compile(r"(?P<file>.+):(?P<line>\d{1,9}):\d{1,9}", re.DOTALL)
