import itertools

from hypothesis import given
from hypothesis import strategies as st

from forethought.engine.host.llama.detokenizer import Detokenizer


@given(st.text(), st.lists(st.integers(0, 400)))
def test_any_split_of_the_bytes_gives_the_same_text(text: str, cuts: list[int]) -> None:
    data = text.encode()
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    detokenizer = Detokenizer()
    shown = "".join(detokenizer.push(data[start:end]) for start, end in itertools.pairwise(places))
    assert shown + detokenizer.finish() == text.lstrip() == detokenizer.text


@given(st.text("ab.", max_size=30), st.text("ab.", min_size=1, max_size=4), st.integers(1, 5))
def test_no_part_of_a_stop_string_is_shown(text: str, stop: str, step: int) -> None:
    detokenizer = Detokenizer([stop])
    shown = "".join(detokenizer.push(text[place : place + step].encode()) for place in range(0, len(text), step))
    shown += detokenizer.finish()
    assert shown == text.split(stop)[0]
    assert detokenizer.stopped == (stop in text)


def test_half_a_character_waits_for_its_other_half() -> None:
    detokenizer = Detokenizer()
    first, second = "é".encode()[:1], "é".encode()[1:]
    assert (detokenizer.push(first), detokenizer.push(second)) == ("", "é")


def test_an_unfinished_character_is_dropped() -> None:
    detokenizer = Detokenizer()
    assert detokenizer.push("aé".encode()[:2]) + detokenizer.finish() == "a"
