"""Bad input is answered with one clear line and an exit status, and loses nothing."""

import os
import subprocess
from dataclasses import replace

import pytest

from support.repository import git, write_files
from support.world import SHAPES, make_world, one_line

pytestmark = pytest.mark.slow


def test_a_root_that_is_missing_or_a_file(world):
    (world.folder / "file").write_text("")
    assert "does not exist" in one_line(missing := world.run("index", "--root", "nothing"))
    assert "not a folder" in one_line(file := world.run("index", "--root", "file"))
    assert missing.status == file.status == 1


def test_home_is_refused(world):
    ran = world.run("index", cwd=world.home)
    assert ran.status == 1
    assert "home folder" in one_line(ran)


def test_home_is_served_when_it_is_asked_for(world):
    write_files(world.home, {"a.py": "def a(): pass\n"})
    ran = world.run("index", "--root", str(world.home), "--json")
    assert (ran.status, ran.document["files"]) == (0, 1)


def test_no_git_is_no_obstacle(world):
    plain = world.folder / "plain"
    write_files(plain, {"shapes.py": SHAPES, "node_modules/x.js": "function x() {}\n"})
    assert world.run("index", "--json", cwd=plain).document["files"] == 1
    assert world.run("show", "shapes.py:8", cwd=plain).status == 0
    since = world.run("precompute", "--since", "HEAD", "--dry-run", cwd=plain)
    assert since.status == 2
    assert "git" in one_line(since)


def test_a_machine_without_git(world, shapes, tmp_path):
    path = tmp_path / "bin"
    path.mkdir()
    ran = world.run_process("index", "--json", cwd=shapes, more={"PATH": str(path)})
    assert (ran.status, ran.document["files"]) == (0, 2)
    assert "git" in ran.err


def test_an_unborn_head(world):
    root = world.folder / "unborn"
    root.mkdir()
    git(root, "init", "-q")
    write_files(root, {"a.py": "def a(): pass\n"})
    assert world.run("index", "--json", cwd=root).document["files"] == 1
    assert world.run("show", "a.py", "--json", cwd=root).document["symbols"][1]["facts"]["lastChange"] is None
    assert world.run("status", "--json", cwd=root).status == 0
    since = world.run("precompute", "--since", "HEAD", "--dry-run", cwd=root)
    assert since.status in (1, 2)
    assert "HEAD" in one_line(since)


@pytest.mark.parametrize("words", [("precompute", "--dry-run"), ("cache", "export", "out")])
@pytest.mark.parametrize("revision", ["no-such-revision", "--output=/tmp/x", "-h", "HEAD:shapes.py", "", "a b\n"])
def test_an_unknown_revision(world, shapes, words, revision):
    ran = world.run(*words, f"--since={revision}", cwd=shapes)
    assert ran.status in (1, 2)
    assert one_line(ran)
    assert not (shapes / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="such names do not exist there")
@pytest.mark.parametrize(
    "name", ["a b.py", "a\nb.py", "-rf.py", "--json", "naïve-漢字.py", "a:1.py", "#x.py", "a%20b.py", "caf\udce9.py"]
)
def test_odd_file_names(world, name):
    file = name if name.endswith(".py") else f"{name}.py"
    root = world.repository("odd", {file: SHAPES})
    assert world.run("index", "--json", cwd=root).document["files"] == 1
    shown = world.run("show", "--json", "--", f"{file}:15", cwd=root)
    assert shown.status == 0, shown.err
    assert [symbol["name"] for symbol in shown.document["symbols"]] == ["Circle.area"]
    people = world.run("show", "--", file, cwd=root)
    assert people.status == 0
    assert "Circle.area" in people.out
    assert "\n-rf" not in people.out


def test_a_line_past_the_end_and_a_file_that_is_not_indexed(world, shapes):
    (shapes / "notes.txt").write_text("x\n")
    assert "no line 999" in one_line(past := world.run("show", "shapes.py:999", cwd=shapes))
    assert "unknown language" in one_line(other := world.run("show", "notes.txt", cwd=shapes))
    assert "does not exist" in one_line(missing := world.run("show", "nothing.py", cwd=shapes))
    assert past.status == other.status == missing.status == 1


def test_a_file_outside_the_root(world, shapes):
    write_files(world.folder, {"outside.py": SHAPES})
    ran = world.run("show", "--root", str(shapes), str(world.folder / "outside.py"))
    assert ran.status == 2
    assert "outside" in one_line(ran)


