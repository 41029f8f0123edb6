"""Settings as the editor gives them: at the start, pulled, and pushed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from forethought.config import LoadedSettings, load_settings, setting_infos
from forethought.errors import ConfigError

if TYPE_CHECKING:
    from forethought.lsp.server import ForethoughtServer

SECTION = "forethought"
OWN_NAMES = frozenset(info.key.partition(".")[0] for info in setting_infos().values())
"""The first parts of our settings' names."""


class Configuration:
    """The editor's settings so far. What cannot be taken leaves the default, and is said once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._initial: dict[str, Any] = {}
        self._values: dict[str, Any] = {}
        """What counts now: `initializationOptions`, and what was pulled or pushed last over it."""
        self._turn = asyncio.Lock()
        """Settings count in the order in which they came."""
        self._warnings: tuple[str, ...] = ()
        self._said: set[str] = set()

    def start(self, options: Any) -> LoadedSettings:
        """Settings from `initializationOptions`, which may be anything. Blocks."""
        self._initial = self._object(options, "initializationOptions")
        self._values = self._initial
        return self._load(self._initial)

    async def pull(self, server: "ForethoughtServer") -> None:
        """Ask the client for its section, if it can answer."""
        async with self._turn:
            await self._pull(server)

    async def push(self, server: "ForethoughtServer", settings: Any) -> None:
        """The client's settings changed: taken from the notification, or asked for when it carries none.

        An empty section takes back what was set before.
        """
        mine = _section_of(settings)
        given = bool(mine) or (isinstance(settings, Mapping) and isinstance(settings.get(SECTION), Mapping))
        async with self._turn:
            if given:
                await self._apply(server, mine)
            elif _can_be_asked(server):
                await self._pull(server)
            elif settings == {}:
                await self._apply(server, settings)

    def unsaid(self, notices: Iterable[str]) -> str:
        """What people have to be told now and were not told before, as one text."""
        new = [notice for notice in dict.fromkeys((*self._warnings, *notices)) if notice not in self._said]
        self._said.update(new)
        return " ".join(new)

    async def _pull(self, server: "ForethoughtServer") -> None:
        if not _can_be_asked(server):
            return
        items = [types.ConfigurationItem(section=SECTION)]
        try:
            answer = await server.workspace_configuration_async(types.ConfigurationParams(items))
        except JsonRpcException:
            return  # a client without such settings
        await self._apply(server, answer[0] if answer else None)

    async def _apply(self, server: "ForethoughtServer", settings: Any) -> None:
        values = _overlaid(self._initial, self._object(settings, "What the client sends as its settings"))
        if values != self._values:
            self._values = values
            await server.threads.run_alone(lambda: server.session.configure(self._load(values)))
        server.say_notices()

    def _object(self, settings: Any, name: str) -> dict[str, Any]:
        if isinstance(settings, Mapping):
            return dict(settings)
        if settings is not None:
            self._warnings = (f"{name} is no object of settings; the defaults are used.",)
        return {}

    def _load(self, values: dict[str, Any]) -> LoadedSettings:
        try:
            loaded = load_settings(None, self._environment, editor=values)
        except ConfigError as error:
            without_file = dict(self._environment, FORETHOUGHT_CONFIG="")
            loaded = load_settings(None, without_file, editor=values)
            loaded = replace(loaded, warnings=(str(error), *loaded.warnings))
        self._warnings = (*self._warnings, *loaded.warnings)
        return loaded


def _section_of(settings: Any) -> Any:
    """Our section, or settings of ours without it; nothing when they are those of others."""
    if not isinstance(settings, Mapping):
        return settings
    others = SECTION not in settings and not any(str(key).partition(".")[0] in OWN_NAMES for key in settings)
    return {} if others else settings.get(SECTION, settings)


def _can_be_asked(server: "ForethoughtServer") -> bool:
    workspace = server.client_capabilities.workspace
    return workspace is not None and bool(workspace.configuration)


def _overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, object by object."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _overlaid(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return merged
