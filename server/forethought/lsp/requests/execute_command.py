"""`workspace/executeCommand`: a command takes its arguments as a list, of which ours use the first."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from lsprotocol import types

from forethought.engine.api import CancelToken
from forethought.idle.precomputation import Progress, Selection
from forethought.lsp import protocol_extensions as extensions
from forethought.lsp.error_responses import invalid_params
from forethought.lsp.params_converter import read_params
from forethought.lsp.progress_jobs import REPORT_INTERVAL_SECONDS
from forethought.lsp.protocol_extensions import (
    ChatParams,
    ContextParams,
    PauseArguments,
    PrecomputeFileArguments,
    ProgressToken,
)
from forethought.lsp.requests.chat_request import chat
from forethought.lsp.requests.context_request import context
from forethought.lsp.requests.document_lookup import locate
from forethought.lsp.state import ServerState
from forethought.lsp.threads import call_on_loop
from forethought.workspace.workspace import Workspace

Command = Callable[[ServerState, Any, ProgressToken | None], Awaitable[Any]]
"""Takes the first argument, or None, and the work-done token."""


async def execute_command(server: ServerState, params: types.ExecuteCommandParams) -> Any:
    command = COMMANDS.get(params.command)
    if command is None:
        raise invalid_params(f"{params.command} is not a Forethought command.")
    argument = params.arguments[0] if params.arguments else None
    return await command(server, argument, params.work_done_token)


async def _ask(server: ServerState, argument: Any, token: ProgressToken | None) -> dict[str, Any]:
    return await chat(server, read_params(ChatParams, argument, extensions.ASK), token)


async def _show_context(server: ServerState, argument: Any, _: ProgressToken | None) -> dict[str, Any] | None:
    return await context(server, read_params(ContextParams, _with_document(argument), extensions.SHOW_CONTEXT))


async def _precompute_workspace(server: ServerState, _: Any, token: ProgressToken | None) -> dict[str, Any]:
    return await _precompute(server, [(workspace, Selection()) for workspace in server.session.workspaces], token)


async def _precompute_file(server: ServerState, argument: Any, token: ProgressToken | None) -> dict[str, Any]:
    arguments = read_params(PrecomputeFileArguments, _with_document(argument), extensions.PRECOMPUTE_FILE)
    uri = arguments.text_document.uri
    location = await locate(server, uri)
    if location is None:
        raise invalid_params(f"{uri} is not in an open folder.")
    workspace, path = location
    return await _precompute(server, [(workspace, Selection(paths=(path,)))], token)


async def _pause(server: ServerState, argument: Any, _: ProgressToken | None) -> dict[str, Any]:
    data = {"minutes": argument} if isinstance(argument, int | float) else argument
    arguments = read_params(PauseArguments, data, extensions.PAUSE)
    await server.threads.run_alone(server.session.pause, arguments.minutes)
    server.status_changed()
    return await server.status()


async def _resume(server: ServerState, _: Any, __: ProgressToken | None) -> dict[str, Any]:
    await server.threads.run_alone(server.session.resume)
    server.status_changed()
    return await server.status()


async def _clear_cache(server: ServerState, _: Any, __: ProgressToken | None) -> None:
    await server.threads.run_alone(server.session.clear_cache)
    server.status_changed()


COMMANDS: Mapping[str, Command] = {
    extensions.ASK: _ask,
    extensions.PRECOMPUTE_WORKSPACE: _precompute_workspace,
    extensions.PRECOMPUTE_FILE: _precompute_file,
    extensions.PAUSE: _pause,
    extensions.RESUME: _resume,
    extensions.CLEAR_CACHE: _clear_cache,
    extensions.SHOW_CONTEXT: _show_context,
}


async def _precompute(
    server: ServerState, work: Sequence[tuple[Workspace, Selection]], token: ProgressToken | None
) -> dict[str, Any]:
    """Think about the selected files now, and report progress under the client's token or one of ours."""
    loop, cancel = asyncio.get_running_loop(), CancelToken()
    jobs = server.jobs
    job = jobs.for_server(cancel.cancel) if token is None else jobs.for_client(token, cancel.cancel)
    reported_at = 0.0

    def on_progress(progress: Progress) -> None:
        nonlocal reported_at
        now = time.monotonic()
        if now - reported_at >= REPORT_INTERVAL_SECONDS:
            reported_at = now
            percentage = 100 * progress.done // progress.total if progress.total else None
            call_on_loop(loop, job.report, progress.message, percentage)

    def compute() -> dict[str, Any]:
        reports = [
            server.session.precompute(workspace, selection, on_progress, cancel).to_json()
            for workspace, selection in work
        ]
        return _combined(reports)

    job.begin("Thinking ahead")
    jobs.precomputing += 1
    try:
        return await server.threads.run_alone(compute)
    finally:
        cancel.cancel()
        jobs.precomputing -= 1
        job.end()
        server.status_changed()


def _combined(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Combine the documents of several roots: add numbers, join lists, and take anything else from the first."""
    total: dict[str, Any] = {}
    for report in reports:
        for key, value in report.items():
            known = total.get(key)
            if isinstance(value, dict) and isinstance(known, dict):
                total[key] = _combined([known, value])
            elif isinstance(value, list) and isinstance(known, list):
                total[key] = [*known, *value]
            elif isinstance(value, int | float) and isinstance(known, int | float):
                total[key] = known + value
            elif known is None:
                total[key] = value
    return total


def _with_document(argument: Any) -> Any:
    """Turn a URI, or an object `{uri}`, into `{textDocument: {uri}}`."""
    if isinstance(argument, str):
        return {"textDocument": {"uri": argument}}
    if isinstance(argument, Mapping) and "textDocument" not in argument and "uri" in argument:
        return {"textDocument": {"uri": argument["uri"]}, **argument}
    return argument
