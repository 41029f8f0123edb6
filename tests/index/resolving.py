"""A `check(sources, expected)` for name resolution: one `‸` stands right before the name that is asked for."""

import hashlib

from forethought.index.extract import read_tags
from forethought.index.languages import load_languages
from forethought.index.resolve import Resolver
from forethought.index.tags import Position
from forethought.store.index_store import IndexedFile, IndexStore

MARK = "‸"


def index_of(sources: dict[str, str]) -> IndexStore:
    languages = load_languages()
    store = IndexStore.in_memory()
    files = []
    for path, text in sources.items():
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
    """The marked name means exactly what is expected; nothing when nothing is."""
    sources = {"main.py": sources} if isinstance(sources, str) else sources
    found = resolved(sources)
    assert found == sorted(expected), f"{found}, not {sorted(expected)}, in {sources}"
