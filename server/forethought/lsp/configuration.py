"""The editor's settings: from `initialize`, pulled, and pushed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from forethought.config import LoadedSettings, load_settings, setting_infos
from forethought.errors import ConfigError
from forethought.lsp.state import ServerState

SECTION = "forethought"
OWN_NAMES = frozenset(info.key.partition(".")[0] for info in setting_infos().values())
"""The first parts of our settings' keys."""


class ConfigurableServer(ServerState, Protocol):
    """A server that can ask its client for settings."""

    async def workspace_configuration_async(self, params: types.ConfigurationParams) -> Any: ...


class Configuration:
    """The settings of one client. A bad value leaves the default, and is warned about once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._initial: dict[str, Any] = {}
        self._values: dict[str, Any] = {}
        """The current values: `initializationOptions`, with what was pulled or pushed last on top."""
        self._turn = asyncio.Lock()
        """Settings take effect in the order in which they arrived."""
        self._warnings: tuple[str, ...] = ()
        self._reported: set[str] = set()

    def start(self, options: Any) -> LoadedSettings:
        """Load the settings from `initializationOptions`, which can be any JSON. Blocks."""
        self._initial = self._object(options, "initializationOptions")
        self._values = self._initial
        return self._load(self._initial)

    async def pull(self, server: ConfigurableServer) -> None:
        """Ask the client for its settings, if it supports that."""
        async with self._turn:
            await self._pull(server)

    async def push(self, server: ConfigurableServer, settings: Any) -> None:
        """Apply the settings of a notification, or pull them if it has none.

        An empty section resets what was set before.
        """
        section = _section_of(settings)
        given = bool(section) or (isinstance(settings, Mapping) and isinstance(settings.get(SECTION), Mapping))
        async with self._turn:
            if given:
                await self._apply(server, section)
            elif _can_be_pulled(server):
                await self._pull(server)
            elif settings == {}:
                await self._apply(server, settings)

    def take_new_notices(self, notices: Iterable[str]) -> str:
        """Return the warnings and notices that were not returned before, as one text."""
        new = [notice for notice in dict.fromkeys((*self._warnings, *notices)) if notice not in self._reported]
        self._reported.update(new)
        return " ".join(new)

    async def _pull(self, server: ConfigurableServer) -> None:
        if not _can_be_pulled(server):
            return
        items = [types.ConfigurationItem(section=SECTION)]
        try:
            answer = await server.workspace_configuration_async(types.ConfigurationParams(items))
        except JsonRpcException:
            return  # the client has no such settings
        await self._apply(server, answer[0] if answer else None)

    async def _apply(self, server: ServerState, settings: Any) -> None:
        values = _merged(self._initial, self._object(settings, "The client's configuration"))
        if values != self._values:
            self._values = values
            await server.threads.run_alone(lambda: server.session.configure(self._load(values)))
        server.show_notices()

    def _object(self, settings: Any, name: str) -> dict[str, Any]:
        if isinstance(settings, Mapping):
            return dict(settings)
        if settings is not None:
            self._warnings = (f"{name} is not an object of settings; using the defaults.",)
        return {}

    def _load(self, values: dict[str, Any]) -> LoadedSettings:
        try:
            loaded = load_settings(None, self._environment, editor=values)
        except ConfigError as error:
            loaded = load_settings(None, self._environment, editor=values, with_user_file=False)
            loaded = replace(loaded, warnings=(str(error), *loaded.warnings))
        self._warnings = (*self._warnings, *loaded.warnings)
        return loaded


def _section_of(settings: Any) -> Any:
    """Return our section, or the settings themselves if they are ours; empty if they belong to others."""
    if not isinstance(settings, Mapping):
        return settings
    foreign = SECTION not in settings and not any(str(key).partition(".")[0] in OWN_NAMES for key in settings)
    return {} if foreign else settings.get(SECTION, settings)


def _can_be_pulled(server: ServerState) -> bool:
    workspace = server.client_capabilities.workspace
    return workspace is not None and bool(workspace.configuration)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Merge nested objects; values of `above` win."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _merged(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return merged
