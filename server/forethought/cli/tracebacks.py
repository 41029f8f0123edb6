"""Keeps the tracebacks of internal errors."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from forethought.config import Settings, load_settings
from forethought.errors import ConfigError
from forethought.private_folders import create_private_folder
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
        create_private_folder(log.parent)
        too_large = log.exists() and log.stat().st_size > MAX_LOG_BYTES
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if too_large else os.O_APPEND)
        with os.fdopen(os.open(log, flags, 0o600), "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{redact(text)}\n")
    except OSError:
        return None  # a read-only home must not hide the error itself
    return log
