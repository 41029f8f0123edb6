"""File URIs in the spelling of VS Code, and in others."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.text.uris import file_uri, path_of

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX paths")


@posix
def test_reserved_characters_are_encoded_as_vs_code_does() -> None:
    assert file_uri("/home/a b/c+d(é)@#?:.py") == "file:///home/a%20b/c%2Bd%28%C3%A9%29%40%23%3F%3A.py"


@posix
@given(st.lists(st.text(st.characters(blacklist_characters="/\0"), min_size=1), min_size=1).map("/".join))
def test_every_path_survives_the_way_there_and_back(path: str) -> None:
    try:
        full = os.path.normpath("/" + path)
        os.fsencode(full)
    except UnicodeEncodeError:
        return
    assert str(path_of(file_uri(full))) == "/" + full.lstrip("/")


@posix
def test_undecodable_bytes_survive() -> None:
    path = os.fsdecode(b"/tmp/\xff.py")
    assert file_uri(path) == "file:///tmp/%FF.py"
    assert str(path_of("file:///tmp/%FF.py")) == path


@posix
def test_different_spellings_name_one_file() -> None:
    spellings = ["file:///a/b%2Bc.py", "file:///a/b+c.py", "file://localhost/a/b%2bc.py", "FILE:///a/x/../b+c.py"]
    assert {path_of(uri) for uri in spellings} == {Path("/a/b+c.py")}


@posix
def test_a_windows_drive_is_never_taken_relative() -> None:
    assert path_of("file:///C:/work/a.py") == Path("/C:/work/a.py")
    assert path_of("file:///c%3A/work/a.py") == Path("/c:/work/a.py")


@pytest.mark.parametrize(
    "uri",
    [
        "untitled:Untitled-1",
        "git:/a.py?ref",
        "vscode-notebook-cell:/a.ipynb#x",
        "",
        "file://[",
        "file:///a%00b",
        "x",
        "file:",
    ],
)
def test_other_uris_are_no_files(uri: str) -> None:
    assert path_of(uri) is None
