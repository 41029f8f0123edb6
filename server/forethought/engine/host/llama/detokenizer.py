"""Turns the bytes of tokens into text that can be shown: whole characters, and no part of a stop string."""

import codecs
from collections.abc import Sequence


class Detokenizer:
    """Collects the text of one answer, without leading white space."""

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        # A model may write bytes that are not UTF-8: replace them rather than fail.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self.text = ""
        """What has been returned so far."""
        self.stopped = False
        """Whether a stop string was reached. It is not part of the text."""

    def push(self, data: bytes) -> str:
        """Add a token's bytes; return the text that can be shown now."""
        if self.stopped:
            return ""
        self._pending += self._decoder.decode(data)
        if not self.text:
            self._pending = self._pending.lstrip()
        positions = [position for stop in self._stops if (position := self._pending.find(stop)) >= 0]
        if positions:
            self.stopped = True
            return self._take(min(positions))
        return self._take(len(self._pending) - self._held_back())

    def finish(self) -> str:
        """Return the text that was held back. An unfinished character at the end is dropped."""
        return "" if self.stopped else self._take(len(self._pending))

    def _held_back(self) -> int:
        """The length of the longest suffix that may be the beginning of a stop string."""
        longest = max((len(stop) - 1 for stop in self._stops), default=0)
        for length in range(min(longest, len(self._pending)), 0, -1):
            if any(stop.startswith(self._pending[-length:]) for stop in self._stops):
                return length
        return 0

    def _take(self, length: int) -> str:
        text, self._pending = self._pending[:length], self._pending[length:]
        self.text += text
        return text
