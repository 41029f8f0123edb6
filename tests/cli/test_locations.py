"""Locations as users write them."""

import os

import pytest

from forethought.cli.locations import LocationError, choose_root, first_column, parse_location, path_in_root
from forethought.errors import RootError, UsageError
from forethought.syntax.tags import Position


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(text, file, line):
    place = parse_location(text)
    assert (str(place.file), place.line) == (file, line)


def test_a_line_follows_the_last_colon(here):
    check("a.py", "a.py", None)
    check("a.py:12", "a.py", 12)
    check("src/a b.py:1", "src/a b.py", 1)
    check("a.py:12:5", "a.py", 12)


def test_a_drive_letter_is_no_file(here):
    check(r"C:\x\a.py", r"C:\x\a.py", None)
    check(r"C:\x\a.py:7", r"C:\x\a.py", 7)


def test_a_file_whose_name_looks_like_a_place_is_a_file(here):
    (here / "a.py:12").write_text("")
    check("a.py:12", "a.py:12", None)
    check("a.py:12:5", "a.py:12", 5)


@pytest.mark.skipif(os.name == "nt", reason="names with newlines do not exist there")
def test_a_name_may_hold_a_newline(here):
    (here / "a\nb.py").write_text("")
    check("a\nb.py:3", "a\nb.py", 3)


def test_line_zero_is_refused(here):
    with pytest.raises(UsageError, match="from 1"):
        parse_location("a.py:0")


def test_the_nearest_git_root_is_chosen(here):
    (here / "repo" / ".git").mkdir(parents=True)
    (here / "repo" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (here / "repo" / "sub").mkdir()
    (here / "repo" / "sub" / "a.py").write_text("")
    assert choose_root(None, here / "repo" / "sub" / "a.py") == (here / "repo", "")
    assert choose_root(None, here / "repo" / "sub") == (here / "repo", "")
    assert choose_root(here / "repo" / "sub") == (here / "repo", "sub")
    assert choose_root(None) == (here, "")


def test_home_is_refused_unless_asked(here, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("USERPROFILE", str(here))
    with pytest.raises(RootError, match="home"):
        choose_root(None)
    assert choose_root(here) == (here, "")


def test_a_path_is_looked_for_here_and_then_in_the_root(here):
    root = here / "repo"
    (root / "sub").mkdir(parents=True)
    (root / "a.py").write_text("")
    (root / "sub" / "b.py").write_text("")
    assert path_in_root(root, root / "a.py") == "a.py"
    assert path_in_root(root, here.joinpath("repo/sub/../sub/b.py")) == "sub/b.py"
    assert path_in_root(root, type(root)("sub/b.py")) == "sub/b.py"
    assert path_in_root(root, root) == ""


def test_a_missing_file_and_a_file_outside_are_told_apart(here):
    (here / "repo").mkdir()
    (here / "outside.py").write_text("")
    with pytest.raises(LocationError, match="does not exist"):
        path_in_root(here / "repo", type(here)("nothing.py"))
    with pytest.raises(UsageError, match="outside"):
        path_in_root(here / "repo", here / "outside.py")


def test_a_root_behind_a_symlink_is_the_same_root(here):
    (here / "real").mkdir()
    (here / "real" / "a.py").write_text("")
    (here / "link").symlink_to(here / "real")
    assert path_in_root(here / "real", here / "link" / "a.py") == "a.py"


def test_a_line_begins_at_its_text():
    assert first_column((b"x", b"    y"), "a.py", 2) == Position(1, 4)
    assert first_column((), "a.py", 1) == Position(0, 0)
    with pytest.raises(LocationError, match="2 lines"):
        first_column((b"x", b"y"), "a.py", 3)
