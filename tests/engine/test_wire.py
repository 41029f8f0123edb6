import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forethought.engine.api import Completion, Delta, Event, GenerateRequest, Message, Prompt, Sampling, Usage
from forethought.engine.ipc import wire
from forethought.errors import ContextOverflow, EngineError, ForethoughtError

TEXTS = st.text(st.characters(), max_size=40)  # lone surrogates included: paths and sources may hold them
MESSAGES = st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXTS)
PROMPTS = st.lists(st.builds(Prompt, st.lists(MESSAGES, max_size=3).map(tuple)), max_size=3).map(tuple)
REQUESTS = st.builds(
    GenerateRequest,
    PROMPTS,
    st.integers(1, 5000),
    st.sampled_from(["interactive", "requested", "idle"]),
    st.builds(
        Sampling,
        st.floats(0, 2),
        st.integers(0, 2**31),
        st.lists(TEXTS.filter(bool), max_size=2).map(tuple),
    ),
    st.none() | st.just({"type": "object"}),
    st.none() | TEXTS,
    st.floats(0, 100),
)
EVENTS = st.builds(Delta, st.integers(0, 9), TEXTS) | st.builds(
    Completion, st.integers(0, 9), TEXTS, st.sampled_from(["stop", "length"]), st.builds(Usage)
)


def through(message: dict[str, object]) -> dict[str, object]:
    frame = wire.encode_message(message)
    assert wire.message_length(frame[:4]) == len(frame) - 4
    return wire.decode_message(frame[4:])


@given(REQUESTS)
def test_a_request_arrives_as_it_was_sent(request: GenerateRequest) -> None:
    assert wire.request_from_json(through(wire.request_to_json(request))) == request


@given(EVENTS)
def test_an_event_arrives_as_it_was_sent(event: Event) -> None:
    assert wire.event_from_json(through(wire.event_to_json(event))) == event


def test_an_error_keeps_its_kind_and_its_sentence() -> None:
    error = wire.error_from_json(wire.error_to_json(ContextOverflow("too long")))
    assert (type(error), str(error)) == (ContextOverflow, "too long")


def test_an_unknown_kind_of_error_is_still_an_engine_error() -> None:
    assert type(wire.error_from_json({"error": "SystemExit", "message": "x"})) is EngineError


@given(st.binary(max_size=50))
def test_garbage_is_refused_and_nothing_else_happens(body: bytes) -> None:
    try:
        assert isinstance(wire.decode_message(body), dict)
    except wire.WireError:
        return


@pytest.mark.slow
@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_in_place_of_a_request_is_read_or_refused(value: object) -> None:
    try:
        wire.request_from_json(value)
    except wire.WireError:
        return
    except ForethoughtError:
        pytest.fail("the wire knows no other error")


def test_a_message_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(wire.WireError, match="limit"):
        wire.message_length(struct.pack(">I", wire.MAX_MESSAGE_BYTES + 1))
    with pytest.raises(wire.WireError, match="limit"):
        wire.encode_message({"text": "x" * wire.MAX_MESSAGE_BYTES})


def test_a_message_in_pieces_survives_a_timeout() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader, frame = wire.MessageReader(ours), wire.encode_message({"type": "end"})
        theirs.sendall(frame[:6])
        assert reader.read(0.01) is None
        theirs.sendall(frame[6:] + frame)
        assert reader.read(1) == reader.read(1) == {"type": "end"}
        theirs.close()
        with pytest.raises(wire.ConnectionEnded):
            reader.read(1)
