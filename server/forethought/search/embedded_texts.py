"""What of a file is embedded: each function and class, the file itself, and what a model wrote about them.

Each text gets a vector of its own, because a vector of several texts is close to none of them.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from forethought.insights.entry import Insights
from forethought.search.passages import has_passage, own_text, words
from forethought.syntax.tags import FileTags, Symbol
from forethought.text.redaction import mask

TEXTS_VERSION = 1
"""Bump it whenever the same file yields other texts: vectors are then computed again."""

_MAX_CHARACTERS = 2000
"""Of a text: more than any model of this size reads."""
_MAX_DOC_CHARACTERS = 400


class EmbeddedText(NamedTuple):
    """One text about a symbol."""

    symbol_id: str
    """Empty for the file itself."""
    text: str


def read_texts(path: str, tags: FileTags, source: bytes, insights: Mapping[str, Insights]) -> tuple[EmbeddedText, ...]:
    """The texts about a file and its symbols. `tags` are those of `source`; secrets in it are left out.

    insights: those that are fresh, by symbol id
    """
    masked = mask(source)
    texts = []
    for symbol in tags.symbols:
        if symbol.kind == "file" or has_passage(symbol):
            texts.append(EmbeddedText(symbol.id, _code(path, tags, symbol, masked)))
            if symbol.id in insights:
                texts += [EmbeddedText(symbol.id, text) for text in _written(symbol, insights[symbol.id])]
    return tuple(texts)


def _code(path: str, tags: FileTags, symbol: Symbol, source: bytes) -> str:
    """A symbol's code with its documentation, after what encloses it; of a file, what it defines.

    Code as it is was as good as code after the words of its name, on CoSQA.
    """
    doc = " ".join((symbol.doc or "").split())[:_MAX_DOC_CHARACTERS]
    if symbol.kind == "file":
        defined = " ".join(child.short_name for child in tags.symbols[1:] if has_passage(child))
        return f"{' '.join(words(path.rpartition('.')[0]))}. {doc}\n{defined}"[:_MAX_CHARACTERS]
    owner = " ".join(words(symbol.name.rpartition(".")[0]))
    code = own_text(tags, symbol, source)
    if doc and doc not in " ".join(code.split()):
        code = f"{doc}\n{code}"  # a comment before the definition
    return (f"{owner}: {code}" if owner else code)[:_MAX_CHARACTERS]


def _written(symbol: Symbol, insights: Insights) -> Iterator[str]:
    """The notes about a symbol together, and each predicted question."""
    notes = dict.fromkeys((insights.summary or "", *insights.inferences, *(note.text for note in insights.shown_notes)))
    if text := " ".join(filter(None, notes)):
        yield f"{symbol.name}: {text}"[:_MAX_CHARACTERS]
    for item in insights.questions:
        yield item.question[:_MAX_CHARACTERS]
