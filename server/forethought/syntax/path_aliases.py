"""Which files the paths in imports stand for, from `tsconfig.json` or `jsconfig.json`. Pure.

`baseUrl`, `paths` and `extends` of https://www.typescriptlang.org/tsconfig; configurations of packages are not read.
"""

import json
import posixpath
import re
from collections.abc import Callable
from typing import Any

_MAX_DEPTH = 8
_MAX_ALIASES = 200
_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])""", re.S)

PathAlias = tuple[str, ...]
"""(what an import matches, the paths that it may stand for, relative to the root); each may hold one `*`."""


def read_path_aliases(path: str, text: str, read: Callable[[str], str | None]) -> tuple[PathAlias, ...]:
    """The aliases of a configuration, likeliest first.

    read: gives the text of another file of the repository; None if there is none
    Raises ValueError for text that is no configuration.
    """
    base_url, paths, paths_folder = _options(path, text, read, 0)
    aliases: list[PathAlias] = []
    for pattern, targets in list(paths.items())[:_MAX_ALIASES]:
        if isinstance(targets, list) and pattern.count("*") <= 1:
            folder = base_url if base_url is not None else paths_folder
            aliases.append((pattern, *(_join(folder, target) for target in targets if isinstance(target, str))))
    aliases.sort(key=lambda alias: -len(alias[0].partition("*")[0]))
    if base_url is not None:
        aliases.append(("*", _join(base_url, "*")))
    return tuple(aliases)


def _options(
    path: str, text: str, read: Callable[[str], str | None], depth: int
) -> tuple[str | None, dict[str, Any], str]:
    """(`baseUrl` relative to the root, `paths` as written, the folder of the file that they are written in)."""
    config = json.loads(_COMMENT.sub(lambda match: match[1] or "", text))
    if not isinstance(config, dict):
        raise ValueError("not an object")
    folder = posixpath.dirname(path)
    base_url: str | None = None
    paths: dict[str, Any] = {}
    paths_folder = folder
    extended = config.get("extends")
    for item in extended if isinstance(extended, list) else [extended]:
        if not isinstance(item, str) or not item.startswith(".") or depth >= _MAX_DEPTH:
            continue
        for candidate in (_join(folder, item), _join(folder, f"{item}.json")):
            if (inherited := read(candidate)) is not None:
                inner = _options(candidate, inherited, read, depth + 1)
                base_url = inner[0] if inner[0] is not None else base_url
                paths, paths_folder = inner[1:] if inner[1] else (paths, paths_folder)
                break
    options = config.get("compilerOptions")
    options = options if isinstance(options, dict) else {}
    if isinstance(options.get("baseUrl"), str):
        base_url = _join(folder, options["baseUrl"])
    if isinstance(options.get("paths"), dict):
        paths, paths_folder = options["paths"], folder
    return base_url, paths, paths_folder


def _join(folder: str, relative: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, relative))
    return "" if joined == "." else joined
