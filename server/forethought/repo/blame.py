"""Which commit last changed each row of a file: git's blame, parsed and mapped to the rows of unsaved text. Pure."""

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

MAX_COMPARED_LINES = 4_000_000
"""Product of the changed lines of both versions; above it they are not compared, and all count as uncommitted."""


@dataclass(frozen=True, slots=True)
class LastChange:
    """A commit that last changed a row."""

    commit: str
    author: str
    date: str
    """ISO 8601, with the author's UTC offset."""
    subject: str


@dataclass(frozen=True, slots=True)
class Blame:
    """Which commit last changed each row of a file."""

    rows: tuple[int | None, ...] = ()
    """For each row an index into `changes`; None if the row is uncommitted or its history is unknown."""
    changes: tuple[LastChange, ...] = ()
    """Oldest first."""

    def last_change(self, first_row: int, last_row: int) -> LastChange | None:
        """The newest commit in these rows (0-based, both included); None if any row is uncommitted or unknown."""
        newest = -1
        rows = self.rows[max(first_row, 0) : last_row + 1]
        for row in rows:
            if row is None:
                return None
            newest = max(newest, row)
        return self.changes[newest] if rows else None


class CommittedBlame(NamedTuple):
    """The blame of a file as it was committed."""

    lines: list[bytes]
    """Without line breaks."""
    commits: list[str]
    """The commit that last changed each line."""
    changes: dict[str, tuple[int, LastChange]]
    """Commit → (committer's time in seconds since the epoch, change)."""


def parse_blame(output: bytes) -> CommittedBlame:
    """Parse the output of `git blame --porcelain`, as its manual describes it."""
    lines: list[bytes] = []
    commits: list[str] = []
    headers: dict[str, dict[str, str]] = {}
    for line in output.split(b"\n")[:-1]:
        if line.startswith(b"\t"):
            lines.append(line[1:].rstrip(b"\r"))
            continue
        key, _, value = line.decode("utf-8", "replace").partition(" ")
        if _OBJECT_ID.fullmatch(key):
            commits.append(key)
            headers.setdefault(key, {})
        else:
            headers[commits[-1]][key] = value
    changes = {
        commit: (int(header["committer-time"]), _last_change(commit, header)) for commit, header in headers.items()
    }
    return CommittedBlame(lines, commits, changes)


def _last_change(commit: str, header: dict[str, str]) -> LastChange:
    offset = header["author-tz"]
    minutes = int(offset[-4:-2]) * 60 + int(offset[-2:])
    try:
        zone = timezone(timedelta(minutes=-minutes if offset.startswith("-") else minutes))
        date = datetime.fromtimestamp(int(header["author-time"]), zone).isoformat()
    except (ValueError, OverflowError, OSError):  # a commit may claim any time and any offset
        date = datetime.fromtimestamp(0, UTC).isoformat()
    return LastChange(commit, header["author"], date, header["summary"])


def carry_over(committed: list[bytes], rows: list[int | None], current: list[bytes]) -> list[int | None]:
    """For each current line, the item of `rows` for the same committed line; None if the line is new."""
    shared = min(len(committed), len(current))
    start = next((row for row in range(shared) if committed[row] != current[row]), shared)
    end = next((row for row in range(shared - start) if committed[-1 - row] != current[-1 - row]), shared - start)
    old, new = committed[start : len(committed) - end], current[start : len(current) - end]
    middle: list[int | None] = [None] * len(new)
    if len(old) * len(new) <= MAX_COMPARED_LINES:
        for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            middle[block.b : block.b + block.size] = rows[start + block.a : start + block.a + block.size]
    return rows[:start] + middle + (rows[len(committed) - end :] if end else [])


_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
