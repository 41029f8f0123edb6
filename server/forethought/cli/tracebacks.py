"""Keeps the tracebacks of internal errors."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from forethought.config import Settings, load_settings
from forethought.errors import ConfigError
from forethought.text.redaction import redact

MAX_LOG_BYTES = 1_000_000
"""A larger log is started again."""


def log_traceback(text: str, environment: Mapping[str, str]) -> Path | None:
    """Append a traceback, without secrets, to `faults.log` in the cache folder. None if it cannot be written."""
    try:
        settings = load_settings(None, environment).settings
    except ConfigError:
        settings = Settings()
    log = settings.cache_folder / "faults.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        too_large = log.exists() and log.stat().st_size > MAX_LOG_BYTES
        with log.open("w" if too_large else "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{redact(text)}\n")
    except OSError:
        return None  # a read-only home must not hide the error itself
    return log
