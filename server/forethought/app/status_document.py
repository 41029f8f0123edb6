"""The status document: what Forethought is doing, what is known, what is next and why. The sentences are for people."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from forethought.app.engine_registry import Engines
from forethought.engine.api import EngineInfo
from forethought.idle.idle_loop import IdleLoop
from forethought.idle.limits import Obstacle, Turn
from forethought.idle.precomputation import Progress
from forethought.names.resolver import Target
from forethought.store.user_state import Pause
from forethought.workspace.workspace import Workspace

SHOWN_NEXT = 5


def status_document(
    workspaces: Sequence[Workspace],
    idle_loop: IdleLoop,
    engines: Engines,
    cache: Mapping[str, int],
    *,
    started: bool,
    precomputing: Progress | None,
) -> dict[str, Any]:
    """`cache` is included as it is. Reads the index and the user's state, and asks the engine: blocks for moments."""
    configured = engines.configured
    queue = idle_loop.queue.candidates if configured else ()
    indexing = [workspace for workspace in workspaces if workspace.indexing]
    obstacle = idle_loop.obstacle() if configured else idle_loop.limits.pause()
    paused = _obstacle_text(obstacle) if obstacle is not None else None
    info = engines.known_info()  # which finds out whether the engine can work
    current = idle_loop.current
    state, message = _state_of(
        starting=any(not workspace.indexed_once for workspace in workspaces) and not indexing,
        indexing=[workspace.root.name for workspace in indexing],
        problem=idle_loop.problem or engines.problem,
        comparing=started and configured and idle_loop.surveying,
        current=title_of(current[1]) if current else precomputing.message if precomputing else None,
        paused=paused,
        configured=configured,
        switched_off=engines.switched_off,
        queue=len(queue),
    )
    speed = idle_loop.seconds_a_symbol(info) if info else None
    document: dict[str, Any] = {
        "state": state,
        "message": message,
        "roots": [_root_status(workspace, idle_loop if configured else None) for workspace in workspaces],
        "queue": len(queue),
        "next": [_turn_status(turn) for turn in (idle_loop.upcoming(SHOWN_NEXT) if configured else ())],
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


def _obstacle_text(obstacle: Obstacle) -> str:
    """What follows “Paused: ”."""
    if obstacle.pause is not None:
        return _pause_text(obstacle.pause)
    if obstacle.kind == "deferred":
        return "by you, until you commit, save, or look at something that is missing"
    if obstacle.budget is None:
        return "on battery; set idle.onBattery to think all the same"
    minutes, older = obstacle.budget.seconds / 60, obstacle.budget.older_seconds / 60
    if obstacle.kind == "day spent":
        return f"today's {minutes:g} minutes are used up (idle.dailyMinutes)"
    return (
        f"today's {older:g} minutes for code that did not change today are used up;"
        f" {minutes - older:g} are kept for what changes (idle.dailyMinutes)"
    )


def _pause_text(pause: Pause) -> str:
    if pause.until is None:
        return "by you, until you resume"
    minutes = max(1, round((pause.until - time.time()) / 60))
    return f"by you, for {minutes} more {'minute' if minutes == 1 else 'minutes'}"


def _turn_status(turn: Turn) -> dict[str, Any]:
    """One of the symbols that are next, with the reason in words."""
    candidate, reason = turn.candidate, turn.candidate.priority.reason
    if turn.when == "reserved":
        reason = f"changed today, {reason}"
    elif turn.when == "later":
        reason = f"{reason}, when there are minutes for older code again"
    return {
        "uri": (candidate.workspace.root / candidate.target.path).as_uri(),
        "symbol": candidate.target.symbol_id,
        "reason": reason,
    }


def _root_status(workspace: Workspace, idle_loop: IdleLoop | None) -> dict[str, Any]:
    """`idle_loop` None: nothing is meant to think, so no symbol is in scope."""
    counts = workspace.index.counts()
    states = idle_loop.coverage.counts(workspace) if idle_loop else {}
    return {
        "uri": workspace.root.as_uri(),
        "files": {
            "indexed": counts.files,
            "total": counts.files + sum(counts.skipped.values()),
            "skipped": dict(counts.skipped),
        },
        "contexts": {state: states.get(state, 0) for state in ("fresh", "stale", "missing", "empty", "failed")},
        "scope": workspace.settings.sleep_scope,
    }


def _engine_status(info: EngineInfo | None, chat_model: str | None) -> dict[str, Any] | None:
    """The engine that thinks; `chatModel` is the one that answers, where `sleep.model` makes them different."""
    if info is None:
        return None
    chat = {} if chat_model in (None, info.model) else {"chatModel": chat_model}
    return {
        **chat,
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
    """(state, the sentence that explains it)."""
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
        waiting = "1 symbol is waiting" if queue == 1 else f"{queue} symbols are waiting"
        return "idle", f"{waiting} for a moment without activity."
    return "idle", "Nothing left to think about."
