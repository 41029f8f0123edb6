"""The documents that are open in the editor, and snapshots of a few other files that were asked about."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from forethought.names.resolver import IndexSnapshot
from forethought.syntax.tags import FileTags
from forethought.workspace.snapshot import Buffer, DocumentSnapshot, OverlaySnapshot

MAX_CLOSED_SNAPSHOTS = 8
"""Views of files that are not open, kept for the next request on them."""


class OpenFiles:
    """Buffers, and snapshots of them and of the disk. Safe from any thread; nothing but `wait_snapshot` waits."""

    def __init__(self, index: IndexSnapshot, on_shown: Callable[[str, FileTags], None]) -> None:
        """`on_shown` is told of each text as it becomes the one that is shown; it must not call back."""
        self.overlay = OverlaySnapshot(index)
        """The index with these files in place of the disk."""
        self._on_shown = on_shown
        self._lock = threading.RLock()
        self._view_built = threading.Condition(self._lock)
        self._buffers: dict[str, Buffer] = {}
        self._snapshots: OrderedDict[str, DocumentSnapshot] = OrderedDict()
        self._edited: set[str] = set()
        """Open files whose snapshots are older than their buffers."""

    @property
    def paths(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._buffers)

    def buffer(self, path: str) -> Buffer | None:
        return self._buffers.get(path)

    def snapshot(self, path: str) -> DocumentSnapshot | None:
        """The last snapshot of the file, open or not."""
        return self._snapshots.get(path)

    @property
    def views_are_current(self) -> bool:
        """Whether every open file's snapshot shows its buffer: what a name means may rest on any of them."""
        return not self._edited

    def wait_snapshot(self, path: str, version: int | None, seconds: float) -> DocumentSnapshot | None:
        """Wait up to `seconds` for the snapshot of at least this version, and all others; else return the last one."""

        def ready() -> bool:
            snapshot = self._snapshots.get(path)
            current = snapshot is not None and (
                version is None or snapshot.version is None or snapshot.version >= version
            )
            return current and self.views_are_current

        with self._view_built:
            self._view_built.wait_for(ready, seconds)
            return self._snapshots.get(path)

    def put(self, buffer: Buffer) -> bool:
        """The editor's text is now this one; whether the file was open before."""
        with self._lock:
            known = buffer.path in self._buffers
            self._buffers[buffer.path] = buffer
            self._edited.add(buffer.path)
            return known

    def close(self, path: str) -> None:
        with self._lock:
            self._buffers.pop(path, None)
            self._snapshots.pop(path, None)
            self._edited.discard(path)
            self.overlay.replace_buffer(path, None)

    def show(self, buffer: Buffer, snapshot: DocumentSnapshot | None) -> bool:
        """Publish the snapshot of a buffer, or None for an empty one; False if the buffer was replaced or closed."""
        path = buffer.path
        with self._view_built:
            if self._buffers.get(path) is not buffer:
                return False
            before = self._snapshots.pop(path, None)
            self.overlay.replace_buffer(path, snapshot.tags if snapshot else None)
            if snapshot is not None:
                self._snapshots[path] = snapshot
                self._on_shown(path, snapshot.tags)
            if _names(before) != _names(snapshot):
                for other in self._snapshots.values():
                    other.forget_targets()
            self._edited.discard(path)
            self._view_built.notify_all()
        return True

    def show_closed(self, snapshot: DocumentSnapshot, *, newer: bool) -> None:
        """Keep the snapshot of a closed file; one `newer` than the index is overlaid until the index catches up."""
        with self._lock:
            if snapshot.path in self._buffers:
                return  # opened meanwhile: the buffer counts
            self.overlay.replace_buffer(snapshot.path, snapshot.tags if newer else None)
            self._snapshots[snapshot.path] = snapshot
            self._on_shown(snapshot.path, snapshot.tags)
            closed = [known for known in self._snapshots if known not in self._buffers]
            for known in closed[:-MAX_CLOSED_SNAPSHOTS]:
                del self._snapshots[known]

    def forget_closed(self, follows: Callable[[str], bool]) -> None:
        """The index was brought up to date: `follows` says for which files it now shows what is on the disk."""
        with self._lock:
            for path in [path for path in self._snapshots if path not in self._buffers]:
                del self._snapshots[path]
            for path in self.overlay.laid_over - self._buffers.keys():
                if follows(path):
                    self.overlay.replace_buffer(path, None)

    def forget_older(self, path: str, data: bytes) -> None:
        """The file's text on disk is this one: a snapshot of another one is of no use, unless the file is open."""
        with self._lock:
            snapshot = self._snapshots.get(path)
            if snapshot is not None and snapshot.data != data and path not in self._buffers:
                del self._snapshots[path]


def _names(snapshot: DocumentSnapshot | None) -> tuple[object, ...] | None:
    """What names in other files can mean because of this one."""
    return (
        None if snapshot is None else (snapshot.tags.imports, *((item.id, item.kind) for item in snapshot.tags.symbols))
    )
