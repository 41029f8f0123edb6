"""The cache on disk and the one in memory do the same, and hold nothing but JSON."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forethought.store.json_cache import MAX_VALUE_BYTES, ForeignKey, JsonCache, JsonDisk, MemoryCache, ValueTooLong


@pytest.fixture(params=["disk", "memory"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JsonCache | MemoryCache]:
    opened = JsonCache(tmp_path) if request.param == "disk" else MemoryCache()
    yield opened
    opened.close()


def test_json_comes_back(cache: JsonCache | MemoryCache) -> None:
    value = {"a": [1, 2.5, None, True, "caf\udce9"]}
    with cache.transact():
        cache.set("key", value)
    assert cache.get("key") == value
    assert cache.get("other") is None
    assert (list(cache), len(cache)) == (["key"], 1)
    assert cache.delete("key")
    assert not cache.delete("key")
    assert len(cache) == 0


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (b"bytes", TypeError),
        ({1, 2}, TypeError),
        (float("nan"), ValueError),
        ("x" * MAX_VALUE_BYTES, ValueTooLong),
    ],
)
def test_what_is_not_json_is_refused(cache: JsonCache | MemoryCache, value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        cache.set("key", value)
    assert cache.get("key") is None


def test_what_was_stored_longest_ago_is_evicted_first(cache: JsonCache | MemoryCache) -> None:
    for number in range(30):
        cache.set(str(number), "x" * 50_000)
    cache.set("0", cache.get("0"))
    cache.reset("size_limit", 1_000_000, update=False)
    cache.cull()
    assert cache.volume() <= 1_000_000
    assert cache.get("0")
    assert cache.get("29")
    assert cache.get("1") is None
    cache.clear()
    assert list(cache) == []
    assert list(cache.check()) == []


def test_only_text_is_a_key() -> None:
    disk = JsonDisk("")
    with pytest.raises(TypeError):
        disk.put(("a", "tuple"))
    assert disk.get(b"a pickle", 0) == ForeignKey(b"a pickle", 0)
    assert disk.put(disk.get(b"a pickle", 0)) == (b"a pickle", 0)


def test_no_file_is_stored_or_read() -> None:
    disk = JsonDisk("")
    with pytest.raises(TypeError):
        disk.store(b"", read=True)
    with pytest.raises(ValueError, match="not a row"):
        disk.fetch(2, "some/file", None, read=False)
