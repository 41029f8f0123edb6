"""`read_tags` is total: any bytes give tags that satisfy the invariants of `tags.py`."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import Language, load_languages
from forethought.syntax.nodes import collapse
from forethought.syntax.tags import FileTags
from support.properties import examples

pytestmark = pytest.mark.slow

FIXTURES = sorted(path for path in (Path(__file__).parent / "fixtures").iterdir() if path.suffix != ".tags")
LANGUAGES = load_languages()
NAMES = sorted(LANGUAGES.names)


def language_named(name: str) -> Language:
    language = LANGUAGES.named(name)
    assert language is not None
    return language


def check(name: str, source: bytes) -> FileTags:
    """Extract the tags and check every invariant that `tags.py` states."""
    tags = read_tags(language_named(name), source)
    whole, *symbols = tags.symbols
    assert (whole.id, whole.name, whole.kind) == ("", "", "file")
    assert whole.span == (0, len(source))
    by_id = {symbol.id: symbol for symbol in tags.symbols}
    assert len(by_id) == len(tags.symbols)
    assert [symbol.range.start for symbol in symbols] == sorted(symbol.range.start for symbol in symbols)
    for symbol in symbols:
        parent = by_id[symbol.parent]
        assert parent.range.start <= symbol.range.start < symbol.range.end <= parent.range.end
        assert symbol.range.start <= symbol.selection.start <= symbol.selection.end <= symbol.range.end
        assert 0 <= symbol.span.start < symbol.span.end <= len(source)
        if symbol.body is not None:
            assert symbol.span.start <= symbol.body.start <= symbol.body.end <= symbol.span.end
        assert symbol.signature == collapse(symbol.signature, len(symbol.signature))
        assert "\n" not in symbol.signature
    for reference in tags.references:
        assert reference.name
        assert reference.range.start < reference.range.end
    assert all(item.scope in by_id for item in (*tags.references, *tags.imports, *tags.bindings))
    assert all(binding.name for binding in tags.bindings)
    return tags


@settings(max_examples=examples(150))
@given(name=st.sampled_from(NAMES), source=st.binary(max_size=400))
def test_arbitrary_bytes_give_tags(name: str, source: bytes) -> None:
    check(name, source)


@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(FIXTURES), seed=st.integers(0, 2**32), edits=st.integers(1, 12))
def test_mutated_code_gives_tags(path: Path, seed: int, edits: int) -> None:
    chance = random.Random(seed)
    source = bytearray(path.read_bytes())
    for _ in range(edits):
        start = chance.randrange(len(source))
        length = chance.randrange(1, 30)
        replacement = chance.choice(
            [b"", b"\0", b"\xff\xfe", b"\r\n", b"(", b"}", b'"""', b"/*", bytes(source[start : start + length]) * 2]
        )
        source[start : start + length] = replacement
        source = source or bytearray(b"x")
    check(path.stem, bytes(source))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\n",
        b"\xef\xbb\xbf",
        b"\0" * 500,
        b"(" * 10_000 + b")" * 10_000,
        b"{" * 10_000,
        b"x = " + b"a + " * 25_000 + b"b",
        b"f(" * 2_000 + b")" * 2_000,
        b"a" + b".b()" * 3_000,
    ],
    ids=["empty", "newline", "mark", "nul", "nested", "open", "long line", "nested calls", "chain"],
)
def test_hostile_text_takes_seconds_at_most(name: str, source: bytes) -> None:
    start = time.process_time()
    check(name, source)
    assert time.process_time() - start < 10


def test_error_recovery_gives_up_at_the_same_point_everywhere() -> None:
    tags = check("javascript", b"lambda x:" * 5_000)
    assert tags.has_errors
    assert tags == check("javascript", b"lambda x:" * 5_000)


def test_deeply_nested_functions_are_left_out_beyond_a_depth() -> None:
    tags = check("javascript", b"function f(){" * 500 + b"}" * 500)
    assert 10 < len(tags.symbols) < 100


def test_names_bound_in_a_callback_are_not_symbols_of_the_file() -> None:
    def names(source: str) -> list[str]:
        language = load_languages().named("javascript")
        assert language is not None
        return [symbol.id for symbol in read_tags(language, source.encode()).symbols[1:]]

    assert names('const a = 1;\nit("x", () => { const b = 1; { const c = 2; } });\nconst d = 2;\n') == ["a", "d"]
    assert names("(function () { var a = 1; })();\n") == ["a"]
    assert names("module.exports = () => 1;\n") == ["exports"]
