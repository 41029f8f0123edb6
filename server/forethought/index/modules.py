"""Which file of the repository an import means, language by language, from the paths alone."""

import posixpath
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from forethought.index.tags import Import, Symbol

if TYPE_CHECKING:
    from forethought.index.inference import FileNames

_SCRIPT_EXTENSIONS = ("", ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_IMPLICIT_MEMBERS = frozenset({"java", "kotlin", "c-sharp", "cpp", "ruby", "swift", "scala"})


def has_implicit_members(language: str) -> bool:
    """Whether a bare name may be a member of the enclosing class."""
    return language in _IMPLICIT_MEMBERS


def may_be_global(language: str) -> bool:
    """Whether a bare name that nothing in sight binds may be defined in any other file."""
    return language not in _SCRIPTS | {"python", "go", "rust"}


def top_level(names: "FileNames", name: str) -> list[Symbol]:
    """The symbols of a file that its neighbours see by this bare name."""
    return names.members.get("", {}).get(name, [])


class ModuleTable:
    """The files of a root, found by module path."""

    def __init__(self, paths: frozenset[str]) -> None:
        self.paths = paths
        self._by_name: dict[str, list[str]] = {}
        self._by_folder: dict[str, list[str]] = {}
        for path in sorted(paths):
            folder, _, name = path.rpartition("/")
            self._by_name.setdefault(name, []).append(path)
            self._by_folder.setdefault(folder, []).append(path)

    def of_import(self, path: str, language: str, item: Import) -> list[tuple[str, str | None]]:
        """(file, name in it or None for the file itself) of each file that the import may mean; empty when outside."""
        if language == "python":
            return list(self._python(path, item))
        if language in _SCRIPTS:
            return list(self._script(path, item))
        return []

    def submodule(self, path: str, name: str) -> str | None:
        """The file of `name` inside the package whose own file is `path`."""
        folder, _, file_name = path.rpartition("/")
        if file_name in ("__init__.py", "__init__.pyi"):
            return self._python_file(_join(folder, name))
        return None

    def neighbours(self, path: str, language: str) -> list[str]:
        """Files whose top-level names are seen here without an import."""
        return []

    # Python

    def _python(self, path: str, item: Import) -> Iterator[tuple[str, str | None]]:
        if item.module.startswith("."):
            bases = self._python_relative(path, item.module)
        elif item.name is None and item.local == item.module.partition(".")[0]:
            bases = self._python_absolute(path, item.local)  # `import a.b` binds `a`
        else:
            bases = self._python_absolute(path, item.module)
        member = None if item.local == "*" else item.name
        for base in bases:
            if (file := self._python_file(base)) is not None:
                yield file, member
            elif member is not None and (file := self._python_file(_join(base, member))) is not None:
                yield file, None  # a folder without `__init__.py`

    def _python_relative(self, path: str, module: str) -> list[str]:
        name = module.lstrip(".")
        folder = posixpath.dirname(path)
        for _ in range(len(module) - len(name) - 1):
            folder = posixpath.dirname(folder)
        return [_join(folder, name.replace(".", "/")) if name else folder]

    def _python_absolute(self, path: str, module: str) -> list[str]:
        """Candidates, the nearest only: beside a script, in a folder above, in `src`, then anywhere on its own."""
        parts = module.split(".")
        relative = "/".join(parts)
        folder = posixpath.dirname(path)
        while True:
            if not self._is_package(folder):
                for base in (_join(folder, relative), _join(folder, f"src/{relative}")):
                    if self._exists(base, parts):
                        return [base]
            if not folder:
                break
            folder = posixpath.dirname(folder)
        if self._is_package("") and len(parts) > 1 and self._python_file("/".join(parts[1:])) is not None:
            return ["/".join(parts[1:])]  # the root is itself the package
        if parts[0] in sys.stdlib_module_names:
            return []
        found = []
        for name in (f"{parts[-1]}.py", f"{parts[-1]}.pyi"):
            found += [file.removesuffix(name) + parts[-1] for file in self._by_name.get(name, ())]
        for name in ("__init__.py", "__init__.pyi"):
            found += [posixpath.dirname(file) for file in self._by_name.get(name, ())]
        tops = {
            base
            for base in found
            if (base == relative or base.endswith(f"/{relative}"))
            and not self._is_package(base.removesuffix(relative).rstrip("/"))
        }
        return sorted(tops) if len(tops) == 1 else []

    def _exists(self, base: str, parts: list[str]) -> bool:
        if self._python_file(base) is not None:
            return True
        return parts[0] not in sys.stdlib_module_names and base in self._by_folder

    def _is_package(self, folder: str) -> bool:
        return _join(folder, "__init__.py") in self.paths or _join(folder, "__init__.pyi") in self.paths

    def _python_file(self, base: str) -> str | None:
        candidates = (
            (f"{base}/__init__.py", f"{base}.py", f"{base}/__init__.pyi", f"{base}.pyi")
            if base
            else (
                "__init__.py",
                "__init__.pyi",
            )
        )
        return next((candidate for candidate in candidates if candidate in self.paths), None)

    # JavaScript and TypeScript

    def _script(self, path: str, item: Import) -> Iterator[tuple[str, str | None]]:
        if not item.module.startswith("."):
            return
        base = posixpath.normpath(posixpath.join(posixpath.dirname(path), item.module))
        base = "" if base == "." else base
        member = None if item.name in (None, "*") else item.name
        stems = [base]
        for compiled, sources in ((".js", (".ts", ".tsx")), (".mjs", (".mts",)), (".jsx", (".tsx",))):
            if base.endswith(compiled):
                stems += [base.removesuffix(compiled) + source for source in sources]
        for candidate in (
            *(stem + extension for stem in stems for extension in _SCRIPT_EXTENSIONS),
            *(_join(base, f"index{extension}") for extension in _SCRIPT_EXTENSIONS if extension),
        ):
            if candidate in self.paths:
                yield candidate, member
                return


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
