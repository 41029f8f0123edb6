"""What the server says of its own accord: its status when that changes, and progress while it works."""

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any

from forethought.errors import ForethoughtError
from forethought.lsp.json_rpc import DID_CHANGE_STATUS
from forethought.lsp.progress_jobs import Job

if TYPE_CHECKING:
    from forethought.lsp.server import ForethoughtServer

INTERVAL_SECONDS = 0.25
"""Between two looks at the status, and two reports of progress."""

QUIET_SECONDS = 1.0
"""Work that is over sooner shows no progress."""

logger = logging.getLogger(__name__)


class StatusReporter:
    """Sends the status document when it changed, at most about four times a second, and one progress for all
    background work, which appears only when the work lasts."""

    def __init__(self, server: "ForethoughtServer") -> None:
        self._server = server
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._last: dict[str, Any] | None = None
        self._job: Job | None = None
        self._working_since: float | None = None
        self._said_degraded = False

    def start(self) -> None:
        """Begin to report; the first document goes out at once."""
        self._changed.set()
        self._task = asyncio.ensure_future(self._run())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def changed(self) -> None:
        """Something may have changed; look soon."""
        self._changed.set()

    async def _run(self) -> None:
        while True:
            working = self._working_since is not None
            with contextlib.suppress(TimeoutError):  # progress moves without the status changing
                await asyncio.wait_for(self._changed.wait(), INTERVAL_SECONDS if working else None)
            self._changed.clear()
            try:
                await self._report()
            except ForethoughtError as error:
                self._server.log(str(error))
            except Exception:
                logger.exception("the status could not be reported")
            await asyncio.sleep(INTERVAL_SECONDS)

    async def _report(self) -> None:
        document = await self._server.status()
        if document != self._last:
            self._last = document
            self._server.protocol.notify(DID_CHANGE_STATUS, document)
            self._server.say_notices()
        if document.get("state") == "degraded" and not self._said_degraded:
            self._said_degraded = True
            self._server.warn(str(document.get("message") or "The configured engine cannot work."))
        self._show_progress()

    def _show_progress(self) -> None:
        progress = None if self._server.jobs.asked_for else self._server.session.running_job
        if progress is None:
            self._working_since = None
            if self._job is not None:
                self._job.end()
                self._job = None
            return
        now = time.monotonic()
        if self._working_since is None:
            self._working_since = now
        if self._job is None and now - self._working_since >= QUIET_SECONDS:
            self._job = self._server.jobs.of_server(self._cancel)
            self._job.begin("Forethought")
        if self._job is not None:
            percentage = 100 * progress.done // progress.total if progress.total else None
            self._job.report(progress.message, percentage)

    def _cancel(self) -> None:
        self._server.session.defer()
