"""What a file passes on from others, and which files import it."""

import ast
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from forethought.errors import Cancelled
from forethought.facts.location import Location
from forethought.names.file_names import Target
from forethought.names.modules import SCRIPT_LANGUAGES, family
from forethought.names.resolver import Resolver
from forethought.syntax.tags import FileTags, Import, Position

_ALL = re.compile(r"(?m)^__all__\s*(?::[^=\n]+)?=\s*(?=[\[(])")
_ALL_CHANGED = re.compile(r"(?m)^\s*__all__\s*(?:\+=|\.(?:extend|append|remove)\b)")
_SCRIPT_STATEMENT = re.compile(r"(?m)^\s*(export|import)\b")
_SCRIPT_LIST = re.compile(r"(?m)^\s*export\s*(?:type\s*)?\{([^}]*)\}(?!\s*from)")
_RUST_STATEMENT = re.compile(r"(?m)^\s*(?:(pub)(\s*\([^)]*\))?\s+)?use\b")
_WHOLE = "*"
_PACKAGE_STEMS = frozenset({"__init__", "index", "mod", "lib"})
"""Names of files that are imported by the name of their folder or package."""
_MAX_STATEMENT_ROWS = 100


class Export(NamedTuple):
    """A name that a file offers without defining it, or that its list of exports names."""

    name: str
    """As others import it; `*` for everything that the module has."""
    module: str
    """Where it is imported from, as written; empty for what is defined in the file, or not found."""
    targets: tuple[Target, ...]
    """The definitions in the repository; a file for a module."""


def declared_exports(resolver: Resolver, path: str, lines: Sequence[bytes]) -> tuple[list[Export], bool] | None:
    """(the names in Python's `__all__`, whether it is complete); None without a plain list, or in other languages."""
    if not path.endswith((".py", ".pyi")):
        return None
    text = b"\n".join(lines).decode("utf-8", "replace")
    found = _ALL.search(text)
    if found is None:
        return None
    try:
        names = ast.literal_eval(text[found.end() : text.index("])"[text[found.end()] == "("], found.end()) + 1])
    except (ValueError, SyntaxError):
        return None
    if not all(isinstance(name, str) for name in names):
        return None
    modules = {item.local: item.module for item in _imports(resolver, path)}
    exports = [Export(name, modules.get(name, ""), resolver.module_member(path, name)) for name in names]
    return exports, len(_ALL.findall(text)) == 1 and _ALL_CHANGED.search(text) is None


def reexports(resolver: Resolver, path: str, lines: Sequence[bytes]) -> list[Export]:
    """What a file imports and offers to others: `export … from`, `pub use`, the public names of an `__init__.py`."""
    outline = resolver.snapshot.outline(path)
    if outline is None:
        return []
    text = [line.decode("utf-8", "replace") for line in lines]
    listed = _listed_exports(outline, "\n".join(text))
    found: dict[str, Export] = {}
    for item in _imports(resolver, path):
        if not _is_passed_on(outline, path, text, item) and item.local not in listed:
            continue
        name = _WHOLE if item.local == "*" else listed.get(item.local, item.local)
        key = f"* {item.module}" if name == _WHOLE else name
        found.setdefault(key, Export(name, item.module, resolver.imported(path, item).targets))
    return list(found.values())


def importers(resolver: Resolver, path: str, cancelled: Callable[[], bool] = lambda: False) -> list[Location]:
    """The first import in each file that imports a file, or something by way of it; of a Go file, its package.

    In path order. Raises Cancelled as soon as `cancelled` returns true.
    """
    outline = resolver.snapshot.outline(path)
    if outline is None:
        return []
    languages = family(outline.language)
    folder, file = posixpath.split(path)
    word = posixpath.basename(folder) if outline.language == "go" else file.partition(".")[0]
    if word in _PACKAGE_STEMS:
        word = ""
    found = []
    for other in sorted(resolver.snapshot.paths()):
        if cancelled():
            raise Cancelled("The importers are no longer wanted.")
        tags = resolver.snapshot.outline(other) if other != path else None
        if tags is None or tags.language not in languages:
            continue
        for item in tags.imports:
            may_be = not item.module.strip("./") or word in f"{item.module} {item.name or ''}"  # most are not
            if item.local and may_be and _leads_to(resolver, other, tags.language, item, path):
                found.append(Location(other, "", item.original or item.range))
                break
    return found


def _leads_to(resolver: Resolver, path: str, language: str, item: Import, module: str) -> bool:
    if language == "rust":
        return any(target.path == module for target in resolver.imported(path, item).targets)
    items = [item]
    if language == "python" and item.name is None:
        items.append(replace(item, local=item.module))  # `import a.b` binds `a`, and imports both
    of_import = resolver.query_cache.modules.of_import
    return any(found == module for each in items for found, _ in of_import(path, language, each))


def _imports(resolver: Resolver, path: str) -> Iterator[Import]:
    outline = resolver.snapshot.outline(path)
    for item in outline.imports if outline is not None else ():
        if item.local and not item.scope:
            yield item


def _is_passed_on(outline: FileTags, path: str, text: Sequence[str], item: Import) -> bool:
    if outline.language == "python":
        is_own = item.module.startswith(".") or posixpath.basename(posixpath.dirname(path)) == item.module.split(".")[0]
        return path.endswith("__init__.py") and is_own and not item.local.startswith("_")
    statement = _last_before(
        text, item.range.start, _RUST_STATEMENT if outline.language == "rust" else _SCRIPT_STATEMENT
    )
    if statement is None:
        return False
    if outline.language == "rust":
        return statement[1] is not None and statement[2] is None
    return outline.language in SCRIPT_LANGUAGES and statement[1] == "export"


def _listed_exports(outline: FileTags, text: str) -> dict[str, str]:
    """Local name → name for others, of scripts' `export {a, b as c}` without a module."""
    if outline.language not in SCRIPT_LANGUAGES:
        return {}
    found = {}
    for names in _SCRIPT_LIST.findall(text):
        for item in names.split(","):
            local, _, renamed = item.removeprefix("type ").strip().partition(" as ")
            found[local.strip()] = renamed.strip() or local.strip()
    return found


def _last_before(text: Sequence[str], position: Position, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """The last match that starts on the row of the position, or not far above."""
    matches = list(pattern.finditer("\n".join(text[max(0, position.row - _MAX_STATEMENT_ROWS) : position.row + 1])))
    return matches[-1] if matches else None
