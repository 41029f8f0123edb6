"""What a package calls itself, read off its manifest: its name in an import means no stranger. Pure.

Read are npm's `package.json`, Go's `go.mod` and Rust's `Cargo.toml`; of each the name, and which file it opens with.
"""

import json
import posixpath
import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

MANIFESTS = ("package.json", "go.mod", "Cargo.toml")

_MAX_ENTRIES = 40


class Package(NamedTuple):
    """A package of the repository."""

    kind: str
    """The manifest's file name."""
    folder: str
    """Where the manifest stands; empty for the root."""
    name: str
    """As imports write it."""
    entries: tuple[str, ...] = ()
    """Files that it may open with, the likeliest first, as paths in the root; not each of them need exist."""


def read_manifest(path: str, text: str) -> Package | None:
    """The package of a manifest; None for one that gives no name. Total: any text may come."""
    folder, _, kind = path.rpartition("/")
    try:
        match kind:
            case "go.mod":
                found = re.search(r"^\s*module\s+\"?([^\s\"]+)", text, re.M)
                return Package(kind, folder, found[1]) if found else None
            case "Cargo.toml":
                return _crate(folder, tomllib.loads(text))
            case "package.json":
                return _npm(folder, json.loads(text))
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
    written = [
        text for key in ("source", "exports", "module", "main", "types") for text in _texts(manifest.get(key), 0)
    ]
    entries: list[str] = []
    for entry in [text for text in written if text.startswith("./") or not text.startswith(".")][:_MAX_ENTRIES]:
        # What is published is often built: `dist/index.js` of `src/index.ts`.
        stem = re.sub(r"(\.d)?\.[cm]?[jt]sx?$", "", entry)
        source = re.sub(r"^(\./)?(dist|lib|build|out|es|esm|cjs)/((cjs|esm|es|umd|types)/)?", "src/", stem)
        entries += [entry, stem, source, source.replace("src/", "source/", 1)]
    entries += ["index", "src/index", "source/index", "lib/index", "src/main"]
    paths = tuple(dict.fromkeys(_inside(folder, entry) for entry in entries))
    return Package("package.json", folder, name if isinstance(name, str) else "", paths)


def _texts(value: object, depth: int) -> Iterator[str]:
    """The paths of an `exports` field that the package itself is imported by: those under `.`, or of no path."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth < 4:
        for key, inner in value.items():
            if key == "." or not key.startswith("."):
                yield from _texts(inner, depth + 1)


def _inside(folder: str, relative: str) -> str:
    return posixpath.normpath(posixpath.join(folder, relative.lstrip("/")))
