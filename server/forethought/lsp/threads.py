"""Runs blocking work off the event loop, in our own daemon threads. pygls's thread pool would delay the exit."""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads:
    """Runs blocking calls for one event loop. A call that is cancelled while it is queued is never made."""

    def __init__(self, loop: asyncio.AbstractEventLoop, count: int) -> None:
        self._loop = loop
        self._count = count
        self._started = 0
        self._calls: queue.SimpleQueue[tuple[asyncio.Future[Any], Callable[[], Any]]] = queue.SimpleQueue()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the function in one of `count` shared threads. For short work."""
        future: asyncio.Future[T] = self._loop.create_future()
        if self._started < self._count:
            self._started += 1
            threading.Thread(target=self._work, name=f"lsp work {self._started}", daemon=True).start()
        self._calls.put((future, lambda: function(*args, **kwargs)))
        return await future

    async def run_alone(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the function in a thread of its own. For long work."""
        future: asyncio.Future[T] = self._loop.create_future()
        threading.Thread(
            target=self._call, args=(future, lambda: function(*args, **kwargs)), name="lsp long work", daemon=True
        ).start()
        return await future

    def _work(self) -> None:
        while True:
            self._call(*self._calls.get())

    def _call(self, future: asyncio.Future[Any], function: Callable[[], Any]) -> None:
        if future.cancelled():
            return
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - raised in the coroutine that awaits the call
            self._settle(future, future.set_exception, error)
        else:
            self._settle(future, future.set_result, result)

    def _settle(self, future: asyncio.Future[Any], setter: Callable[[Any], None], value: Any) -> None:
        def settle() -> None:
            if not future.done():
                setter(value)

        call_on_loop(self._loop, settle)


def call_on_loop(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *args: Any) -> None:
    """Call the function on the loop (`call_soon_threadsafe`), unless the loop is closed."""
    try:
        loop.call_soon_threadsafe(function, *args)
    except RuntimeError:
        if not loop.is_closed():
            raise
