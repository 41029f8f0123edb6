"""Sends the status document when it changes, and shows the progress of background work."""

import asyncio
import contextlib
import logging
import time
from typing import Any

from forethought.errors import ForethoughtError
from forethought.lsp.progress_jobs import REPORT_INTERVAL_SECONDS, Job
from forethought.lsp.protocol_extensions import DID_CHANGE_STATUS
from forethought.lsp.state import ServerState

QUIET_SECONDS = 1.0
"""Shorter work shows no progress."""

logger = logging.getLogger(__name__)


class StatusReporter:
    """Sends the status document when it has changed, at most about four times a second.

    All background work shares one progress, which appears only if the work takes a while.
    """

    def __init__(self, server: ServerState) -> None:
        self._server = server
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._last: dict[str, Any] | None = None
        self._job: Job | None = None
        self._working_since: float | None = None
        self._warned_degraded = False

    def start(self) -> None:
        """Start to report. The first document is sent at once."""
        self._changed.set()
        self._task = asyncio.ensure_future(self._run())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def changed(self) -> None:
        """Check the status soon, because it may have changed."""
        self._changed.set()

    async def _run(self) -> None:
        while True:
            working = self._working_since is not None
            with contextlib.suppress(TimeoutError):  # progress is made without a change of the status
                await asyncio.wait_for(self._changed.wait(), REPORT_INTERVAL_SECONDS if working else None)
            self._changed.clear()
            try:
                await self._report()
            except ForethoughtError as error:
                self._server.log(str(error))
            except Exception:
                logger.exception("could not report the status")
            await asyncio.sleep(REPORT_INTERVAL_SECONDS)

    async def _report(self) -> None:
        document = await self._server.status()
        if document != self._last:
            self._last = document
            self._server.notify(DID_CHANGE_STATUS, document)
            self._server.show_notices()
        if document.get("state") == "degraded" and not self._warned_degraded:
            self._warned_degraded = True
            self._server.warn(str(document.get("message") or "The configured engine does not work."))
        self._show_progress()

    def _show_progress(self) -> None:
        progress = None if self._server.jobs.precomputing else self._server.session.running_job
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
            self._job = self._server.jobs.for_server(self._cancel)
            self._job.begin("Forethought")
        if self._job is not None:
            percentage = 100 * progress.done // progress.total if progress.total else None
            self._job.report(progress.message, percentage)

    def _cancel(self) -> None:
        self._server.session.defer()
