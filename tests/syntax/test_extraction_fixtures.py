"""Each language's fixture gives exactly the tags that its `.tags` file lists."""

from pathlib import Path

import pytest

from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import Languages, load_languages
from forethought.syntax.tags import FileTags

FIXTURES = Path(__file__).parent / "fixtures"
SOURCES = sorted(path for path in FIXTURES.iterdir() if path.suffix != ".tags")


def render(tags: FileTags) -> str:
    """One readable line per tag: what it is, then where it is."""
    lines = []
    for symbol in (*tags.symbols, *tags.fields):
        lines.append(f"{symbol.kind} {symbol.id or '(file)'} in {symbol.parent or '(file)'}: {symbol.signature}")
        row, column = symbol.selection.start
        rows = f"rows {symbol.range.start.row}-{symbol.range.end.row}, named at {row}:{column}"
        details = {
            "doc": symbol.doc,
            "parameters": symbol.parameters,
            "returns": symbol.returns,
            "bases": symbol.bases,
            "raises": symbol.raises,
        }
        lines.append(f"    {rows}")
        lines += [f"    {name} {value!r}" for name, value in details.items() if value]
    for item in tags.imports:
        lines.append(f"import {item.local} = {item.module} / {item.name} in {item.scope or '(file)'}")
    for reference in tags.references:
        receiver = f"{reference.receiver} . " if reference.receiver is not None else ""
        lines.append(f"{reference.kind}: {receiver}{reference.name} in {reference.scope or '(file)'}")
    for binding in tags.bindings:
        annotation = f": {binding.annotation}" if binding.annotation else ""
        value = f" = {binding.value}" if binding.value else ""
        lines.append(f"binding {binding.name}{annotation}{value} in {binding.scope or '(file)'}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def languages() -> Languages:
    return load_languages()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_a_fixture_gives_the_tags_it_lists(languages: Languages, source: Path) -> None:
    language = languages.named(source.stem)
    assert language is not None, languages.problems
    tags = read_tags(language, source.read_bytes())
    assert not tags.has_errors
    assert render(tags) == source.with_suffix(".tags").read_text(encoding="utf-8")


def test_every_shipped_language_has_a_fixture(languages: Languages) -> None:
    assert {source.stem for source in SOURCES} == set(languages.names)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_line_endings_and_a_byte_order_mark_change_no_symbol(languages: Languages, source: Path) -> None:
    language = languages.named(source.stem)
    assert language is not None
    text = source.read_bytes()
    plain = read_tags(language, text)
    windows = read_tags(language, b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))
    assert [(s.id, s.kind, s.signature, s.doc, s.digest) for s in windows.symbols] == [
        (s.id, s.kind, s.signature, s.doc, s.digest) for s in plain.symbols
    ]
    assert [(r.name, r.kind, r.receiver, r.scope) for r in windows.references] == [
        (r.name, r.kind, r.receiver, r.scope) for r in plain.references
    ]
