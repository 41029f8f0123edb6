"""Settings as the editor gives them: at the start, pulled, and pushed."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from forethought.config import LoadedSettings, load_settings
from forethought.errors import ConfigError

if TYPE_CHECKING:
    from forethought.lsp.server import ForethoughtServer

SECTION = "forethought"


class Configuration:
    """The editor's settings so far. What cannot be taken leaves the default, and is said once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._root: Path | None = None
        self._initial: dict[str, Any] = {}
        self._warnings: tuple[str, ...] = ()
        self._said: set[str] = set()

    def start(self, options: Any, root: Path | None) -> LoadedSettings:
        """Settings from `initializationOptions`, which may be anything, over those of the first root. Blocks."""
        self._root = root
        self._initial = self._object(options, "initializationOptions")
        return self._load(self._initial)

    async def pull(self, server: "ForethoughtServer") -> None:
        """Ask the client for its section, if it can answer."""
        workspace = server.client_capabilities.workspace
        if workspace is None or not workspace.configuration:
            return
        items = [types.ConfigurationItem(section=SECTION)]
        try:
            answer = await server.workspace_configuration_async(types.ConfigurationParams(items))
        except JsonRpcException:
            return  # a client without such settings
        await self._apply(server, answer[0] if answer else None)

    async def push(self, server: "ForethoughtServer", settings: Any) -> None:
        """The client's settings changed: taken from the notification, or asked for when it carries none."""
        mine = settings.get(SECTION, settings) if isinstance(settings, Mapping) else settings
        if not mine:
            await self.pull(server)
        else:
            await self._apply(server, mine)

    def unsaid(self, notices: Iterable[str]) -> str:
        """What people have to be told now and were not told before, as one text."""
        new = [notice for notice in dict.fromkeys((*self._warnings, *notices)) if notice not in self._said]
        self._said.update(new)
        return " ".join(new)

    async def _apply(self, server: "ForethoughtServer", settings: Any) -> None:
        values = self._object(settings, "the client's settings")
        if values:

            def configure() -> None:
                server.session.configure(self._load(_overlaid(self._initial, values)))

            await server.threads.run_alone(configure)
        server.say_notices()

    def _object(self, settings: Any, name: str) -> dict[str, Any]:
        if isinstance(settings, Mapping):
            return dict(settings)
        if settings is not None:
            self._warnings = (f"{name} is no object of settings; the defaults are used.",)
        return {}

    def _load(self, values: dict[str, Any]) -> LoadedSettings:
        try:
            loaded = load_settings(self._root, self._environment, editor=values)
        except ConfigError as error:
            without_file = dict(self._environment, FORETHOUGHT_CONFIG="")
            loaded = load_settings(self._root, without_file, editor=values)
            loaded = LoadedSettings(loaded.settings, (str(error), *loaded.warnings))
        self._warnings = (*self._warnings, *loaded.warnings)
        return loaded


def _overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, object by object."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _overlaid(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return merged
