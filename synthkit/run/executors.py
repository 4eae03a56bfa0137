"""Executors: in this process, or a pool of spawned processes. Any ``concurrent.futures.Executor`` will do."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

__all__ = ["InProcess", "process_pool"]

_SECONDS_TO_END = 1.0


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
def process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Spawned workers that end when the parent ends, however it ends, and at once when it is interrupted."""
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())  # the caller's own: not ours to end
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    try:
        yield pool
    except BaseException:
        children = [child for child in multiprocessing.active_children() if child not in others]
        pool.shutdown(wait=False, cancel_futures=True)
        _end(children)
        raise
    pool.shutdown()


def _end(children: list[BaseProcess]) -> None:
    """Kill processes and wait a moment for all of them together.

    One that the kernel holds in the middle of a sync ends as soon as that is over, without another step of its own:
    there is nothing to wait for.
    """
    for child in children:
        child.kill()
    deadline = time.monotonic() + _SECONDS_TO_END
    for child in children:
        child.join(max(deadline - time.monotonic(), 0))


def _start_worker() -> None:
    """Ctrl-C is the parent's business; a parent that is killed takes its workers along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