@pytest.mark.skipif(os.name == "nt", reason="needs a shell's pipe")
@pytest.mark.parametrize("words", [("show", "shapes.py"), ("index",), ("--help",), ("status", "--json")])
def test_a_closed_pipe_is_no_fault(world, shapes, words):
    process = subprocess.Popen(
        world.command(*words), cwd=shapes, env=world.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    err = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(60) == 0
    assert "Traceback" not in err
    assert "Broken" not in err


def test_terminal_control_in_names_and_texts_stays_visible(world):
    root = world.repository("evil", {"a.py": '"""\x1b]0;owned\x07 title\n"""\n\ndef a():\n    """\x1b[31mred"""\n'})
    ran = world.run("show", "a.py", cwd=root)
    assert ran.status == 0
    assert "\x1b" not in ran.out


def test_a_broken_settings_file(tmp_path):
    world = make_world(tmp_path / "world", FORETHOUGHT_CONFIG=str(tmp_path / "bad.toml"))
    (tmp_path / "bad.toml").write_text("engine = [")
    root = world.repository("shapes", {"shapes.py": SHAPES})
    ran = world.run("status", cwd=root)
    assert ran.status == 1
    assert "bad.toml" in one_line(ran)


def test_a_repository_cannot_choose_a_model_or_an_endpoint(world):
    settings = 'exclude = ["gen/"]\n[model]\npath = "/tmp/x.gguf"\n[openai]\nbaseUrl = "http://x"\n'
    root = world.repository("bold", {"a.py": SHAPES, "gen/b.py": SHAPES, "forethought.toml": settings})
    ran = world.run("index", "--json", cwd=root)
    assert ran.document["files"] == 2  # a.py and forethought.toml
    assert ran.err.count("model.path") == 1
    assert ran.err.count("openai.baseUrl") == 1


def test_precompute_without_an_engine_fails_in_one_line(world, shapes):
    ran = world.run("precompute", cwd=shapes)
    assert ran.status == 1
    assert "engine" in ran.err.strip().splitlines()[-1]


def test_a_serve_address_that_makes_no_sense(world):
    for address in ("nonsense", "localhost:", "localhost:99999", "localhost:http"):
        ran = world.run("serve", "--tcp", address)
        assert ran.status == 2
        assert "HOST:PORT" in one_line(ran)


def test_others_are_served_only_with_a_token(world):
    for address in ("0.0.0.0:0", "[::]:0"):
        ran = world.run("serve", "--tcp", address)
        assert ran.status == 2
        assert "FORETHOUGHT_TCP_TOKEN" in one_line(ran)
        assert "127.0.0.1" in one_line(ran)


def test_a_token_that_can_be_guessed_is_refused(world):
    for token in ("short", "two lines\nof some length", "\x1bescape-sequences"):
        ran = world.run_process("serve", "--tcp", "127.0.0.1:0", more={"FORETHOUGHT_TCP_TOKEN": token})
        assert ran.status == 2
        assert "at least 16 characters" in one_line(ran)


def test_stdio_and_tcp_exclude_each_other(world):
    assert world.run("serve", "--stdio", "--tcp", "127.0.0.1:0").status == 2


def test_an_import_of_something_else(world):
    (world.folder / "junk").write_bytes(b"\x1f\x8bnot gzip at all")
    for name in ("junk", "nothing"):
        ran = world.run("cache", "import", name)
        assert ran.status in (1, 2)
        assert name in one_line(ran)


def test_a_store_that_cannot_be_written_refuses_an_import(world):
    (world.folder / "cache").write_text("a file where the folder should be")
    (world.folder / "x").write_bytes(b"")
    ran = world.run("cache", "import", "x")
    assert ran.status == 1
    assert "cache" in ran.err.strip().splitlines()[-1]


def test_a_folder_has_no_context_of_its_own(world, shapes):
    ran = world.run("show", ".", cwd=shapes)
    assert ran.status == 1
    assert one_line(ran).startswith("forethought: Nothing is known about .: it is a folder")


def test_a_configured_model_that_is_missing_is_degraded_and_no_failure_of_status(world, shapes, tmp_path):
    missing = str(tmp_path / "missing.gguf")
    environment = world.environment | {"FORETHOUGHT_ENGINE": "llama", "FORETHOUGHT_MODEL": missing}
    ran = replace(world, environment=environment).run("status", "--json", cwd=shapes)
    assert ran.status == 0
    assert ran.document["state"] == "degraded"
    assert missing in ran.document["message"]
    assert ran.document["engine"] is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_model_that_is_a_pipe_or_a_folder_is_refused_at_once(world, shapes, tmp_path):
    os.mkfifo(tmp_path / "pipe.gguf")
    (tmp_path / "folder.gguf").mkdir()
    for name in ("pipe.gguf", "folder.gguf"):
        more = {"FORETHOUGHT_ENGINE": "llama", "FORETHOUGHT_MODEL": str(tmp_path / name)}
        ran = world.run_process("precompute", cwd=shapes, more=more, seconds=60)
        assert ran.status == 1
        assert "not a file" in one_line(ran)
