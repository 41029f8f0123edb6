"""The commands that a package installs, from its manifest: `pyproject.toml` or `package.json`. Pure."""

import json
import posixpath
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

COMMAND_MANIFESTS = ("pyproject.toml", "package.json")


class Command(NamedTuple):
    """A command that a package installs."""

    name: str
    paths: tuple[str, ...]
    """The files that may hold its code, relative to the root, likeliest first; they need not exist."""
    function: str
    """What it calls there; empty if it runs the file."""


def read_commands(path: str, text: str) -> tuple[Command, ...]:
    """The commands that a manifest declares, in order. Total: any text is allowed."""
    folder, _, kind = path.rpartition("/")
    try:
        match kind:
            case "pyproject.toml":
                return tuple(_scripts(folder, tomllib.loads(text)))
            case "package.json":
                return tuple(_bin(folder, json.loads(text)))
    except (ValueError, RecursionError):
        return ()
    return ()


def _scripts(folder: str, manifest: dict[str, Any]) -> Iterator[Command]:
    for keys in (("project", "scripts"), ("project", "gui-scripts"), ("tool", "poetry", "scripts")):
        table: object = manifest
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        for name, entry in table.items() if isinstance(table, dict) else ():
            module, _, function = entry.partition(":") if isinstance(entry, str) else ("", "", "")
            if module and function:
                file = module.strip().replace(".", "/")
                bases = [posixpath.join(folder, base) for base in ("", "src", "server", "lib")]
                paths = [f"{base.rstrip('/')}/{file}".lstrip("/") for base in bases]
                found = tuple(f"{stem}{end}" for stem in paths for end in (".py", "/__init__.py"))
                yield Command(name, found, function.partition("[")[0].strip())


def _bin(folder: str, manifest: object) -> Iterator[Command]:
    if not isinstance(manifest, dict):
        return
    entries, name = manifest.get("bin"), manifest.get("name")
    if isinstance(entries, str) and isinstance(name, str):
        entries = {name.rpartition("/")[2]: entries}
    for command, entry in entries.items() if isinstance(entries, dict) else ():
        if isinstance(entry, str):
            yield Command(command, (posixpath.normpath(posixpath.join(folder, entry)),), "")
