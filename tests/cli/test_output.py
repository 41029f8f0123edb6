"""Output for people and for scripts."""

import io
import json
import sys

import pytest

from forethought.cli import output


def test_a_document_is_json_in_ascii_even_with_undecodable_names(capsys):
    output.print_document({"path": "caf\udce9.py", "text": "c′"})
    written = capsys.readouterr().out
    assert written.isascii()
    assert json.loads(written) == {"path": "caf\udce9.py", "text": "c′"}


def test_a_terminal_of_another_encoding_is_written_to(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    output.prepare_streams()
    output.say("c′")
    assert stream.buffer.getvalue() == b"c\\u2032\n"


def test_progress_is_plain_lines_without_a_terminal(capsys):
    with output.show_progress("thinking") as report:
        for done in range(101):
            report(done, 100, "a.py")
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[0] == "thinking 0/100 a.py"
    assert lines[-1] == "thinking 100/100 a.py"
    assert len(lines) <= 4


@pytest.mark.parametrize("enabled", [True, False])
def test_a_stream_writes_nothing_without_a_terminal(capsys, enabled):
    with output.show_stream(enabled) as add:
        add("half an ans")
    assert capsys.readouterr().out == ""
