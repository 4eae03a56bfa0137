"""Executors: in this process, or a pool of spawned processes. Any ``concurrent.futures.Executor`` will do."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

__all__ = ["InProcess", "process_pool"]

_SECONDS_TO_END = 1.0
_SECONDS_TO_CLOSE = 10.0


class InProcess(Executor):
    """Runs each call at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # handed to whoever asks for the result, as any executor does
            future.set_exception(error)
        return future


@contextlib.contextmanager
def process_pool(workers: int, prepare: Callable[..., object] | None = None, *args: object) -> Iterator[Executor]:
    """Spawned workers that end when the parent ends, however it ends, and at once when it is interrupted.

    Args:
        workers: How many.
        prepare: What each worker calls, with ``args``, before its first task.
        *args: What it is called with.
    """
    context = _Context()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(prepare, args))
    try:
        yield pool
    except BaseException:
        manager: threading.Thread | None = getattr(pool, "_executor_manager_thread", None)
        pool.shutdown(wait=False, cancel_futures=True)  # before its workers die: else it takes that for a failure
        if _end(context.processes) and manager is not None:
            # It closes a pipe when it ends, and an interpreter that ends just then, as a command does after an error,
            # wakes it through that pipe: Pythons before 3.12.8 and 3.13.1 then print a traceback.
            manager.join(_SECONDS_TO_CLOSE)
        raise
    pool.shutdown()


class _Worker(SpawnProcess):
    """A process that Ctrl-C does not reach while it imports, before it can say that it is not for it."""

    def start(self) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # what it starts with, too
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Context(SpawnContext):
    """Remembers which processes are its own: others of this program are not ours to end."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: list[SpawnProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: N802
        self.processes.append(_Worker(*args, **kwargs))
        return self.processes[-1]


def _end(processes: Sequence[SpawnProcess]) -> bool:
    """Kill processes and wait a moment for all of them together; whether they have ended.

    One that the kernel holds in the middle of a sync ends as soon as that is over, without another step of its own:
    there is nothing to wait for.
    """
    started = [process for process in processes if process.pid is not None]
    for process in started:
        process.kill()
    deadline = time.monotonic() + _SECONDS_TO_END
    for process in started:
        process.join(max(deadline - time.monotonic(), 0))
    return not any(process.is_alive() for process in started)


def _start_worker(prepare: Callable[..., object] | None, args: tuple[object, ...]) -> None:
    """Ctrl-C is the parent's business; a parent that is killed takes its workers along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # what a worker starts ignores it, and may change that
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    if prepare is not None:
        prepare(*args)


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
