"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def eventually(condition: Callable[[], Value], seconds: float = 60.0) -> Value:
    """Return the condition's first true value. Raises AssertionError if there is none in time.

    The limit is generous because the machine that runs the tests may be busy; tests of speed measure it themselves.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError(f"it did not come true within {seconds:g} s: {condition}")
