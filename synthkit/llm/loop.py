"""Running a coroutine to its end, whoever calls."""

import asyncio
import contextlib
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

__all__ = ["run_coroutine"]

T = TypeVar("T")

_SLICE = 0.2  # seconds


def run_coroutine(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine, as `asyncio.run` does; in a notebook too, whose own event loop runs in the calling thread.

    Args:
        work: The coroutine.

    Returns:
        What it returns. Where the caller is interrupted, it is cancelled first, and has time to put away what it holds.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    return _in_a_thread(work)


def _in_a_thread(work: Coroutine[Any, Any, T]) -> T:
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Future[T]]] = Future()

    async def main() -> T:
        task = asyncio.ensure_future(work)
        begun.set_result((asyncio.get_running_loop(), task))
        return await task

    with ThreadPoolExecutor(1, "synthkit-asyncio") as pool:
        try:
            pool.submit(int).result()  # the thread is there: whatever it is given from here on, the pool waits for
            done = pool.submit(asyncio.run, main())
            # A signal that comes in the moment before a wait begins is seen only when the wait ends.
            while not wait([done], _SLICE).done:
                pass
            return done.result()
        except KeyboardInterrupt:
            begun.add_done_callback(_cancel)
            raise  # out of the pool, which waits for the thread


def _cancel(begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Future[T]]]) -> None:
    loop, task = begun.result()
    with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended in this moment
        loop.call_soon_threadsafe(task.cancel)
