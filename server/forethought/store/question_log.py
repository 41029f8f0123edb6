"""A local log of the user's questions, from which the query predictor learns which ones are likely.

It is a JSON Lines file in the cache folder that only its owner can read. It is never exported, and never sent to a
remote endpoint.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from forethought.errors import StoreError
from forethought.private_folders import create_private_folder
from forethought.text.redaction import redact

FILE = "questions.jsonl"
MAX_LINES = 2000
"""When there are more, the older half is deleted."""
MAX_CHARACTERS = 500
"""Per question; the rest is cut off."""


class QuestionLog:
    """Questions, each with the symbol it was about and the tier that answered it. Garbage in the file is skipped."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def note(self, question: str, symbol: str, tier: str) -> None:
        """Add a question, with secrets redacted. Raises StoreError when the file cannot be written."""
        text = redact(" ".join(question.split()))[:MAX_CHARACTERS]
        line = json.dumps({"question": text, "symbol": redact(symbol), "tier": tier}) + "\n"
        try:
            create_private_folder(self._file.parent)
            self._shorten()
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
            descriptor = os.open(self._file, flags, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise StoreError(
                f"{self._file} cannot be written ({error.strerror}); fix its rights or set `questions.log` to false."
            ) from error

    def questions(self) -> tuple[tuple[str, str, str], ...]:
        """(question, symbol, tier) of each, oldest first."""
        return tuple(self._read())

    def clear(self) -> None:
        """Delete all questions. Raises StoreError when that fails."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{self._file} cannot be deleted ({error.strerror}); delete it by hand.") from error

    def _read(self) -> Iterator[tuple[str, str, str]]:
        try:
            lines = self._file.read_bytes().splitlines()
        except OSError:
            return  # nothing has been asked yet, or the file is not readable
        for line in lines[-MAX_LINES:]:
            try:
                found = json.loads(line)
                values = found["question"], found["symbol"], found["tier"]
            except (ValueError, KeyError, TypeError):
                continue  # garbage, or cut off by a kill
            if all(isinstance(value, str) for value in values):
                yield values

    def _shorten(self) -> None:
        """Delete the older half once there are too many; a line that another window adds meanwhile is lost."""
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
