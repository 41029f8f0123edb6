"""Lets work that is done ahead step aside while a person waits for an answer: Python runs one thread at a time."""

import time

PAUSE_SECONDS = 0.02
"""How long work that is done ahead rests after a request: enough for the request and those that follow at once."""

MAX_PARSE_SECONDS = 0.1
"""How long it rests at most while a buffer is parsed, on which all requests about it wait."""


class BackgroundPause:
    """Safe from any thread."""

    def __init__(self) -> None:
        self._ends_at = 0.0

    def begin(self, seconds: float = PAUSE_SECONDS) -> None:
        """A person waits for an answer: rest for `seconds` from now, or longer if that was said before. Instant."""
        self._ends_at = max(self._ends_at, time.monotonic() + seconds)

    def wait(self) -> None:
        """Call this between small steps of work that nobody waits for. Blocks for as long as the pause lasts."""
        if (left := self._ends_at - time.monotonic()) > 0:
            time.sleep(left)
