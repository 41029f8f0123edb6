"""Which files and definitions are used from where, as a measure of their importance.

A file uses another one if it imports from it, or calls something in it; only what resolves to one definition counts.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from forethought.errors import Cancelled
from forethought.facts.call_graph import find_calls
from forethought.names.file_names import Target
from forethought.names.resolver import Resolver

Progress = Callable[[int, int, str], None]
"""Called with (files done, files in total, path)."""


@dataclass(slots=True)
class Usage:
    """Uses among some files of a repository."""

    calls: Counter[Target] = field(default_factory=Counter)
    """Definition → the number of calls that certainly run it."""
    users: dict[str, set[str]] = field(default_factory=dict)
    """File → the other files that use it."""
    folder_users: dict[str, set[str]] = field(default_factory=dict)
    """Folder → the files outside it that use a file in it, or import it as a whole."""

    def add(self, user: str, used: str, *, whole_folder: bool = False) -> None:
        """Note that a file uses another one, or the folder of another one."""
        if user == used:
            return
        if not whole_folder:
            self.users.setdefault(used, set()).add(user)
        folder = folder_of(used)
        if folder != folder_of(user):
            self.folder_users.setdefault(folder, set()).add(user)


def find_usage(
    resolver: Resolver,
    paths: Iterable[str],
    on_progress: Progress = lambda done, total, path: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Usage:
    """The uses in these files. Resolves all of their calls, which takes a few milliseconds per file.

    Raises Cancelled as soon as `cancelled` returns true.
    """
    usage = Usage()
    waiting = list(paths)
    for number, path in enumerate(waiting):
        if cancelled():
            raise Cancelled("The overview is no longer wanted.")
        on_progress(number, len(waiting), path)
        for calls in find_calls(resolver, path).values():
            for call in calls:
                if len(call.targets) == 1:
                    usage.calls[call.targets[0]] += 1
                    usage.add(path, call.targets[0].path)
        outline = resolver.snapshot.outline(path)
        for item in outline.imports if outline is not None else ():
            targets = resolver.imported(path, item).targets
            for target in targets:
                usage.add(path, target.path, whole_folder=len(targets) > 1)
    on_progress(len(waiting), len(waiting), "")
    return usage


def folder_of(path: str) -> str:
    """The folder of a file; empty for the root."""
    return path.rpartition("/")[0]
