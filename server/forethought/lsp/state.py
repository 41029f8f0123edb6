"""What request handlers, and the server's own parts, may ask of the server."""

from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Protocol

from lsprotocol import types

from forethought.app.session import Session
from forethought.lsp.buffers import Buffers
from forethought.lsp.hover_renderer import HoverRenderer
from forethought.lsp.navigation import Navigation
from forethought.lsp.progress_jobs import ProgressJobs
from forethought.lsp.roots import Roots
from forethought.lsp.threads import DaemonThreads
from forethought.present.location_encoder import LocationEncoder
from forethought.text.positions import Encoding
from forethought.workspace.workspace import Workspace


class ServerState(Protocol):
    """One client's server. Everything runs on the event loop, so nothing here blocks."""

    buffers: Buffers
    encoding: Encoding
    hover_renderer: HoverRenderer
    jobs: ProgressJobs
    navigation: Navigation
    roots: Roots
    session: Session
    threads: DaemonThreads
    look_ups: DaemonThreads
    """For what a name refers to, which a hover gives up waiting for: slow look-ups hold up only each other."""
    insight_look_ups: DaemonThreads
    """For the insights of a symbol, which a hover gives up waiting for even sooner."""

    @property
    def client_capabilities(self) -> types.ClientCapabilities: ...

    def encoder(self) -> LocationEncoder:
        """Return an encoder for one document to the client. The encoder blocks, so use it in a thread."""

    async def status(self) -> dict[str, Any]:
        """Return the status document."""

    def status_changed(self) -> None:
        """Send the status document to the client soon, if it is another one."""

    def notify(self, method: str, params: Any) -> None:
        """Send a notification to the client."""

    def log(self, sentence: str) -> None:
        """Write to the client's log."""

    def warn(self, sentence: str) -> None:
        """Show a message to the user."""

    def show_notices(self) -> None:
        """Warn about settings and roots that have problems, about each problem once."""

    def run_in_background(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine beside the current handler. An exception goes to the log."""

    async def follow_link(self, uri: str) -> None:
        """Find out whether an open document is reached through a symbolic link, and serve the file behind it."""

    async def adopt_folder(self, folder: Path) -> None:
        """Serve a folder that the client did not open."""

    async def change_folders(
        self, added: Sequence[types.WorkspaceFolder], removed: Sequence[types.WorkspaceFolder]
    ) -> None:
        """Serve other folders from now on."""

    async def apply_settings(self, settings: Any) -> None:
        """Take the settings of a `workspace/didChangeConfiguration`."""

    async def reread_settings(self, workspace: Workspace) -> None:
        """Read a root's own settings file, which changed."""
