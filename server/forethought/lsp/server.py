"""The language server: what it holds, how it starts and leaves, and which handler answers which method."""

import asyncio
import contextlib
import gc
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import psutil
from lsprotocol import types
from pygls.lsp.server import LanguageServer

from forethought import __version__
from forethought.config import LoadedSettings
from forethought.errors import ForethoughtError
from forethought.lsp import answers, commands, features
from forethought.lsp import json_rpc as protocol
from forethought.lsp.buffers import Buffer, Buffers
from forethought.lsp.configuration import Configuration
from forethought.lsp.json_rpc import ForethoughtProtocol
from forethought.lsp.progress_jobs import Jobs
from forethought.lsp.roots import Roots
from forethought.lsp.status_reporter import StatusReporter
from forethought.lsp.threads import DaemonThreads, call_on_loop
from forethought.lsp.transport import Inbox, Outbox
from forethought.present.location_encoder import LocationEncoder
from forethought.text.positions import Encoding
from forethought.text.uris import path_of

if TYPE_CHECKING:
    from forethought.app.session import Session
    from forethought.workspace.workspace import Workspace

GRACE_SECONDS = 1.5
"""How long the services may take to close before the process ends without them."""

logger = logging.getLogger(__name__)


class OpenSession(Protocol):
    """Makes the services: `Session`, or a test's own."""

    def __call__(
        self,
        loaded: LoadedSettings,
        environment: Mapping[str, str],
        *,
        on_change: Callable[[], None],
        on_log: Callable[[str], None],
    ) -> "Session": ...


