"""The question log is private, bounded, and tolerates garbage."""

import os
import stat
from pathlib import Path

import pytest

from forethought.errors import StoreError
from forethought.store.question_log import FILE, MAX_LINES, QuestionLog
from forethought.text.redaction import REDACTED


def test_questions_come_back_in_order(tmp_path: Path) -> None:
    log = QuestionLog(tmp_path / "cache")
    log.note("Is  a\nsafe?", "a", "full")
    log.note("Is b safe?", "b", "facts")
    assert log.questions() == (("Is a safe?", "a", "full"), ("Is b safe?", "b", "facts"))


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_the_log_is_for_its_owner_only(tmp_path: Path) -> None:
    QuestionLog(tmp_path).note("Is a safe?", "a", "full")
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_secrets_are_redacted(tmp_path: Path) -> None:
    log = QuestionLog(tmp_path)
    log.note("Is ghp_" + "a1B2" * 9 + " safe?", "a", "full")
    assert log.questions()[0][0] == f"Is {REDACTED} safe?"


def test_the_log_is_bounded(tmp_path: Path) -> None:
    log = QuestionLog(tmp_path)
    line = '{"question": "Is a safe to call again and again and again?", "symbol": "a", "tier": "full"}\n'
    (tmp_path / FILE).write_text(line * (MAX_LINES + 1))
    log.note("The last one?", "b", "full")
    assert len(log.questions()) == MAX_LINES // 2 + 1
    assert log.questions()[-1][1] == "b"


def test_garbage_reads_as_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b'\xff\n[1]\n{"question": 1, "symbol": "a", "tier": "x"}\n{"question": "cut')
    assert QuestionLog(tmp_path).questions() == ()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("theirs")
    (tmp_path / FILE).symlink_to(tmp_path / "other")
    with pytest.raises(StoreError):
        QuestionLog(tmp_path).note("Is a safe?", "a", "full")
    assert (tmp_path / "other").read_text() == "theirs"


def test_it_can_be_cleared(tmp_path: Path) -> None:
    log = QuestionLog(tmp_path)
    log.note("Is a safe?", "a", "full")
    log.clear()
    log.clear()
    assert log.questions() == ()
