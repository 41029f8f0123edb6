"""From the bytes of tokens to text that is safe to show: whole characters, and nothing of a stop string."""

import codecs
from collections.abc import Sequence


class TextStream:
    """Collects the bytes of one answer. Leading white space is left out."""

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        # Replacing, not failing: a model may write bytes that are no UTF-8.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = ""
        self.text = ""
        """What was given out."""
        self.stopped = False
        """A stop string was reached; it is not part of the text."""

    def push(self, data: bytes) -> str:
        """Add a token's bytes; returns what can be shown now."""
        if self.stopped:
            return ""
        self._waiting += self._decoder.decode(data)
        if not self.text:
            self._waiting = self._waiting.lstrip()
        found = [place for stop in self._stops if (place := self._waiting.find(stop)) >= 0]
        if found:
            self.stopped = True
            return self._give(min(found))
        return self._give(len(self._waiting) - self._held_back())

    def finish(self) -> str:
        """The end: what was held back comes out, an unfinished character does not."""
        return "" if self.stopped else self._give(len(self._waiting))

    def _held_back(self) -> int:
        """Length of the longest end of the text that may yet become a stop string."""
        longest = max((len(stop) - 1 for stop in self._stops), default=0)
        for length in range(min(longest, len(self._waiting)), 0, -1):
            if any(stop.startswith(self._waiting[-length:]) for stop in self._stops):
                return length
        return 0

    def _give(self, length: int) -> str:
        piece, self._waiting = self._waiting[:length], self._waiting[length:]
        self.text += piece
        return piece