class ForethoughtServer(LanguageServer):
    """One client's server. Everything here runs on the event loop, except where it says otherwise."""

    protocol: ForethoughtProtocol
    session: "Session"
    roots: Roots
    threads: DaemonThreads
    encoding: Encoding
    hover_style: features.HoverStyle

    def __init__(self, open_session: OpenSession, environment: Mapping[str, str], folder: Path | None = None) -> None:
        """`folder` is served to a client that names none."""
        super().__init__("forethought", __version__, protocol_cls=ForethoughtProtocol)
        self.initialized = False
        self.buffers = Buffers()
        self.jobs = Jobs(self.protocol)
        self.status_reporter = StatusReporter(self)
        self.configuration = Configuration(environment)
        self.hovers = features.HoverCache()
        self.on_leave: Callable[[int], None] = lambda status: None
        self._open_session = open_session
        self._environment = environment
        self._folder = folder
        self._tasks: set[asyncio.Task[None]] = set()
        self._left: asyncio.Future[int] | None = None
        register(self)

    # The life of the server

    async def run(self, reader: BinaryIO, writer: BinaryIO) -> int:
        """Serve one client until it leaves; the process's exit status. Only after `shutdown` it is 0."""
        loop = asyncio.get_running_loop()
        self._left = loop.create_future()
        self.threads = DaemonThreads(loop, count=4)
        self.protocol.set_writer(Outbox(writer, lambda: self.leave(1)))
        inbox = Inbox(
            loop,
            deliver=self.protocol.receive,
            drop=lambda identifier: self.protocol.respond_error(
                identifier, types.ResponseError(protocol.CANCELLED, "The request was cancelled.")
            ),
            refuse=lambda sentence: self.protocol.respond_error(
                None, types.ResponseError(protocol.PARSE_ERROR, sentence)
            ),
            ended=lambda: self.leave(1),
        )
        threading.Thread(target=inbox.read, args=(reader,), name="lsp reader", daemon=True).start()
        status = await self._left
        self.status_reporter.stop()
        if self.initialized:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.threads.run_alone(self.session.close), GRACE_SECONDS)
        return status

    def leave(self, status: int) -> None:
        """End: the client said `exit`, closed the stream, or is gone."""
        if self._left is not None and not self._left.done():
            self.on_leave(status)
            self._left.set_result(status)

    async def begin(self, params: types.InitializeParams) -> None:
        """Open the services and the client's folders, before `initialize` is answered."""
        loop = asyncio.get_running_loop()
        self.encoding = _encoding(self.protocol.server_capabilities.position_encoding)
        self.hover_style = features.hover_style(params)
        folders = _folders_of(params)
        if not folders and self._folder is not None:
            folders = [self._folder]

        def changed() -> None:
            call_on_loop(loop, self.status_reporter.changed)

        def log(sentence: str) -> None:
            call_on_loop(loop, self.log, sentence)

        def open_session() -> "Session":
            loaded = self.configuration.start(params.initialization_options)
            return self._open_session(loaded, self._environment, on_change=changed, on_log=log)

        self.session = await self.threads.run_alone(open_session)
        self.roots = Roots(self.session)
        self.initialized = True
        await self._add_folders(folders)
        if params.process_id is not None:
            _watch_parent(params.process_id, lambda: call_on_loop(loop, self.leave, 1))

    async def ready(self) -> None:
        """The client is ready for requests and notifications of ours."""
        await self.configuration.pull(self)
        self._watch_files()
        self.say_notices()
        await self.threads.run_alone(self.session.start)
        self.status_reporter.start()

    def spawn(self, coroutine: Any) -> None:
        """Run a coroutine beside the current handler; an exception goes to the log."""
        task: asyncio.Task[None] = asyncio.ensure_future(self._logged(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _logged(self, coroutine: Any) -> None:
        try:
            await coroutine
        except ForethoughtError as error:
            self.log(str(error))
        except Exception:
            logger.exception("work beside a request failed")

    # Folders and documents

    async def change_folders(
        self, added: Sequence[types.WorkspaceFolder], removed: Sequence[types.WorkspaceFolder]
    ) -> None:
        """Add and remove roots while running."""
        for folder in removed:
            if (path := path_of(folder.uri)) is not None:
                await self.threads.run_alone(self.roots.remove, path)
        await self._add_folders([path for folder in added if (path := path_of(folder.uri)) is not None])
        self._rehome()
        self.say_notices()
        self.status_reporter.changed()

    async def _add_folders(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            try:
                await self.threads.run_alone(self.roots.add, folder)
            except ForethoughtError as error:
                self.log(str(error))

    def _rehome(self) -> None:
        for buffer in self.buffers:
            home = self.roots.home_of(buffer.uri)
            if home != buffer.home:
                buffer.home = home
                if home is not None:
                    home[0].change_file(home[1], buffer.text, buffer.version)

    def open_document(self, item: types.TextDocumentItem) -> None:
        buffer = Buffer.of(item)
        self.buffers.put(buffer)
        buffer.home = self.roots.home_of(item.uri)
        if buffer.home is not None:
            workspace, path = buffer.home
            workspace.change_file(path, buffer.text, buffer.version)
        elif not self.roots and (file := path_of(item.uri)) is not None:
            self.spawn(self._adopt(file.parent))

    async def _adopt(self, folder: Path) -> None:
        """A file without a workspace: serve the repository around it."""
        await self._add_folders([folder])
        self._rehome()
        self.say_notices()

    def change_document(self, params: types.DidChangeTextDocumentParams) -> None:
        buffer = self.buffers.get(params.text_document.uri)
        if buffer is None:
            return  # never opened: nothing to change
        buffer.apply(params.content_changes, params.text_document.version, self.encoding)
        self.session.report_activity()
        if buffer.home is not None:
            workspace, path = buffer.home
            workspace.change_file(path, buffer.text, buffer.version)

    def close_document(self, uri: str) -> None:
        buffer = self.buffers.pop(uri)
        if buffer is not None and buffer.home is not None:
            workspace, path = buffer.home
            workspace.close_file(path)

    def home_of(self, uri: str) -> "tuple[Workspace, str] | None":
        """The root and path of a document, open or not; None outside the roots that are served just now."""
        buffer = self.buffers.get(uri)
        if buffer is None or buffer.home is None:
            return self.roots.home_of(uri)
        return buffer.home if buffer.home[0] in self.session.workspaces else None

    async def reread_settings(self, workspace: "Workspace") -> None:
        """A root's own settings file changed."""
        await self.threads.run_alone(self.session.reread_settings, workspace)
        self.say_notices()

    def encoder(self) -> LocationEncoder:
        """For one document that goes to the client; used off the loop."""
        return LocationEncoder(self.encoding, self.roots.locate)

    async def status(self) -> dict[str, Any]:
        """The status document, with the client's names for its files."""
        document = await self.threads.run(self.session.status)
        current = [document["current"]] if "current" in document else []
        for item in (*document["roots"], *document["next"], *current):
            item["uri"] = self.roots.renamed(item["uri"])
        return document

    # What people are told

    def log(self, sentence: str) -> None:
        if self.initialized:
            self.window_log_message(types.LogMessageParams(types.MessageType.Info, sentence))

    def warn(self, sentence: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, sentence))

    def say_notices(self) -> None:
        """Settings that were not taken, each said once, in one message."""
        notices = [notice for workspace in self.session.workspaces for notice in workspace.notices]
        if sentence := self.configuration.unsaid(notices):
            self.warn(sentence)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """pygls would pop up; people are told only what they can act on."""
        logger.error("%s: %s", source, error)

    def _watch_files(self) -> None:
        workspace = self.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace else None
        if watching is None or not watching.dynamic_registration:
            return
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher("**/*")])
        registration = types.Registration("forethought-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        self.client_register_capability(types.RegistrationParams([registration]))


def register(server: ForethoughtServer) -> None:
    """Every method and command that the server answers, besides those of the protocol itself."""

    def feature(method: str, handler: Callable[..., Any], options: Any = None) -> None:
        server.feature(method, options)(partial(handler, server))

    feature(types.INITIALIZED, _initialized)
    feature(types.TEXT_DOCUMENT_DID_SAVE, features.did_save)
    feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, features.did_change_watched_files)
    feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION, _did_change_configuration)
    feature(types.TEXT_DOCUMENT_HOVER, features.hover)
    feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, features.document_symbol)
    feature(types.WORKSPACE_SYMBOL, features.workspace_symbol)
    feature(types.TEXT_DOCUMENT_CODE_ACTION, features.code_action, types.CodeActionOptions([features.EXPLAIN]))
    feature(protocol.CHAT, answers.chat)
    feature(protocol.CONTEXT, answers.context)
    feature(protocol.DIGEST, answers.digest)
    feature(protocol.FEEDBACK, answers.feedback)
    feature(protocol.STATUS, _status)
    feature(protocol.DID_FOCUS, features.did_focus)
    for name, command in commands.COMMANDS.items():
        server.command(name)(partial(command, server))


