"""The folder that holds the index and the full-text index of every root: file names, size on disk, eviction."""

import hashlib
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

RECENT_SECONDS = 3600.0
"""An index used within this time may be open in another window."""

_NAME = re.compile(r"(?P<root>[0-9a-f]{32})\.[a-z.-]+")


@dataclass(slots=True)
class _RootFiles:
    bytes: int = 0
    used_at: float = 0.0
    paths: list[Path] = field(default_factory=list)


def index_file(folder: Path, root: Path, suffix: str) -> Path:
    """The file in `folder`/index for `root`: the same one for all links to it."""
    digest = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:32]
    return folder / "index" / f"{digest}.{suffix}"


def index_bytes(folder: Path) -> int:
    """The size on disk of all files in `folder`/index."""
    return sum(root.bytes for root in _roots(folder).values())


def evict_indexes(folder: Path, allowance: int) -> None:
    """Delete the indexes of the least recently used roots until all together take at most `allowance` bytes.

    Those used within `RECENT_SECONDS` stay. Raises OSError when a file cannot be deleted.
    """
    roots = sorted(_roots(folder).values(), key=lambda root: root.used_at)
    total = sum(root.bytes for root in roots)
    for root in roots:
        if total <= allowance or time.time() - root.used_at < RECENT_SECONDS:
            return
        for path in root.paths:
            path.unlink(missing_ok=True)
        total -= root.bytes


def _roots(folder: Path) -> dict[str, _RootFiles]:
    roots: dict[str, _RootFiles] = {}
    try:
        entries = list(os.scandir(folder / "index"))
    except OSError:
        return {}  # nothing has been indexed yet
    for entry in entries:
        named = _NAME.fullmatch(entry.name)
        try:
            if named is None or not entry.is_file(follow_symlinks=False):
                continue
            found = entry.stat(follow_symlinks=False)
        except OSError:
            continue  # deleted meanwhile
        root = roots.setdefault(named["root"], _RootFiles())
        root.bytes += found.st_size
        root.used_at = max(root.used_at, found.st_mtime)
        root.paths.append(Path(entry.path))
    return roots
