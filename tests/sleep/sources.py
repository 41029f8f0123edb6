"""Contexts for tests of thinking, built from a source text as in life."""

import hashlib
import textwrap

from forethought.insights.context import Context, build_context
from forethought.names.resolver import Resolver
from forethought.store.index_store import IndexedFile, IndexStore
from forethought.store.tags_encoding import encode
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages


def context_of(source: str, symbol_id: str, path: str = "main.py") -> Context:
    data = textwrap.dedent(source).lstrip("\n").encode()
    language = load_languages().detect(path, data)
    assert language is not None, path
    tags = read_tags(language, data)
    store = IndexStore.in_memory()
    store.put([IndexedFile(path, len(data), 1, hashlib.sha256(data).hexdigest(), language.name, encode(tags))])
    symbol = tags.symbol(symbol_id)
    assert symbol is not None, symbol_id
    return build_context(Resolver(store), path, tags, symbol, data)
