"""Which commit last changed each row of a file: parsed from git's blame and carried over to unsaved lines. Pure."""

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

MAX_COMPARED_LINES = 4_000_000
"""Changed lines of one version × of the other, above which a rewritten middle counts as uncommitted unread."""


@dataclass(frozen=True, slots=True)
class LastChange:
    commit: str
    author: str
    date: str
    """ISO 8601 with the author's offset."""
    subject: str


@dataclass(frozen=True, slots=True)
class LineChanges:
    """Which commit last changed each row of a file: an index into `changes`, oldest first, or None where unknown."""

    rows: tuple[int | None, ...] = ()
    changes: tuple[LastChange, ...] = ()

    def last_change(self, first_row: int, last_row: int) -> LastChange | None:
        """The newest commit in these rows (0-based, both included); None when a row is uncommitted or unknown."""
        newest = -1
        rows = self.rows[max(first_row, 0) : last_row + 1]
        for row in rows:
            if row is None:
                return None
            newest = max(newest, row)
        return self.changes[newest] if rows else None


def parse_blame(output: bytes) -> tuple[list[bytes], list[str], dict[str, tuple[int, LastChange]]]:
    """Of `git blame --porcelain`: the lines, each line's commit, and each commit's time with what it was."""
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
    return (
        lines,
        commits,
        {commit: (int(header["committer-time"]), _change(commit, header)) for commit, header in headers.items()},
    )


def _change(commit: str, header: dict[str, str]) -> LastChange:
    offset = header["author-tz"]
    minutes = int(offset[-4:-2]) * 60 + int(offset[-2:])
    try:
        zone = timezone(timedelta(minutes=-minutes if offset.startswith("-") else minutes))
        date = datetime.fromtimestamp(int(header["author-time"]), zone).isoformat()
    except (ValueError, OverflowError, OSError):  # commits can claim any time and any offset
        date = datetime.fromtimestamp(0, UTC).isoformat()
    return LastChange(commit, header["author"], date, header["summary"])


def carry_over(committed: list[bytes], rows: list[int | None], current: list[bytes]) -> list[int | None]:
    """For each current line the value of the committed line that it is; None for a line that is new."""
    shortest = min(len(committed), len(current))
    start = next((row for row in range(shortest) if committed[row] != current[row]), shortest)
    end = next((row for row in range(shortest - start) if committed[-1 - row] != current[-1 - row]), shortest - start)
    old, new = committed[start : len(committed) - end], current[start : len(current) - end]
    middle: list[int | None] = [None] * len(new)
    if len(old) * len(new) <= MAX_COMPARED_LINES:
        for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            middle[block.b : block.b + block.size] = rows[start + block.a : start + block.a + block.size]
    return rows[:start] + middle + (rows[len(committed) - end :] if end else [])


_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
