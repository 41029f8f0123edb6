"""Ctrl-C and SIGTERM cancel the running work; a second one ends the program at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from forethought.engine.api import CancelToken


@contextmanager
def cancel_on_interrupt() -> Iterator[CancelToken]:
    """Yield a token that the first signal cancels. The second raises KeyboardInterrupt. Main thread only."""
    token = CancelToken()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if token.cancelled:
            raise KeyboardInterrupt
        token.cancel()

    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, interrupt) for number in signals]
    try:
        yield token
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
