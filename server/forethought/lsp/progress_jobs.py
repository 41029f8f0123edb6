"""Work that the user can see and cancel: work-done progress, under the client's tokens and under ours."""

import uuid
from collections.abc import Callable

from lsprotocol import types
from pygls.protocol import LanguageServerProtocol

from forethought.lsp.protocol_extensions import ProgressToken

REPORT_INTERVAL_SECONDS = 0.25
"""Between two reports of a progress."""


class Job:
    """One progress. Silent without a token. The caller limits how often it reports."""

    def __init__(
        self, protocol: LanguageServerProtocol, token: ProgressToken | None, ended: Callable[[ProgressToken], None]
    ) -> None:
        self._protocol = protocol
        self._token = token
        self._ended = ended

    def begin(self, title: str) -> None:
        self._send(types.WorkDoneProgressBegin(title=title, cancellable=True, percentage=0))

    def report(self, message: str, percentage: int | None = None) -> None:
        self._send(types.WorkDoneProgressReport(message=message, percentage=percentage, cancellable=True))

    def end(self, message: str | None = None) -> None:
        """Report the end. Later calls do nothing."""
        self._send(types.WorkDoneProgressEnd(message=message))
        if self._token is not None:
            self._ended(self._token)
        self._token = None

    def _send(
        self, value: types.WorkDoneProgressBegin | types.WorkDoneProgressReport | types.WorkDoneProgressEnd
    ) -> None:
        if self._token is not None:
            self._protocol.notify(types.PROGRESS, types.ProgressParams(self._token, value))


class ProgressJobs:
    """Every progress that the client shows, by token, with what cancels it."""

    def __init__(self, protocol: LanguageServerProtocol) -> None:
        self._protocol = protocol
        self._cancels: dict[ProgressToken, Callable[[], None]] = {}
        self.precomputing = 0
        """The number of running commands that show their own progress."""

    def for_client(self, token: ProgressToken | None, cancel: Callable[[], None]) -> Job:
        """Report under the token of a request. Silent if the request has none."""
        if token is not None:
            self._cancels[token] = cancel
        return Job(self._protocol, token, self._forget)

    def for_server(self, cancel: Callable[[], None]) -> Job:
        """Report work that the server starts. Silent if the client shows no progress."""
        window = self._protocol.client_capabilities.window
        if window is None or not window.work_done_progress:
            return Job(self._protocol, None, self._forget)
        token = str(uuid.uuid4())
        self._cancels[token] = cancel
        # Messages arrive in order, so the client knows the token before `begin`.
        self._protocol.send_request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token))
        return Job(self._protocol, token, self._forget)

    def cancel(self, token: ProgressToken) -> None:
        if cancel := self._cancels.get(token):
            cancel()

    def _forget(self, token: ProgressToken) -> None:
        self._cancels.pop(token, None)
