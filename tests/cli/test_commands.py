"""The output of each command for a small repository, without an engine."""

import io
import json
import os

import pytest

from forethought.scip.scip_documents import read_documents
from support.repository import git
from support.world import make_world, one_line


def test_index_reports_what_it_holds(world, shapes):
    ran = world.run("index", "--json", cwd=shapes)
    document = ran.document
    assert ran.status == 0
    assert document["files"] == 2
    assert document["languages"] == {"python": 2}
    assert document["symbols"] >= 5
    assert document["references"] >= 3
    assert document["bytes"] == sum(file.stat().st_size for file in shapes.glob("*.py"))
    assert document["seconds"] > 0
    assert document["skipped"] == {}


def test_a_second_index_reads_nothing(world, shapes):
    for file in shapes.glob("*.py"):
        os.utime(file, (1_000_000_000, 1_000_000_000))  # a file written just now could change again unnoticed
    assert world.run("index", "--json", cwd=shapes).document["read"] == 2
    assert world.run("index", "--json", cwd=shapes).document["read"] == 0


def test_index_for_people_is_short(world, shapes):
    ran = world.run("index", cwd=shapes)
    assert "2 files" in ran.out
    assert "2 python" in ran.out
    assert len(ran.out.splitlines()) <= 4


def test_show_holds_the_file_and_its_symbols_with_facts(world, shapes):
    document = world.run("show", "shapes.py", "--json", cwd=shapes).document
    assert document["uri"] == (shapes / "shapes.py").as_uri()
    symbols = {symbol["id"]: symbol for symbol in document["symbols"]}
    assert [document["symbols"][0][key] for key in ("id", "name", "kind")] == ["", "", "file"]
    area = symbols["Circle.area"]
    assert area["state"] == "missing"
    assert area["insights"] is None
    assert area["subject"]
    assert area["facts"]["calledByCount"] == 1
    assert area["facts"]["calledBy"][0]["symbol"] == "total_area"
    assert area["facts"]["lastChange"]["author"] == "Ada"
    assert symbols["Circle.__init__"]["facts"]["raises"] == ["ValueError"]
    callers = [place["uri"] for place in symbols["total_area"]["facts"]["calledBy"]]
    assert callers == [(shapes / "report.py").as_uri()]


def test_show_holds_what_functions_do_and_their_effects(world):
    source = (
        "import time\n\n\ndef now():\n    return time.time()\n\n\ndef wait(n):\n    if n:\n        now()\n\n\nX = 1\n"
    )
    root = world.repository("clocks", {"clocks.py": source})
    symbols = {item["id"]: item for item in world.run("show", "clocks.py", "--json", cwd=root).document["symbols"]}
    assert symbols["wait"]["behaviour"] == {
        "text": "If `n`, calls `now()`.",
        "effects": ["reads the clock: `time.time`, through `now`"],
        "atLeast": False,
    }
    assert symbols["X"]["behaviour"] is None
    out = world.run("show", "clocks.py:8", cwd=root).out
    assert "If `n`, calls `now()`." in out
    assert "effects    reads the clock: `time.time`, through `now`" in out


def test_show_of_a_line_holds_the_innermost_symbol(world, shapes):
    document = world.run("show", "shapes.py:15", "--json", cwd=shapes).document
    assert [symbol["id"] for symbol in document["symbols"]] == ["Circle.area"]
    document = world.run("show", "shapes.py:1", "--json", cwd=shapes).document
    assert [symbol["kind"] for symbol in document["symbols"]] == ["file"]


def test_show_finds_a_file_from_elsewhere(world, shapes):
    elsewhere = world.run("show", str(shapes / "shapes.py:15"), "--json")
    from_root = world.run("show", "shapes.py:15", "--root", str(shapes), "--json")
    assert elsewhere.document == from_root.document


def test_ranges_are_utf16(world):
    root = world.repository("wide", {"a.py": "s = '𝔘𝔫𝔦'; f = lambda: 0\n\n\ndef g(): return '𝔘'\n"})
    symbol = world.run("show", "a.py:4", "--json", cwd=root).document["symbols"][0]
    assert symbol["range"]["end"]["character"] == len("def g(): return '𝔘'".encode("utf-16-le")) // 2


def test_show_for_people_names_places_that_can_be_clicked(world, shapes):
    out = world.run("show", "shapes.py", cwd=shapes).out
    assert "shapes.py:14" in out
    assert "report.py:5" in out


def test_a_question_of_fact_needs_no_engine(world, shapes):
    ran = world.run("ask", "Who calls total_area?", "--json", cwd=shapes)
    assert ran.status == 0
    assert ran.document["tier"] == "facts"
    assert [source["symbol"] for source in ran.document["sources"]] == ["total_area", "report"]
    people = world.run("ask", "Who calls total_area?", cwd=shapes)
    assert "report.py:5" in people.out
    assert "facts" in people.out.splitlines()[-1]


def test_other_questions_say_what_is_missing_without_an_engine(world, shapes):
    ran = world.run("ask", "Why is the area squared?", "--at", "shapes.py:15", "--json", cwd=shapes)
    assert ran.status == 0
    assert ran.document["tier"] == "none"
    assert ran.document["answer"]


def test_an_empty_question_is_wrong_usage(world, shapes):
    assert world.run("ask", " ", cwd=shapes).status == 2


