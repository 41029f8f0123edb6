"""A package's name and entry files from its manifest: `package.json`, `go.mod` or `Cargo.toml`. Pure.

Imports of that name refer to the repository, not to a third party. `tsconfig.json` and `jsconfig.json` name no package,
but say where imports lead.
"""

import json
import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from forethought.syntax.path_aliases import PathAlias, read_path_aliases
from forethought.toml_files import parse_toml

SCRIPT_CONFIGS = ("tsconfig.json", "jsconfig.json")
MANIFESTS = ("package.json", "go.mod", "Cargo.toml", *SCRIPT_CONFIGS)

_MAX_ENTRIES = 40


class Package(NamedTuple):
    """A package of the repository."""

    kind: str
    """File name of the manifest."""
    folder: str
    """The manifest's folder; empty for the root."""
    name: str
    """As written in imports."""
    entries: tuple[str, ...] = ()
    """Paths of possible entry files, relative to the root, likeliest first; they need not exist."""
    aliases: tuple[PathAlias, ...] = ()
    """What the imports below the folder of a `tsconfig.json` may stand for."""


def read_manifest(path: str, text: str, read: Callable[[str], str | None] = lambda _: None) -> Package | None:
    """The package that a manifest describes; None if it says nothing of use. Total: any text is allowed.

    read: gives the text of another file that the manifest extends; None if there is none
    """
    folder, _, kind = path.rpartition("/")
    try:
        match kind:
            case "go.mod":
                module = re.search(r"^\s*module\s+\"?([^\s\"]+)", text, re.M)
                return Package(kind, folder, module[1]) if module else None
            case "Cargo.toml":
                return _crate(folder, parse_toml(text))
            case "package.json":
                return _npm(folder, json.loads(text))
            case "tsconfig.json" | "jsconfig.json":
                aliases = read_path_aliases(path, text, read)
                return Package(kind, folder, "", (), aliases) if aliases else None
    except (ValueError, RecursionError):
        return None
    return None


def _crate(folder: str, manifest: dict[str, Any]) -> Package | None:
    package, library = (manifest.get(key) for key in ("package", "lib"))
    library = library if isinstance(library, dict) else {}
    name = library.get("name") or (package.get("name") if isinstance(package, dict) else None)
    entry = library.get("path", "src/lib.rs")
    if not isinstance(name, str) or not isinstance(entry, str):
        return None
    return Package("Cargo.toml", folder, name.replace("-", "_"), (_inside(folder, entry),))


def _npm(folder: str, manifest: object) -> Package | None:
    if not isinstance(manifest, dict):
        return None
    name = manifest.get("name")
    paths = [path for key in ("source", "exports", "module", "main", "types") for path in _paths(manifest.get(key), 0)]
    entries: list[str] = []
    for entry in [path for path in paths if path.startswith("./") or not path.startswith(".")][:_MAX_ENTRIES]:
        # The published file is often built from a source: `dist/index.js` from `src/index.ts`.
        stem = re.sub(r"(\.d)?\.[cm]?[jt]sx?$", "", entry)
        source = re.sub(r"^(\./)?(dist|lib|build|out|es|esm|cjs)/((cjs|esm|es|umd|types)/)?", "src/", stem)
        entries += [entry, stem, source, source.replace("src/", "source/", 1)]
    entries += ["index", "src/index", "source/index", "lib/index", "src/main"]
    files = tuple(dict.fromkeys(_inside(folder, entry) for entry in entries))
    return Package("package.json", folder, name if isinstance(name, str) else "", files)


def _paths(value: object, depth: int) -> Iterator[str]:
    """The files in an `exports` field that an import of the package itself may load, not those of its subpaths."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth < 4:
        for key, inner in value.items():
            if key == "." or not key.startswith("."):
                yield from _paths(inner, depth + 1)


def _inside(folder: str, relative: str) -> str:
    return posixpath.normpath(posixpath.join(folder, relative.lstrip("/")))
