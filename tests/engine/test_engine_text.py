import itertools

from hypothesis import given
from hypothesis import strategies as st

from forethought.engine.host.llama.detokenizer import TextStream


@given(st.text(), st.lists(st.integers(0, 400)))
def test_any_split_of_the_bytes_gives_the_same_text(text: str, cuts: list[int]) -> None:
    data = text.encode()
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    stream = TextStream()
    shown = "".join(stream.push(data[start:end]) for start, end in itertools.pairwise(places))
    assert shown + stream.finish() == text.lstrip() == stream.text


@given(st.text("ab.", max_size=30), st.text("ab.", min_size=1, max_size=4), st.integers(1, 5))
def test_nothing_of_a_stop_string_is_shown(text: str, stop: str, step: int) -> None:
    stream = TextStream([stop])
    shown = "".join(stream.push(text[place : place + step].encode()) for place in range(0, len(text), step))
    shown += stream.finish()
    assert shown == text.split(stop)[0]
    assert stream.stopped == (stop in text)


def test_half_a_character_waits_for_its_other_half() -> None:
    stream = TextStream()
    first, second = "é".encode()[:1], "é".encode()[1:]
    assert (stream.push(first), stream.push(second)) == ("", "é")


def test_an_unfinished_character_is_left_out() -> None:
    stream = TextStream()
    assert stream.push("aé".encode()[:2]) + stream.finish() == "a"
