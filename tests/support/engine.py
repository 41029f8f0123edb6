"""Helpers that the tests of the engine share."""

import threading
from collections.abc import Callable
from pathlib import Path

import psutil

from forethought.engine.api import CancelToken, Completion, Event, GenerateRequest, Message, Prompt
from forethought.engine.client.engine_client import EngineClient
from forethought.errors import EngineError

MakeModel = Callable[..., Path]
MakeEngine = Callable[..., EngineClient]


def prompt(text: str, system: str = "Answer in one short sentence.") -> Prompt:
    return Prompt((Message("system", system), Message("user", text)))


def ask(*texts: str, max_tokens: int = 12, **options: object) -> GenerateRequest:
    return GenerateRequest(tuple(prompt(text) for text in texts), max_tokens, **options)  # type: ignore[arg-type]


def completions(events: list[Event]) -> list[Completion]:
    return sorted((event for event in events if isinstance(event, Completion)), key=lambda event: event.index)


def run(engine: EngineClient, request: GenerateRequest) -> list[Completion]:
    return completions(list(engine.generate(request, CancelToken())))


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Run `work` in a thread. The list receives its result, or the EngineError that it raised."""
    results: list[object] = []

    def body() -> None:
        try:
            results.append(work())
        except EngineError as error:
            results.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    return thread, results
