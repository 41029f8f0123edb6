"""The machine a benchmark runs on: part of what it takes to repeat the run."""

import os
import platform
from typing import Any

from forethought import __version__


def describe_machine() -> dict[str, Any]:
    """Cores and architecture, the load average right now (None on Windows), and our version, for `Report.settings`."""
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    return {"machine": machine, "load at the start": load, "version": __version__}
