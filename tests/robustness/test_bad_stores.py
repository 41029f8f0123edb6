"""Stores that are read-only, full, newer or corrupt, through the real command: said in a line, and nothing lost."""

import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from support.endpoint import Endpoint
from support.lsp import at
from support.polling import eventually
from support.world import SHAPES, Ran, World, end, make_world

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Path]]:
    """A repository, and a store of what an endpoint said about it."""
    folder = tmp_path_factory.mktemp("filled")
    endpoint = Endpoint()
    (folder / "settings.toml").write_text(f'[openai]\nbaseUrl = "{endpoint.url}"\nmodel = "loopback"\n')
    world = make_world(folder / "world", FORETHOUGHT_ENGINE="openai", FORETHOUGHT_CONFIG=str(folder / "settings.toml"))
    root = world.repository("shapes", {"shapes.py": SHAPES})
    assert world.run("precompute", cwd=root).status == 0
    assert world.run("cache", "export", str(folder / "world" / "exported"), cwd=root).status == 0
    yield world, root
    world.stop_engines()
    endpoint.close()


@pytest.fixture
def stored(filled: tuple[World, Path], tmp_path: Path) -> tuple[World, Path, Path]:
    """The same with a copy of the store for one test: (world, root, cache folder)."""
    world, root = filled
    cache = tmp_path / "cache"
    shutil.copytree(world.environment["FORETHOUGHT_CACHE_DIR"], cache)
    return replace(world, environment={**world.environment, "FORETHOUGHT_CACHE_DIR": str(cache)}), root, cache


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True
    )
    if not mounted or mounted.returncode != 0:
        pytest.skip("only root may mount a file system of its own; the store's own tests imitate a full disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def last_line(ran: Ran) -> str:
    return ran.err.strip().splitlines()[-1]


def spoil(folder: Path, content: bytes) -> None:
    """Overwrite every file, some of which their owner may be setting aside just now."""
    for parent, _, names in os.walk(folder):
        for name in names:
            file = Path(parent) / name
            with suppress(FileNotFoundError):
                if name.endswith("-shm"):  # SQLite's shared memory: cutting it short would kill whoever maps it
                    with file.open("r+b") as memory:
                        memory.write(content)
                else:
                    file.write_bytes(content)


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_corrupt_store_and_index_are_begun_anew_and_said_once(stored: tuple[World, Path, Path]) -> None:
    world, root, cache = stored
    spoil(cache, b"garbage" * 3000)
    status = world.run("status", "--json", cwd=root)
    assert status.status == 0
    assert "broken" in status.err and "damaged" in status.err
    again = world.run("status", cwd=root)
    assert "broken" not in again.err and "damaged" not in again.err
    thought = world.run("precompute", "--json", cwd=root)
    assert (thought.status, thought.document["symbols"]["computed"]) == (0, 5)
    assert world.run("cache", "verify").status == 0
    shown = world.run("show", "--json", "shapes.py:15", cwd=root).document["symbols"][0]
    assert shown["state"] == "fresh"


def test_a_corrupt_store_does_not_stop_the_server(stored: tuple[World, Path, Path]) -> None:
    world, root, cache = stored
    spoil(cache, b"SQLite format 3\0" + os.urandom(9000))
    server = world.start_server(root, 1, {"sleep": {"scope": "off"}})
    try:
        uri = server.open(root / "shapes.py", "python")
        assert eventually(lambda: server.request("textDocument/hover", at(uri, 5, 7)))
        # And once more while it runs.
        spoil(cache, b"garbage" * 3000)
        assert server.request("forethought/context", {"textDocument": {"uri": uri}})["symbols"]
        assert server.request("textDocument/hover", at(uri, 5, 7))
        assert server.close() == 0
    finally:
        end(server)


def test_a_newer_store_is_read_by_nobody_and_left_as_it_is(stored: tuple[World, Path, Path]) -> None:
    world, root, cache = stored
    mark = cache / "contexts" / "forethought-contexts.json"
    mark.write_text(json.dumps({"schema": 99}))
    before = digest(cache / "contexts" / "cache.db")
    shown = world.run("show", "--json", "shapes.py:15", cwd=root)
    assert (shown.status, shown.document["symbols"][0]["state"]) == (0, "missing")
    assert shown.err.count("written by a newer") == 1
    for words in [("precompute",), ("cache", "import", str(world.folder / "exported")), ("cache", "clear")]:
        ran = world.run(*words, cwd=root)
        assert ran.status == 1, words
        assert "newer" in ran.err
        assert last_line(ran).startswith("forethought: ")
    assert world.run("status", cwd=root).status == 0
    assert digest(cache / "contexts" / "cache.db") == before


def test_nothing_is_thought_about_that_could_not_be_kept(stored: tuple[World, Path, Path]) -> None:
    world, root, cache = stored
    shutil.rmtree(cache)
    cache.write_text("a file where the folder should be")
    ran = world.run("precompute", cwd=root)
    assert ran.status == 1
    assert "nothing was thought about" in last_line(ran)
    assert world.run("show", "shapes.py", cwd=root).status == 0
    assert world.run("precompute", "--dry-run", cwd=root).status == 0


def test_a_read_only_store_is_used_and_refuses_in_a_line(stored: tuple[World, Path, Path], small_disk: Path) -> None:
    world, root, cache = stored
    shutil.copytree(cache, small_disk / "cache")
    world = replace(world, environment={**world.environment, "FORETHOUGHT_CACHE_DIR": str(small_disk / "cache")})
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    shown = world.run("show", "--json", "shapes.py:15", cwd=root)
    assert (shown.status, shown.document["symbols"][0]["state"]) == (0, "fresh")
    assert world.run("ask", "What is `Circle` for?", "--json", cwd=root).document["tier"] == "predicted"
    for words in [("precompute",), ("cache", "import", str(world.folder / "exported")), ("cache", "clear")]:
        ran = world.run(*words, cwd=root)
        assert ran.status == 1, words
        assert "read-only" in ran.err
        assert last_line(ran).startswith("forethought: ")


def test_a_disk_that_fills_up_while_storing(stored: tuple[World, Path, Path], small_disk: Path) -> None:
    world, root, cache = stored
    shutil.copytree(cache, small_disk / "cache")
    world = replace(world, environment={**world.environment, "FORETHOUGHT_CACHE_DIR": str(small_disk / "cache")})
    more = root / "more.py"
    # The text of each entry is small, so there must be many until the disk is full.
    more.write_text("".join(f"def new_{number}():\n    return {number}\n\n\n" for number in range(1500)))
    try:
        ran = world.run("precompute", cwd=root)
        assert ran.status == 1
        assert "full" in last_line(ran)
        more.write_text("")
        assert world.run("cache", "verify").status in (0, 1)
        shown = world.run("show", "--json", "shapes.py:15", cwd=root)
        assert (shown.status, shown.document["symbols"][0]["state"]) == (0, "fresh")
    finally:
        more.unlink()


def test_an_import_that_lies_is_refused_entry_by_entry(stored: tuple[World, Path, Path]) -> None:
    world, root, cache = stored
    lines = gzip.decompress((world.folder / "exported").read_bytes()).splitlines()
    header, entries = json.loads(lines[0]), [json.loads(line) for line in lines[1:]]

    def imported(name: str, *changed: object) -> Ran:
        file = world.folder / name
        file.write_bytes(gzip.compress(b"\n".join(json.dumps(item).encode() for item in changed) + b"\n"))
        return world.run("cache", "import", str(file), "--json", cwd=root)

    assert world.run("cache", "clear").status == 0
    future = imported("future", {**header, "schema": 99}, *entries)
    assert future.status in (1, 2)
    assert "schema" in future.err or "newer" in future.err
    kept = [item for item in entries if "subject" in item]
    other = "f" * 64
    ran = imported(
        "lying",
        header,
        {**kept[0], "subject": "../../etc"},
        {**kept[0], "subject": other, "insights": ["not", "insights"]},
        {**kept[0], "subject": other, "insights": {"summary": "long " * 2_000_000, "inferences": [], "questions": []}},
        {**kept[0], "subject": other, "provenance": {**kept[0]["provenance"], "prompt_tokens": "many"}},
        next(item for item in kept if any(asked["basis"] == "facts" for asked in item["insights"]["questions"])),
        *[item for item in entries if "subject" not in item],
    )
    assert (ran.status, ran.document["imported"], ran.document["rejected"]) == (1, 1, 4), ran.out
    bomb = world.folder / "bomb"
    bomb.write_bytes(gzip.compress(json.dumps(header).encode() + b"\n" + b'{"subject": "' + b"a" * 60_000_000))
    exploded = world.run("cache", "import", str(bomb), cwd=root)
    assert exploded.status == 1
    assert world.run("cache", "verify").status == 0
    with closing(sqlite3.connect(cache / "contexts" / "cache.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