def test_status_without_an_engine(world, shapes):
    ran = world.run("status", "--json", cwd=shapes)
    document = ran.document
    assert ran.status == 0
    assert document["state"] == "idle"
    assert document["engine"] is None
    assert document["queue"] == 0
    assert document["roots"][0]["uri"] == shapes.as_uri()
    assert document["roots"][0]["files"] == {"indexed": 2, "total": 2, "skipped": {}}
    assert set(document["roots"][0]["contexts"]) == {"fresh", "stale", "missing", "empty", "failed"}
    assert set(document["cache"]) == {"entries", "bytes", "limit"}
    assert "2 of 2 indexed" in world.run("status", cwd=shapes).out


def test_a_dry_run_needs_no_engine(world, shapes):
    ran = world.run("precompute", "--dry-run", "--json", cwd=shapes)
    assert ran.status == 0
    document = ran.document
    assert document["files"]["total"] == document["files"]["selected"] == 2
    assert document["symbols"]["remaining"] > 3
    assert document["estimate"]["minutes"] > 0
    chosen = world.run("precompute", "--dry-run", "--include", "shapes.py", "--json", cwd=shapes).document
    assert chosen["files"]["selected"] == 1
    others = world.run("precompute", "--dry-run", "--exclude", "shapes.py", "--json", cwd=shapes).document
    assert others["files"]["selected"] == 1


def test_since_selects_what_changed(world, shapes):
    (shapes / "report.py").write_text((shapes / "report.py").read_text() + "\n\nX = 1\n")
    git(shapes, "commit", "-qam", "second")
    document = world.run("precompute", "--since", "HEAD~1", "--dry-run", "--json", cwd=shapes).document
    assert document["files"]["selected"] == 1


def test_a_folder_limits_a_run(world):
    root = world.repository("two", {"a/x.py": "def x(): pass\n", "b/y.py": "def y(): pass\n"})
    for words in (["a"], ["--root", str(root / "a")]):
        document = world.run("precompute", *words, "--dry-run", "--json", cwd=root).document
        assert document["files"]["selected"] == 1


def test_the_store_can_be_looked_at_and_cleaned(world):
    info = world.run("cache", "info", "--json").document
    assert info["entries"] == 0
    assert info["bytes"] >= 0
    for action in ("gc", "verify", "clear"):
        assert world.run("cache", action, "--json").status == 0


def test_the_models_are_listed(world):
    listed = {model["name"]: model for model in world.run("model", "list", "--json").document["models"]}
    assert listed["ministral-3b"]["recommended"]
    assert not listed["ministral-3b"]["installed"]
    assert "ministral-8b" in world.run("model", "list").out


def test_a_model_that_is_no_model(world):
    (world.folder / "page.gguf").write_text("<html>")
    checked = world.run("model", "check", str(world.folder / "page.gguf"))
    assert checked.status == 1
    assert "GGUF" in checked.err
    for words in (("use", "nonsense"), ("remove", "ministral-3b"), ("pull", "nonsense")):
        ran = world.run("model", *words)
        assert ran.status == 1
        assert one_line(ran)


def test_no_engine_host_runs(world):
    assert world.run("engine", "status", "--json").document == {"hosts": []}
    assert world.run("engine", "stop", "--json").document == {"stopped": 0}


@pytest.mark.slow
def test_doctor_finds_the_installation_in_order(world):
    ran = world.run("doctor", "--json")
    assert ran.status == 0, ran.document
    assert ran.document["ok"]


def test_doctor_says_how_to_mend(tmp_path):
    ran = make_world(tmp_path / "world", FORETHOUGHT_ENGINE="openai").run("doctor")
    assert ran.status == 1
    assert "→" in ran.out


def test_uninstall_lists_first_and_then_leaves_nothing(world, shapes):
    world.run("index", cwd=shapes)
    world.run("cache", "info")
    before = sorted((world.folder / "cache").rglob("*"))
    listed = world.run("uninstall", "--dry-run", "--json").document
    assert listed["items"]
    assert sorted((world.folder / "cache").rglob("*")) == before
    assert world.run("uninstall").status == 0
    assert not [path for path in (world.folder / "cache").rglob("*") if path.is_file()]
    assert (shapes / "shapes.py").exists()
    assert json.loads(world.run("uninstall", "--json").out)["items"] == []


def test_python_dash_m_is_the_same_command(world):
    assert world.run_process("--version").out.startswith("forethought ")


def test_the_index_is_exported_as_scip(world, shapes, tmp_path):
    file = tmp_path / "out.scip"
    assert world.run("index", "--export-scip", str(file), cwd=shapes).status == 0
    documents = list(read_documents(io.BytesIO(file.read_bytes().replace(b"forethought", b"forethinker", 1))))
    assert [document.path for document in documents] == ["report.py", "shapes.py"]
    assert all(document.occurrences for document in documents)
    ran = world.run("index", "--export-scip", str(tmp_path / "missing" / "out.scip"), cwd=shapes)
    assert ran.status == 1
    assert "cannot be written" in one_line(ran)


def test_a_scip_index_that_cannot_be_read_is_named(world, shapes):
    (shapes / "index.scip").write_bytes(b"garbage")
    ran = world.run("index", cwd=shapes)
    assert ran.status == 0
    assert "index.scip is not used" in ran.err
    assert "index.scip is not used" in world.run("status", cwd=shapes).err
