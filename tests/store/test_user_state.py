"""The pause and the daily limit outlive the process."""

import threading
from datetime import datetime
from pathlib import Path

import pytest

from forethought.errors import StoreError
from forethought.store.user_state import UserState


def test_a_pause_survives_a_restart_until_it_is_resumed(tmp_path: Path) -> None:
    UserState(tmp_path).pause(None)
    pause = UserState(tmp_path).current_pause()
    assert pause is not None
    assert pause.until is None
    UserState(tmp_path).resume()
    assert UserState(tmp_path).current_pause() is None


def test_a_pause_for_an_hour_ends_by_itself(tmp_path: Path) -> None:
    now = 1_000_000.0
    state = UserState(tmp_path, lambda: now)
    state.pause(60)
    assert state.current_pause() is not None
    now += 3601
    assert state.current_pause() is None


def test_thinking_is_counted_by_the_day(tmp_path: Path) -> None:
    now = 1_000_000.0
    state = UserState(tmp_path, lambda: now)
    state.add_thinking(10)
    state.add_thinking(5)
    assert state.spent_today() == (15, 15)
    now += 86_400
    assert state.spent_today() == (0, 0)


def test_what_went_to_what_changed_that_day_is_counted_apart(tmp_path: Path) -> None:
    state = UserState(tmp_path)
    state.add_thinking(10)
    state.add_thinking(5, changed_today=True)
    assert state.spent_today() == (15, 10)


def test_a_day_ends_at_midnight_and_not_after_a_day(tmp_path: Path) -> None:
    noon = datetime(2024, 5, 1, 12).timestamp()
    state = UserState(tmp_path, lambda: noon)
    assert state.is_today(noon - 11 * 3600)
    assert not state.is_today(noon - 13 * 3600)


def test_speed_is_a_moving_average(tmp_path: Path) -> None:
    state = UserState(tmp_path)
    assert state.seconds_a_symbol("p") is None
    state.measure("p", 10)
    state.measure("p", 20)
    assert state.seconds_a_symbol("p") == pytest.approx(11)


@pytest.mark.parametrize("garbage", [b"", b"{", b"[1]", b'{"pause": 3, "thinking": [], "secondsASymbol": 7}', b"\xff"])
def test_garbage_reads_as_nothing(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "state.json").write_bytes(garbage)
    state = UserState(tmp_path)
    assert state.current_pause() is None
    assert state.spent_today() == (0, 0)
    assert state.seconds_a_symbol("p") is None
    state.measure("p", 1)
    assert state.seconds_a_symbol("p") == 1


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        UserState(tmp_path / "file" / "folder").pause(None)


def test_predictability_is_a_moving_average_by_kind(tmp_path: Path) -> None:
    state = UserState(tmp_path)
    assert state.predictability() == {}
    state.note_predictability("function", -1.0)
    state.note_predictability("function", -2.0)
    state.note_predictability("file", -3.0)
    assert UserState(tmp_path).predictability() == {"function": pytest.approx(-1.1), "file": -3.0}


def test_what_two_windows_note_at_once_is_kept_of_both(tmp_path: Path) -> None:
    mine, theirs = UserState(tmp_path), UserState(tmp_path)
    other = threading.Thread(target=theirs.pause, args=(None,))
    with mine._edited() as state:
        other.start()
        other.join(0.5)  # it has to wait for this edit
        state["secondsASymbol"] = {"p": 7}
    other.join(20)
    assert mine.current_pause() is not None
    assert mine.seconds_a_symbol("p") == 7
