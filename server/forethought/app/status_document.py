"""The status document: what Forethought does now, what is known, what is next and why."""

from collections.abc import Mapping, Sequence
from typing import Any

from forethought.app.engine_registry import Engines
from forethought.engine.api import EngineInfo
from forethought.idle.precomputation import Progress
from forethought.idle.scheduler import Scheduler
from forethought.names.resolver import Target
from forethought.workspace.workspace import Workspace

SHOWN_NEXT = 5


def status_document(
    workspaces: Sequence[Workspace],
    scheduler: Scheduler,
    engines: Engines,
    cache: Mapping[str, int],
    *,
    started: bool,
    asked_for: Progress | None,
) -> dict[str, Any]:
    """`cache` is put in as it is; `asked_for` is the precomputing that a person waits for. Reads the index and c′."""
    configured = engines.configured
    queue = scheduler.queue if configured else ()
    indexing = [workspace for workspace in workspaces if workspace.indexing]
    paused = scheduler.paused_reason() if configured else scheduler.paused_by_user()
    info = engines.known_info()  # which finds out whether the engine can work
    current = scheduler.current
    state, message = _state_of(
        starting=any(not workspace.indexed_once for workspace in workspaces) and not indexing,
        indexing=[workspace.root.name for workspace in indexing],
        problem=scheduler.problem or engines.problem,
        comparing=started and configured and scheduler.surveying,
        current=title_of(current[1]) if current else asked_for.message if asked_for else None,
        paused=paused,
        configured=configured,
        switched_off=engines.switched_off,
        queue=len(queue),
    )
    speed = scheduler.seconds_a_symbol(info) if info else None
    document: dict[str, Any] = {
        "state": state,
        "message": message,
        "roots": [_root_status(workspace, scheduler if configured else None) for workspace in workspaces],
        "queue": len(queue),
        "next": [
            {
                "uri": (candidate.workspace.root / candidate.target.path).as_uri(),
                "symbol": candidate.target.symbol_id,
                "reason": candidate.value.reason,
            }
            for candidate in (scheduler.upcoming(SHOWN_NEXT) if configured else ())
        ],
        "estimateMinutes": round(len(queue) * speed / 60, 1) if speed is not None else None,
        "engine": _engine_status(info, engines.known_chat_model()),
        "cache": dict(cache),
    }
    if current is not None:
        document["current"] = {"uri": (current[0].root / current[1].path).as_uri(), "symbol": current[1].symbol_id}
    if paused is not None:
        document["pausedReason"] = paused
    return document


def title_of(target: Target) -> str:
    """A symbol in one line for people."""
    return f"{target.path} {target.symbol_id}".strip()


def _root_status(workspace: Workspace, scheduler: Scheduler | None) -> dict[str, Any]:
    """`scheduler` None: nothing is meant to think, so that no context is in scope."""
    counts = workspace.index.counts()
    coverage = scheduler.coverage(workspace) if scheduler else {}
    return {
        "uri": workspace.root.as_uri(),
        "files": {
            "indexed": counts.files,
            "total": counts.files + sum(counts.skipped.values()),
            "skipped": dict(counts.skipped),
        },
        "contexts": {state: coverage.get(state, 0) for state in ("fresh", "stale", "missing", "empty", "failed")},
        "scope": workspace.settings.sleep_scope,
    }


def _engine_status(info: EngineInfo | None, chat_model: str | None) -> dict[str, Any] | None:
    """The engine that thinks; `chatModel` is the one that answers, where `sleep.model` sets them apart."""
    if info is None:
        return None
    apart = {} if chat_model in (None, info.model) else {"chatModel": chat_model}
    return {
        **apart,
        "kind": info.kind,
        "model": info.model,
        "device": info.device,
        "loaded": info.loaded,
        "remote": info.remote,
        "demo": info.demo,
    }


def _state_of(
    *,
    starting: bool,
    indexing: list[str],
    problem: str | None,
    comparing: bool,
    current: str | None,
    paused: str | None,
    configured: bool,
    switched_off: bool,
    queue: int,
) -> tuple[str, str]:
    """The one word for people and the sentence that explains it."""
    if starting:
        return "starting", "Starting."
    if indexing:
        return "indexing", f"Reading {', '.join(indexing)}."
    if configured and problem:
        return "degraded", problem
    if current:
        return "thinking", f"Thinking about {current}; {queue} to go."
    if comparing:
        return "indexing", "Comparing with what is known."
    if paused:
        return "paused", f"Paused: {paused}."
    if switched_off:
        return "idle", "Facts only: the engine is switched off (engine: none)."
    if not configured:
        return (
            "idle",
            "Facts only: no model is chosen. Run `forethought model list` to see what is good for this machine.",
        )
    if queue:
        return "idle", f"{queue} {'symbol waits' if queue == 1 else 'symbols wait'} for a moment when nobody works."
    return "idle", "Nothing left to think about."
