"""The language server of one client: its state, and how it starts and ends."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import psutil
from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.exceptions import FeatureRequestError
from pygls.lsp.server import LanguageServer

from forethought import __version__
from forethought.app.session import Session
from forethought.config import LoadedSettings
from forethought.errors import ForethoughtError
from forethought.lsp.buffers import Buffers
from forethought.lsp.configuration import Configuration
from forethought.lsp.error_responses import CANCELLED, PARSE_ERROR
from forethought.lsp.hover_renderer import HoverRenderer
from forethought.lsp.json_rpc import ForethoughtProtocol
from forethought.lsp.navigation import Navigation
from forethought.lsp.progress_jobs import ProgressJobs
from forethought.lsp.registration import register_handlers
from forethought.lsp.roots import Roots
from forethought.lsp.status_reporter import StatusReporter
from forethought.lsp.threads import DaemonThreads, call_on_loop
from forethought.lsp.transport import Inbox, Outbox
from forethought.present.location_encoder import LocationEncoder
from forethought.text.positions import Encoding
from forethought.text.uris import path_of
from forethought.workspace.workspace import Workspace

GRACE_SECONDS = 1.5
"""How long the session may take to close before the process ends without it."""

PARENT_CHECK_SECONDS = 0.5

logger = logging.getLogger(__name__)


class OpenSession(Protocol):
    """Creates the session: `Session` itself, or what a test puts in its place."""

    def __call__(
        self,
        loaded: LoadedSettings,
        environment: Mapping[str, str],
        *,
        on_change: Callable[[], None],
        on_log: Callable[[str], None],
    ) -> Session: ...


class ForethoughtServer(LanguageServer):
    """One client's server. Implements `ServerState`. Everything runs on the event loop, unless it says otherwise."""

    protocol: ForethoughtProtocol
    encoding: Encoding
    hover_renderer: HoverRenderer
    navigation: Navigation
    roots: Roots
    session: Session
    threads: DaemonThreads
    look_ups: DaemonThreads
    insight_look_ups: DaemonThreads

    def __init__(
        self,
        open_session: OpenSession,
        environment: Mapping[str, str],
        folder: Path | None = None,
        on_leave: Callable[[int], None] = lambda status: None,
    ) -> None:
        """`folder` is served to a client that opens none. `on_leave` gets the exit status as soon as the end begins."""
        # pygls's own converter would turn the parameters of our methods into named tuples.
        super().__init__("forethought", __version__, protocol_cls=ForethoughtProtocol, converter_factory=get_converter)
        self.buffers = Buffers()
        self.jobs = ProgressJobs(self.protocol)
        self._status_reporter = StatusReporter(self)
        self._configuration = Configuration(environment)
        self._open_session = open_session
        self._environment = environment
        self._folder = folder
        self._on_leave = on_leave
        self._tasks: set[asyncio.Task[None]] = set()
        self._left: asyncio.Future[int] | None = None
        register_handlers(self)

    # Life cycle

    async def run(self, reader: BinaryIO, writer: BinaryIO) -> int:
        """Serve one client until it leaves. Returns the exit status of the process: 0 only after `shutdown`."""
        loop = asyncio.get_running_loop()
        self._left = loop.create_future()
        self.threads = DaemonThreads(loop, count=4)
        self.look_ups = DaemonThreads(loop, count=2)
        self.insight_look_ups = DaemonThreads(loop, count=1)
        self._following_links = asyncio.Lock()
        """Links are followed in the order in which files are opened: the last name of a file is the one that counts."""
        self.protocol.set_writer(Outbox(writer, lambda: self.leave(1)))
        inbox = Inbox(
            loop,
            deliver=self.protocol.receive,
            settled=self.buffers.show_edited,
            drop=lambda message_id: self.protocol.respond_error(message_id, CANCELLED, "The request was cancelled."),
            refuse=lambda sentence: self.protocol.respond_error(None, PARSE_ERROR, sentence),
            ended=lambda: self.leave(1),
        )
        threading.Thread(target=inbox.read, args=(reader,), name="lsp reader", daemon=True).start()
        status = await self._left
        self._status_reporter.stop()
        if self.protocol.initialized:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.threads.run_alone(self.session.close), GRACE_SECONDS)
        return status

    async def open(self, params: types.InitializeParams) -> None:
        """Open the session and the client's folders, before `initialize` is answered."""
        loop = asyncio.get_running_loop()
        self.encoding = _encoding(self.workspace.position_encoding)
        folders = _folders_of(params)
        if not folders and self._folder is not None:
            folders = [self._folder]

        def on_change() -> None:
            call_on_loop(loop, self.status_changed)

        def on_log(sentence: str) -> None:
            call_on_loop(loop, self.log, sentence)

        def open_session() -> Session:
            loaded = self._configuration.start(params.initialization_options)
            return self._open_session(loaded, self._environment, on_change=on_change, on_log=on_log)

        self.session = await self.threads.run_alone(open_session)
        self.roots = Roots(self.session)
        self.hover_renderer = HoverRenderer(params, self.roots)
        self.navigation = Navigation(params, self)
        self.protocol.restrict_capabilities = self.navigation.restrict
        await self._add_folders(folders)
        if params.process_id is not None:
            _watch_parent(params.process_id, lambda: call_on_loop(loop, self.leave, 1))

    async def start(self) -> None:
        """Start to work. From now on, the client accepts requests of ours."""
        await self._configuration.pull(self)
        reported = self._ask_for_file_changes()
        self.navigation.update()
        self.show_notices()
        await self.threads.run_alone(lambda: self.session.start(watch_files=not reported))
        self._status_reporter.start()

    def leave(self, status: int) -> None:
        """End, because the client sent `exit`, closed the stream, or is gone."""
        if self._left is not None and not self._left.done():
            self._on_leave(status)
            self._left.set_result(status)

    def run_in_background(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(self._logging_errors(coroutine))
        self._tasks.add(task)  # the loop itself keeps only a weak reference
        task.add_done_callback(self._tasks.discard)

    async def _logging_errors(self, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await coroutine
        except ForethoughtError as error:
            self.log(str(error))
        except Exception:
            logger.exception("a background task failed")

    # Folders

    async def change_folders(
        self, added: Sequence[types.WorkspaceFolder], removed: Sequence[types.WorkspaceFolder]
    ) -> None:
        for folder in removed:
            if (path := path_of(folder.uri)) is not None:
                await self.threads.run_alone(self.roots.remove, path)
        await self._add_folders([path for folder in added if (path := path_of(folder.uri)) is not None])
        self._relocate_buffers()
        self.navigation.update()
        self.show_notices()
        self.status_changed()

    async def follow_link(self, uri: str) -> None:
        async with self._following_links:
            if await self.threads.run(self.roots.follow_link, uri):
                self._relocate_buffers()

    async def adopt_folder(self, folder: Path) -> None:
        await self._add_folders([folder])
        self._relocate_buffers()
        self.navigation.update()
        self.show_notices()

    async def _add_folders(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            try:
                await self.threads.run_alone(self.roots.add, folder)
            except ForethoughtError as error:
                self.log(str(error))

    def _relocate_buffers(self) -> None:
        """Open the documents in the roots that serve them now."""
        for buffer in self.buffers:
            location = self.roots.resolve_uri(buffer.uri)
            if location != buffer.location:
                self.buffers.withdraw(buffer)
                buffer.location = location
                buffer.show()

    # Settings

    async def apply_settings(self, settings: Any) -> None:
        await self._configuration.push(self, settings)
        self.navigation.update()

    async def reread_settings(self, workspace: Workspace) -> None:
        await self.threads.run_alone(self.session.reread_settings, workspace)
        self.show_notices()

    def _ask_for_file_changes(self) -> bool:
        """Ask the client to report files that change on disk. Returns False if it cannot be asked."""
        workspace = self.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace else None
        if watching is None or not watching.dynamic_registration:
            return False
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher("**/*")])
        registration = types.Registration("forethought-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        self.client_register_capability(types.RegistrationParams([registration]))
        return True

    # What the client is told

    def encoder(self) -> LocationEncoder:
        return LocationEncoder(self.encoding, self.roots.document_uri)

    async def status(self) -> dict[str, Any]:
        document = await self.threads.run(self.session.status)
        current = [document["current"]] if "current" in document else []
        for item in (*document["roots"], *document["next"], *current):
            item["uri"] = self.roots.client_uri(item["uri"])
        return document

    def status_changed(self) -> None:
        self._status_reporter.changed()
        if self.protocol.initialized:
            self.navigation.refresh_lenses()

    def notify(self, method: str, params: Any) -> None:
        self.protocol.notify(method, params)

    def log(self, sentence: str) -> None:
        if self.protocol.initialized:
            self.window_log_message(types.LogMessageParams(types.MessageType.Info, sentence))

    def warn(self, sentence: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, sentence))

    def show_notices(self) -> None:
        notices = [notice for workspace in self.session.workspaces for notice in workspace.notices]
        if text := self._configuration.take_new_notices(notices):
            self.warn(text)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log what went wrong in a notification. By default, pygls would show a message to the user."""
        if source is not FeatureRequestError:  # failed requests are answered
            logger.error("%s: %s", source, error)


def _folders_of(params: types.InitializeParams) -> list[Path]:
    uris = [folder.uri for folder in params.workspace_folders or ()]
    if not uris and params.root_uri:
        uris = [params.root_uri]
    paths = [path for uri in uris if (path := path_of(uri)) is not None]
    if not uris and params.root_path:
        paths = [Path(params.root_path)]
    return paths


def _encoding(chosen: types.PositionEncodingKind | str | None) -> Encoding:
    match chosen:
        case "utf-8":
            return "utf-8"
        case "utf-32":
            return "utf-32"
    return "utf-16"


def _watch_parent(process_id: int, on_gone: Callable[[], None]) -> None:
    """Call `on_gone`, in a thread, when the process ends."""
    try:
        parent = psutil.Process(process_id)
    except (psutil.Error, ValueError, OverflowError):
        return  # in a container or on another machine: only the end of the stream tells that the client is gone

    def watch() -> None:
        with contextlib.suppress(psutil.Error):
            while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
                stop.wait(PARENT_CHECK_SECONDS)
        on_gone()

    stop = threading.Event()
    threading.Thread(target=watch, name="lsp parent watch", daemon=True).start()