def serve(
    address: tuple[str, int] | None = None,
    environment: Mapping[str, str] | None = None,
    open_session: OpenSession | None = None,
    folder: Path | None = None,
) -> int:
    """Serve one client over stdio, or over TCP at (host, port), until it leaves. The process's exit status.

    `folder` is what a client that names no folder gets.
    """
    if open_session is None:
        from forethought.app.session import Session

        open_session = Session
    # A shorter turn than Python's 5 ms: an answer is two threads away while a pass keeps others busy.
    sys.setswitchinterval(0.0005)
    # The index's tags hold no cycles, and a full search for some stops every thread for up to a quarter of a second.
    gc.set_threshold(100_000, 50, 1000)
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    server = ForethoughtServer(open_session, os.environ if environment is None else environment, folder)
    server.on_leave = lambda status: _end_process_after(GRACE_SECONDS + 0.3, status)
    if address is not None:
        return _serve_tcp(server, address)
    # Streams of our own: Python aborts at exit when a thread still reads its sys.stdin.
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    sys.stdout = sys.stderr  # a stray print must not break the protocol
    return asyncio.run(server.run(reader, writer))


def _serve_tcp(server: ForethoughtServer, address: tuple[str, int]) -> int:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.create_server(address, family=family) as listener:
        host, port = listener.getsockname()[:2]
        print(f"forethought: listening on {host}:{port}", file=sys.stderr, flush=True)
        connection, _ = listener.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return asyncio.run(server.run(connection.makefile("rb"), connection.makefile("wb")))


async def _initialized(server: ForethoughtServer, _: types.InitializedParams) -> None:
    await server.ready()


async def _did_change_configuration(server: ForethoughtServer, params: types.DidChangeConfigurationParams) -> None:
    await server.configuration.push(server, params.settings)


async def _status(server: ForethoughtServer, _: Any) -> dict[str, Any]:
    return await server.status()


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


def _end_process_after(seconds: float, status: int) -> None:
    """Whatever still runs then, the process ends: an editor's server never outlives its editor."""
    timer = threading.Timer(seconds, os._exit, (status,))
    timer.daemon = True
    timer.start()


def _watch_parent(process_id: int, gone: Callable[[], None]) -> None:
    try:
        parent = psutil.Process(process_id)
    except (psutil.Error, ValueError, OverflowError):
        return  # not of this machine's processes (a container, a remote client): the stream's end has to do

    def watch() -> None:
        with contextlib.suppress(psutil.Error):
            while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
                stop.wait(0.5)
        gone()

    stop = threading.Event()
    threading.Thread(target=watch, name="lsp parent watch", daemon=True).start()
