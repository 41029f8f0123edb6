"""`workspace/executeCommand`: each command takes its arguments as a list and may bring a work-done token."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from forethought.engine.api import CancelToken
from forethought.lsp import answers
from forethought.lsp.json_rpc import Params, invalid_params
from forethought.lsp.progress_jobs import Token
from forethought.lsp.status_reporter import INTERVAL_SECONDS
from forethought.lsp.threads import call_on_loop

if TYPE_CHECKING:
    from forethought.idle.precomputation import Progress, Selection
    from forethought.lsp.server import ForethoughtServer
    from forethought.workspace.workspace import Workspace

Command = Callable[["ForethoughtServer", list[Any], Token | None], Awaitable[Any]]


async def ask(server: "ForethoughtServer", arguments: list[Any], token: Token | None) -> dict[str, Any]:
    """The chat parameters; the result is the chat result."""
    return await answers.ask(server, Params("forethought.ask", _first(arguments)), token)


async def show_context(server: "ForethoughtServer", arguments: list[Any], _: Token | None) -> dict[str, Any] | None:
    """`{textDocument, position?}`, or a URI; the result is the c′ document."""
    return await answers.context(server, _with_document(_first(arguments)))


async def precompute_workspace(
    server: "ForethoughtServer", arguments: list[Any], token: Token | None
) -> dict[str, Any]:
    """Think about every eligible file of every root; the result is the precompute document."""
    from forethought.idle.precomputation import Selection

    return await _precompute(server, [(workspace, Selection()) for workspace in server.session.workspaces], token)


async def precompute_file(server: "ForethoughtServer", arguments: list[Any], token: Token | None) -> dict[str, Any]:
    """`{textDocument}`, or a URI: think about one file; the result is the precompute document."""
    from forethought.idle.precomputation import Selection

    uri = Params("forethought.precomputeFile", _with_document(_first(arguments))).required_document()
    home = server.home_of(uri)
    if home is None:
        raise invalid_params(f"{uri} lies in none of the opened folders.")
    return await _precompute(server, [(home[0], Selection(paths=(home[1],)))], token)


async def pause(server: "ForethoughtServer", arguments: list[Any], _: Token | None) -> dict[str, Any]:
    """`{minutes?}`: stop thinking, for so long or until `resume`; the result is the status document."""
    first = _first(arguments)
    data = {"minutes": first} if isinstance(first, int | float) else first
    minutes = Params("forethought.pause", data).number("minutes", 0, 525_600)
    await server.threads.run_alone(server.session.pause, minutes)
    return await _status(server)


async def resume(server: "ForethoughtServer", arguments: list[Any], _: Token | None) -> dict[str, Any]:
    """Think again; the result is the status document."""
    await server.threads.run_alone(server.session.resume)
    return await _status(server)


async def clear_cache(server: "ForethoughtServer", arguments: list[Any], _: Token | None) -> None:
    """Forget every insight."""
    await server.threads.run_alone(server.session.clear_cache)
    server.status_reporter.changed()


COMMANDS: Mapping[str, Command] = {
    "forethought.ask": ask,
    "forethought.precomputeWorkspace": precompute_workspace,
    "forethought.precomputeFile": precompute_file,
    "forethought.pause": pause,
    "forethought.resume": resume,
    "forethought.clearCache": clear_cache,
    "forethought.showContext": show_context,
}


async def _status(server: "ForethoughtServer") -> dict[str, Any]:
    server.status_reporter.changed()
    return await server.status()


async def _precompute(
    server: "ForethoughtServer", work: "list[tuple[Workspace, Selection]]", token: Token | None
) -> dict[str, Any]:
    loop, cancel = asyncio.get_running_loop(), CancelToken()
    job = server.jobs.of_server(cancel.cancel) if token is None else server.jobs.of_client(token, cancel.cancel)
    reported = 0.0

    def on_progress(progress: "Progress") -> None:
        nonlocal reported
        now = time.monotonic()
        if now - reported >= INTERVAL_SECONDS:
            reported = now
            percentage = 100 * progress.done // progress.total if progress.total else None
            call_on_loop(loop, job.report, progress.message, percentage)

    def compute() -> dict[str, Any]:
        reports = [
            server.session.precompute(workspace, selection, on_progress, cancel).to_json()
            for workspace, selection in work
        ]
        return _added(reports)

    job.begin("Thinking ahead")
    server.jobs.asked_for += 1
    try:
        return await server.threads.run_alone(compute)
    finally:
        cancel.cancel()
        server.jobs.asked_for -= 1
        job.end()
        server.status_reporter.changed()


def _added(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """One document for several roots: numbers are added, lists joined, and the rest is the first one's."""
    total: dict[str, Any] = {}
    for report in reports:
        for key, value in report.items():
            known = total.get(key)
            if isinstance(value, dict) and isinstance(known, dict):
                total[key] = _added([known, value])
            elif isinstance(value, list) and isinstance(known, list):
                total[key] = [*known, *value]
            elif isinstance(value, int | float) and isinstance(known, int | float):
                total[key] = known + value
            elif known is None:
                total[key] = value
    return total


def _first(arguments: list[Any]) -> Any:
    return arguments[0] if arguments else None


def _with_document(argument: Any) -> Any:
    """A bare URI, or an object that has one, as `{textDocument: {uri}}`."""
    if isinstance(argument, str):
        return {"textDocument": {"uri": argument}}
    if isinstance(argument, Mapping) and "textDocument" not in argument and "uri" in argument:
        return {"textDocument": {"uri": argument["uri"]}, **argument}
    return argument
