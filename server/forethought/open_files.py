"""The files that the editor has open, what their names mean, and the views of a few others that were asked about."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from forethought.index.resolve import IndexView
from forethought.index.tags import FileTags
from forethought.views import Buffer, OverlayView, View

MOST_CLOSED_VIEWS = 8
"""Views of files that are not open, kept for the next request on them."""


class OpenFiles:
    """Buffers, and views of them and of the disk. Safe from any thread; nothing but `wait_view` waits."""

    def __init__(self, index: IndexView, on_shown: Callable[[str, FileTags], None]) -> None:
        """`on_shown` is told of each text as it becomes the one that is shown; it must not call back."""
        self.overlay = OverlayView(index)
        """The index with these files in place of the disk."""
        self._on_shown = on_shown
        self._lock = threading.RLock()
        self._view_built = threading.Condition(self._lock)
        self._buffers: dict[str, Buffer] = {}
        self._views: OrderedDict[str, View] = OrderedDict()
        self._edited: set[str] = set()
        """Open files whose views are older than their buffers."""

    @property
    def paths(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._buffers)

    def buffer(self, path: str) -> Buffer | None:
        return self._buffers.get(path)

    def view(self, path: str) -> View | None:
        """The last view of the file, open or not."""
        return self._views.get(path)

    @property
    def views_are_current(self) -> bool:
        """Whether every open file's view shows its buffer: what a name means may rest on any of them."""
        return not self._edited

    def wait_view(self, path: str, version: int | None, seconds: float) -> View | None:
        """The view of at least this version, and all others as well, waiting at most `seconds`; else the last one."""

        def ready() -> bool:
            view = self._views.get(path)
            current = view is not None and (version is None or view.version is None or view.version >= version)
            return current and self.views_are_current

        with self._view_built:
            self._view_built.wait_for(ready, seconds)
            return self._views.get(path)

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
            self._views.pop(path, None)
            self._edited.discard(path)
            self.overlay.replace_buffer(path, None)

    def show(self, buffer: Buffer, view: View | None) -> bool:
        """Show the view of a buffer (None: there is nothing to see); False when the buffer was replaced or closed."""
        path = buffer.path
        with self._view_built:
            if self._buffers.get(path) is not buffer:
                return False
            before = self._views.pop(path, None)
            self.overlay.replace_buffer(path, view.tags if view else None)
            if view is not None:
                self._views[path] = view
                self._on_shown(path, view.tags)
            if _names(before) != _names(view):
                for other in self._views.values():
                    other.forget_targets()
            self._edited.discard(path)
            self._view_built.notify_all()
        return True

    def show_closed(self, view: View, *, newer: bool) -> None:
        """Keep the view of a file that is not open; `newer` than the index: until that follows, it is laid over it."""
        with self._lock:
            if view.path in self._buffers:
                return  # opened meanwhile: the buffer counts
            self.overlay.replace_buffer(view.path, view.tags if newer else None)
            self._views[view.path] = view
            self._on_shown(view.path, view.tags)
            closed = [known for known in self._views if known not in self._buffers]
            for known in closed[:-MOST_CLOSED_VIEWS]:
                del self._views[known]

    def forget_closed(self, follows: Callable[[str], bool]) -> None:
        """The index was brought up to date: `follows` says for which files it now shows what is on the disk."""
        with self._lock:
            for path in [path for path in self._views if path not in self._buffers]:
                del self._views[path]
            for path in self.overlay.laid_over - self._buffers.keys():
                if follows(path):
                    self.overlay.replace_buffer(path, None)

    def forget_older(self, path: str, data: bytes) -> None:
        """The file's text on disk is this one: a view of another one is of no use, unless the file is open."""
        with self._lock:
            view = self._views.get(path)
            if view is not None and view.data != data and path not in self._buffers:
                del self._views[path]


def _names(view: View | None) -> tuple[object, ...] | None:
    """What names in other files can mean because of this one."""
    return None if view is None else (view.tags.imports, *((item.id, item.kind) for item in view.tags.symbols))
