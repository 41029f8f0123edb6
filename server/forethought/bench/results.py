"""Benchmark results per unit of work, appended to a JSON-lines file so that an interrupted run can resume."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any


class Results:
    """The results of one benchmark under one set of settings. Results of other settings stay in the file, unused.

    Only one process may write to a file at a time.
    """

    def __init__(self, file: Path, settings: Mapping[str, Any]) -> None:
        """`settings` holds everything that changes a result: model, seed, options, the program. Plain JSON values."""
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
        """Append a unit's result to the file. Plain JSON values."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"settings": self._settings, "unit": unit, "value": value})
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n" if self._ends_midline else f"{line}\n")
        self._ends_midline = False
        self._values[unit] = json.loads(line)["value"]  # exactly what a resumed run reads back

    def _read(self, line: str) -> None:
        try:
            record = json.loads(line)
            mine, unit, value = record["settings"] == self._settings, record["unit"], record["value"]
        except (ValueError, KeyError, TypeError):
            return  # the process may have been killed while it wrote the line; that unit is measured again
        if mine and isinstance(unit, str) and isinstance(value, dict):
            self._values[unit] = value


def settings_digest(settings: Mapping[str, Any]) -> str:
    return sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
