"""Documents of a SCIP index: read as written, bounded, and their symbols' names."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.scip import scip_documents
from forethought.scip.protobuf import MalformedProtobuf, write_field, write_varints
from forethought.scip.scip_documents import (
    Occurrence,
    ScipDocument,
    SymbolText,
    descriptor_name,
    escape_name,
    owner_of,
    read_documents,
    write_index,
)

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
SMALL = st.integers(0, (1 << 31) - 2)
OCCURRENCES = st.builds(
    lambda row, start, length, symbol, roles: Occurrence(row, start, start + length, symbol, roles),
    SMALL,
    st.integers(0, 1 << 20),
    st.integers(1, 1000),
    TEXTS,
    st.integers(0, 127),
)
DOCUMENTS = st.builds(
    ScipDocument,
    TEXTS,
    st.lists(OCCURRENCES).map(tuple),
    st.sampled_from([None, "utf-8", "utf-16", "utf-32"]),
    st.none() | TEXTS,
    st.just("") | TEXTS,
    st.lists(st.builds(SymbolText, TEXTS, st.lists(TEXTS).map(tuple), TEXTS, TEXTS)).map(tuple),
)


def encoded(*documents: ScipDocument, tool: str = "test") -> io.BytesIO:
    return io.BytesIO(b"".join(write_index(documents, "file:///r", "1", tool)))


@given(st.lists(DOCUMENTS, max_size=4))
def test_documents_are_read_as_written(documents: list[ScipDocument]) -> None:
    expected = [replace(document, symbols=()) for document in documents]
    assert list(read_documents(encoded(*documents))) == expected


def test_an_index_of_ours_says_nothing_new() -> None:
    assert not list(read_documents(encoded(ScipDocument("a.py", ()), tool="forethought")))


@given(st.binary(max_size=300))
def test_garbage_is_refused(data: bytes) -> None:
    for index in (data, write_field(1, data), write_field(2, data), write_field(2, write_field(2, data))):
        try:
            list(read_documents(io.BytesIO(index)))
        except MalformedProtobuf as error:
            assert str(error)


def test_counts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    document = ScipDocument("a.py", tuple(Occurrence(row, 0, 1, "s a/") for row in range(6)))
    monkeypatch.setattr(scip_documents, "MAX_OCCURRENCES", 10)
    assert len(list(read_documents(encoded(document)))) == 1
    with pytest.raises(MalformedProtobuf, match="occurrences"):
        list(read_documents(encoded(document, document)))
    monkeypatch.setattr(scip_documents, "MAX_DOCUMENTS", 2)
    with pytest.raises(MalformedProtobuf, match="documents"):
        list(read_documents(encoded(*[ScipDocument("a.py", ())] * 3)))
    monkeypatch.setattr(scip_documents, "MAX_DOCUMENT_BYTES", 20)
    with pytest.raises(MalformedProtobuf, match="bytes"):
        list(read_documents(encoded(document)))


def test_places_that_span_rows_or_are_empty_are_left_out() -> None:
    for place in ((1, 0, 2, 5), (1, 4, 4)):
        occurrence = write_varints(1, place) + write_field(2, "s a/")
        index = io.BytesIO(write_field(2, write_field(2, occurrence)))
        assert [document.occurrences for document in read_documents(index)] == [()]
    with pytest.raises(MalformedProtobuf, match="range"):
        list(read_documents(io.BytesIO(write_field(2, write_field(2, write_field(2, "s a/"))))))


@pytest.mark.parametrize(
    ("symbol", "name", "suffix", "owner"),
    [
        ("s npm x 1.0.0 src/`b.ts`/Jar#open().", "open", "().", "s npm x 1.0.0 src/`b.ts`/Jar#"),
        ("s npm x 1.0.0 b/Jar#`<constructor>`(+1).", "<constructor>", "(+1).", "s npm x 1.0.0 b/Jar#"),
        ("s . . . a/x.", "x", ".", "s . . . a/"),
        ("s . . . a/f().(x)", "x", ")", "s . . . a/f()."),
        ("s . . . a/T#[E]", "E", "]", "s . . . a/T#"),
        ("s . . . `a``b`/m!", "m", "!", "s . . . `a``b`/"),
        ("s . . . `a``b`/", "a`b", "/", "s . . . "),
        ("nothing", "", "", ""),
    ],
)
def test_the_last_part_of_a_symbol_is_its_name(symbol: str, name: str, suffix: str, owner: str) -> None:
    assert descriptor_name(symbol) == (name, suffix)
    assert owner_of(symbol) == owner


@given(TEXTS)
def test_escaped_names_are_read_back(name: str) -> None:
    assert descriptor_name(f"s . . . {escape_name(name)}#")[0] == name
