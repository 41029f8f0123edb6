"""What this user has asked, kept on this machine: it teaches the query predictor which questions come again.

A file of JSON lines in the cache folder, for its owner only. It is never exported and never put to a remote endpoint.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from forethought.errors import StoreError
from forethought.text.redaction import redact

FILE = "questions.jsonl"
MAX_LINES = 2000
"""Of which half go, the oldest, when there are more."""
MAX_CHARACTERS = 500
"""Of one question."""


class QuestionLog:
    """Questions, with the symbol that each was about and the tier that answered. Garbage reads as nothing."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def note(self, question: str, symbol: str, tier: str) -> None:
        """Keep one question, secrets redacted. Raises StoreError when it cannot be kept."""
        text = redact(" ".join(question.split()))[:MAX_CHARACTERS]
        line = json.dumps({"question": text, "symbol": redact(symbol), "tier": tier}) + "\n"
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._shorten()
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
            descriptor = os.open(self._file, flags, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise StoreError(
                f"{self._file} cannot be written ({error.strerror}); mend its rights, or set questions.log to false."
            ) from error

    def questions(self) -> tuple[tuple[str, str, str], ...]:
        """(question, symbol, tier) of each, the oldest first."""
        return tuple(self._read())

    def clear(self) -> None:
        """Forget every question. Raises StoreError when that cannot be done."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{self._file} cannot be deleted ({error.strerror}); delete it by hand.") from error

    def _read(self) -> Iterator[tuple[str, str, str]]:
        try:
            lines = self._file.read_bytes().splitlines()
        except OSError:
            return  # nothing was asked yet, or it is not ours to read
        for line in lines[-MAX_LINES:]:
            try:
                found = json.loads(line)
                values = found["question"], found["symbol"], found["tier"]
            except (ValueError, KeyError, TypeError):
                continue  # cut off by a kill, or garbage
            if all(isinstance(value, str) for value in values):
                yield values

    def _shorten(self) -> None:
        """Drop the older half once there are too many; another window's line may be lost then, and no more."""
        try:
            if self._file.stat().st_size < MAX_LINES * 64:
                return
            lines = self._file.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return
        if len(lines) > MAX_LINES:
            draft = self._file.with_name(f"{FILE}.{os.getpid()}")
            draft.touch(0o600)
            draft.write_bytes(b"".join(lines[-MAX_LINES // 2 :]))
            draft.replace(self._file)
