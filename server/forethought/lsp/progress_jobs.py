"""Work that a person can see and cancel: work-done progress, the client's tokens and ours."""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from forethought.lsp.json_rpc import ForethoughtProtocol

Token = int | str


class Job:
    """One progress. Silent without a token. `report` is throttled by the caller."""

    def __init__(self, protocol: "ForethoughtProtocol", token: Token | None, ended: Callable[[Token], None]) -> None:
        self._protocol = protocol
        self._token = token
        self._ended = ended

    def begin(self, title: str) -> None:
        self._send(types.WorkDoneProgressBegin(title=title, cancellable=True, percentage=0))

    def report(self, message: str, percentage: int | None = None) -> None:
        self._send(types.WorkDoneProgressReport(message=message, percentage=percentage, cancellable=True))

    def end(self, message: str | None = None) -> None:
        """Say that it is over; later calls do nothing."""
        self._send(types.WorkDoneProgressEnd(message=message))
        if self._token is not None:
            self._ended(self._token)
        self._token = None

    def _send(
        self, value: types.WorkDoneProgressBegin | types.WorkDoneProgressReport | types.WorkDoneProgressEnd
    ) -> None:
        if self._token is not None:
            self._protocol.notify(types.PROGRESS, types.ProgressParams(self._token, value))


class Jobs:
    """Every progress that is being shown, by token, with what cancelling it does."""

    def __init__(self, protocol: "ForethoughtProtocol") -> None:
        self._protocol = protocol
        self._cancels: dict[Token, Callable[[], None]] = {}
        self.asked_for = 0
        """Work that a command started and shows by itself."""

    def of_client(self, token: Token | None, cancel: Callable[[], None]) -> Job:
        """Progress under the token that a request brought; silent when it brought none."""
        if token is not None:
            self._cancels[token] = cancel
        return Job(self._protocol, token, self._forget)

    def of_server(self, cancel: Callable[[], None]) -> Job:
        """Progress that we start ourselves; silent for a client that shows none."""
        window = self._protocol.client_capabilities.window
        if window is None or not window.work_done_progress:
            return Job(self._protocol, None, self._forget)
        token = str(uuid.uuid4())
        self._cancels[token] = cancel
        # Messages arrive in order, so the token is known to the client by the time of `begin`.
        self._protocol.send_request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token))
        return Job(self._protocol, token, self._forget)

    def cancel(self, token: Token) -> None:
        if cancel := self._cancels.get(token):
            cancel()

    def _forget(self, token: Token) -> None:
        self._cancels.pop(token, None)
