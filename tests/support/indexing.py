"""Sources in an in-memory index: names resolved in them, and contexts built from them."""

import hashlib
import textwrap

from forethought.insights.context import Context, build_context
from forethought.names.resolver import Resolver
from forethought.store.index_database import IndexDatabase
from forethought.store.index_store import IndexedFile, IndexStore
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.package_manifests import MANIFESTS, Package, read_manifest
from forethought.syntax.tags import Position

MARK = "‸"
"""Stands right before the name to resolve."""


class ManifestStore(IndexStore):
    """An in-memory index that finds package manifests among the sources."""

    def __init__(self, sources: dict[str, str]) -> None:
        super().__init__(IndexDatabase(None, "1"))
        self._sources = sources

    def packages(self) -> tuple[Package, ...]:
        found = [read_manifest(path, text, self._sources.get) for path, text in self._sources.items()]
        return tuple(package for package in found if package is not None)


def index_of(sources: dict[str, str]) -> IndexStore:
    languages = load_languages()
    store = ManifestStore(sources)
    files = []
    for path, text in sources.items():
        if path.rpartition("/")[2] in MANIFESTS or path.endswith(".json"):
            continue
        data = text.encode()
        language = languages.detect(path, data)
        assert language is not None, path
        digest = hashlib.sha256(data).hexdigest()
        files.append(IndexedFile(path, len(data), 0, digest, language.name, read_tags(language, data)))
    store.put(files)
    return store


def resolved(sources: dict[str, str]) -> list[str]:
    """`path:symbol id` of each target, in order."""
    path, text = next((path, text) for path, text in sources.items() if MARK in text)
    before = text[: text.index(MARK)]
    position = Position(before.count("\n"), len(before.rpartition("\n")[2].encode()))
    store = index_of({path: text.replace(MARK, "") for path, text in sources.items()})
    targets = Resolver(store).resolve_at(path, position).targets
    return sorted(f"{target.path}:{target.symbol_id}" for target in targets)


def check(sources: dict[str, str] | str, *expected: str) -> None:
    """The marked name resolves to exactly the expected definitions, or to none if none are given."""
    sources = {"main.py": sources} if isinstance(sources, str) else sources
    found = resolved(sources)
    assert found == sorted(expected), f"{found}, not {sorted(expected)}, in {sources}"


def context_of(source: str, symbol_id: str, path: str = "main.py") -> Context:
    """The context of one symbol of a file, built as in a repository."""
    text = textwrap.dedent(source).lstrip("\n")
    store = index_of({path: text})
    tags = store.tags(path)
    assert tags is not None, path
    symbol = tags.symbol(symbol_id)
    assert symbol is not None, symbol_id
    return build_context(Resolver(store), path, tags, symbol, text.encode())
