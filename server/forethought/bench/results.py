"""What was measured, unit by unit, kept as JSON lines, so that an interrupted measurement goes on where it was."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any


class Results:
    """The results of one bench under one set of settings; those of other settings stay in the file, unused.

    One process at a time writes to a file.
    """

    def __init__(self, file: Path, settings: Mapping[str, Any]) -> None:
        """`settings` is whatever changes a result: model, seed, options, the program itself. Plain JSON values."""
        self._file = file
        self._settings = settings_digest(settings)
        self._values: dict[str, dict[str, Any]] = {}
        self._ends_midline = False
        if file.exists():
            text = file.read_text(encoding="utf-8", errors="replace")
            self._ends_midline = not text.endswith("\n")
            for line in text.splitlines():
                self._read(line)

    def __contains__(self, unit: str) -> bool:
        return unit in self._values

    def __getitem__(self, unit: str) -> dict[str, Any]:
        return self._values[unit]

    def __len__(self) -> int:
        return len(self._values)

    def add(self, unit: str, value: dict[str, Any]) -> None:
        """Keep a unit's result, now. Plain JSON values."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"settings": self._settings, "unit": unit, "value": value})
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n" if self._ends_midline else f"{line}\n")
        self._ends_midline = False
        self._values[unit] = json.loads(line)["value"]  # what a resumed run reads, so that both work on the same

    def _read(self, line: str) -> None:
        try:
            record = json.loads(line)
            mine, unit, value = record["settings"] == self._settings, record["unit"], record["value"]
        except (ValueError, KeyError, TypeError):
            return  # a kill may have cut the last line; its unit is measured again
        if mine and isinstance(unit, str) and isinstance(value, dict):
            self._values[unit] = value


def settings_digest(settings: Mapping[str, Any]) -> str:
    return sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
