"""Reports files that change on disk, for clients that cannot: by the system's notifications, else by polling."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import psutil
from watchfiles import Change, watch

BATCH_MS = 100
"""Changes that follow each other this closely are reported together."""
MAX_BATCH_MS = 1000
"""A batch is reported after this time even if changes keep coming."""
POLL_SECONDS = 1.0
"""Between two looks at all files, where notifications are impossible."""
MAX_POLL_LOAD = 0.05
"""Share of the time that polling may take: a slow drive is looked at less often."""

_START_MS = 200
"""After this time without a change, notifications count as running."""

_NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs",
        "fuse.davfs2", "afs", "ceph", "9p", "drvfs", "virtiofs", "fuse.sshfs", "fuse.rclone",
        "fuse.gvfsd-fuse", "vboxsf", "fuse.vmhgfs-fuse", "prl_fs",
    }
)  # fmt: skip
"""What others write there is not reported."""

Report = Callable[[Collection[str] | None], None]
"""Takes paths that may have changed, relative to the root; None when any may have."""


class FileWatcher:
    """Watches the folders of one root in a daemon thread, until closed."""

    def __init__(
        self,
        root: Path,
        list_folders: Callable[[], Collection[str]],
        report: Report,
        on_error: Callable[[Exception], None],
    ) -> None:
        """`list_folders` returns the folders to watch, without those below them. It is called whenever folders appear.

        Both callables are called on the watcher's thread.
        """
        self._root = root
        self._list_folders = list_folders
        self._report = report
        self._on_error = on_error
        self._stop = threading.Event()
        self._folders: set[str] = set()
        """The folders that are watched, as listed last."""
        self._caught_up = False
        """Whether everything was looked at since notifications began."""

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"files {self._root.name}", daemon=True).start()

    def close(self) -> None:
        """End within moments; does not wait for that."""
        self._stop.set()

    def _run(self) -> None:
        notified = not is_on_network(self._root)
        while not self._stop.is_set():
            try:
                if notified:
                    self._follow_notifications()
                else:
                    self._poll()
            except OSError:  # the limit of watches; or a folder went away while they were made: then it is tried again
                notified = notified and any(not (self._root / folder).is_dir() for folder in self._folders)
                self._stop.wait(POLL_SECONDS)
            except Exception as error:  # noqa: BLE001 -- the thread outlives a failed git call; the error goes to the log
                self._on_error(error)
                self._stop.wait(POLL_SECONDS)

    def _follow_notifications(self) -> None:
        """Report changes, and return when the folders must be listed again. Raises OSError if that is impossible."""
        self._folders = set(self._list_folders())
        recursive = sys.platform != "linux"  # elsewhere one watch covers all folders; on Linux each one costs
        paths = [self._root] if recursive else [self._root / folder for folder in self._folders]
        batches = watch(
            *paths,
            watch_filter=None,
            debounce=MAX_BATCH_MS,
            step=BATCH_MS,
            stop_event=self._stop,
            rust_timeout=_START_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=False,
            recursive=recursive,
            ignore_permission_denied=True,
        )
        self._caught_up = False
        with contextlib.closing(batches):
            for changes in batches:
                if self._follow(changes):
                    return

    def _follow(self, changes: Collection[tuple[Change, str]]) -> bool:
        """Report one batch. Returns whether a folder appeared."""
        if not self._caught_up:
            self._caught_up = True
            self._report(None)  # what changed before notifications ran
        paths = {
            path: change
            for change, file in changes
            if (path := self._relative(file)) is not None and path and path.rpartition("/")[0] in self._folders
        }
        if paths:
            self._report(paths)
        appeared = False
        for path, change in paths.items():
            if change is Change.deleted:
                self._folders.discard(path)
            elif path not in self._folders and path.rpartition("/")[2] != ".git" and _is_folder(self._root / path):
                appeared = True
        return appeared

    def _relative(self, file: str) -> str | None:
        with contextlib.suppress(ValueError):
            return Path(file).relative_to(self._root).as_posix()
        return None

    def _poll(self) -> None:
        before: dict[str, tuple[int, int]] | None = None
        while True:
            started = time.monotonic()
            after = dict(self._look(self._list_folders()))
            if before is None:
                self._report(None)
            elif changed := {path for path, _ in before.items() ^ after.items()}:
                self._report(changed)
            before = after
            if self._stop.wait(max(POLL_SECONDS, (time.monotonic() - started) / MAX_POLL_LOAD)):
                return

    def _look(self, folders: Collection[str]) -> Iterator[tuple[str, tuple[int, int]]]:
        """(path, (time stamp in nanoseconds, size)) of every file in the folders."""
        for folder in folders:
            with contextlib.suppress(OSError), os.scandir(self._root / folder) as entries:
                for entry in entries:
                    if not entry.is_dir(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        yield f"{folder}/{entry.name}".lstrip("/"), (status.st_mtime_ns, status.st_size)


def is_on_network(folder: Path) -> bool:
    """Whether a folder is on a drive that others may write to without this machine being notified."""
    try:
        mounts = psutil.disk_partitions(all=True)
    except (OSError, RuntimeError):
        return False
    around = [mount for mount in mounts if folder.is_relative_to(mount.mountpoint)]
    innermost = max(around, key=lambda mount: len(mount.mountpoint), default=None)
    return innermost is not None and (
        innermost.fstype in _NETWORK_FILE_SYSTEMS or "remote" in innermost.opts.split(",")
    )


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
