"""`forethought overview`."""

import json
import os

import pytest

from forethought.cli.main import main
from forethought.engine.api import CancelToken
from support.odd_repository import make_odd_repository
from support.world import one_line


def test_the_overview_is_markdown_for_people_and_a_document_for_programs(world, shapes):
    ran = world.run("overview", cwd=shapes)
    assert ran.status == 0
    assert ran.out.startswith("# shapes\n")
    assert "`shapes.py`, used by 1 file: Areas of shapes. _(docs)_" in ran.out
    ran = world.run("overview", "--json", cwd=shapes)
    assert ran.status == 0
    assert {"packages", "flows"} <= set(ran.document)
    assert ran.document["packages"][0]["fileCount"] == 2


def test_the_page_is_written_to_a_file(world, shapes, tmp_path):
    file = tmp_path / "page.html"
    file.write_text("old")
    ran = world.run("overview", "--html", str(file), cwd=shapes)
    assert (ran.status, ran.out) == (0, "")
    assert "page.html" in ran.err
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []
    ran = world.run("overview", "--html", str(file), "--json", cwd=shapes)
    assert ran.document["packages"]


def test_a_page_that_cannot_be_written_is_one_sentence(world, shapes, tmp_path):
    ran = world.run("overview", "--html", str(tmp_path / "missing" / "page.html"), cwd=shapes)
    assert ran.status == 1
    assert "cannot be written" in one_line(ran)
    assert world.run("overview", "--html", str(tmp_path), cwd=shapes).status == 2


def test_a_device_is_written_to_and_not_replaced(world, shapes):
    assert world.run("overview", "--html", os.devnull, cwd=shapes).status == 0
    assert not os.path.isfile(os.devnull)


def test_it_can_be_limited_to_a_file(world, shapes):
    ran = world.run("overview", "report.py", "--json", cwd=shapes)
    assert [item["path"] for item in ran.document["packages"][0]["files"]] == ["report.py"]
    ran = world.run("overview", "nowhere.py", cwd=shapes)
    assert ran.status == 1
    assert "does not exist" in one_line(ran)


def test_a_repository_without_sources_is_one_sentence(world):
    empty = world.repository("empty", {"README.md": "Nothing here.\n"})
    ran = world.run("overview", cwd=empty)
    assert ran.status == 1
    assert "there are no source files" in one_line(ran)
    (empty / "notes.txt").write_text("x")
    ran = world.run("overview", "notes.txt", cwd=empty)
    assert "in notes.txt: unknown language" in one_line(ran)


def test_it_can_be_interrupted(world, shapes, monkeypatch, capsys):
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    assert main(["index", "--root", str(shapes)]) == 0
    capsys.readouterr()
    monkeypatch.setattr(CancelToken, "cancelled", property(lambda token: True))
    assert main(["overview", "--root", str(shapes), "--json"]) == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Interrupted" in captured.err


@pytest.mark.parametrize("name", ['<b onclick="x">.py', "a\nb.py", "[x](y).py", "\x1b[31m.py"])
def test_hostile_names_stay_text(world, name, tmp_path):
    root = world.repository("hostile", {name: 'def f():\n    """Does <script>it</script>."""\n'})
    ran = world.run("overview", cwd=root)
    assert ran.status == 0
    assert "\x1b" not in ran.out and "](y)" not in ran.out.replace("`[x](y).py`", "")
    page = tmp_path / "page.html"
    assert world.run("overview", "--html", str(page), cwd=root).status == 0
    text = page.read_text(encoding="utf-8")
    assert "<b onclick" not in text and "<script" not in text and "\x1b" not in text
    assert json.loads(world.run("overview", "--json", cwd=root).out)["packages"][0]["files"][0]["path"] == name


def test_a_repository_of_oddities_has_an_overview(world, tmp_path):
    root = make_odd_repository(world)
    page = tmp_path / "page.html"
    ran = world.run("overview", "--html", str(page), "--json", cwd=root)
    assert ran.status == 0
    assert ran.document["packages"][0]["fileCount"] >= 15
    assert "naïve-漢字.py" in page.read_text(encoding="utf-8")
