"""A large repository: copies of the packages of Python's standard library.

Every copy defines the same names again, so that most names are ambiguous, as in a large monorepo.
"""

import shutil
import sysconfig
from itertools import count
from pathlib import Path

from forethought.bench.trial import git

_LEFT_OUT = frozenset({"site-packages", "dist-packages", "test", "__pycache__"})
"""Top-level folders of the standard library that differ from installation to installation."""


def make_large_repository(folder: Path, files: int) -> list[str]:
    """Create a git repository with that many Python files and one commit. Returns their paths.

    The same Python version gives the same repository.
    """
    library = Path(sysconfig.get_path("stdlib"))
    sources = sorted(
        path
        for path in library.rglob("*.py")
        if path.parent != library and path.relative_to(library).parts[0] not in _LEFT_OUT and path.is_file()
    )
    paths: list[str] = []
    for copy in count():
        for source in sources[: files - len(paths)]:
            path = f"copy{copy:03}/{source.relative_to(library).as_posix()}"
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / path)
            paths.append(path)
        if len(paths) >= files:
            break
    for words in (["init", "--quiet", "."], ["add", "."], ["commit", "--quiet", "--message", "Copies of packages"]):
        git(folder, *words)
    return paths
