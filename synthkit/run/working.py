"""Runs shard tasks on an executor, a bounded number at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from synthkit.errors import InputError, WorkError
from synthkit.generators.base import has_questions
from synthkit.run import state
from synthkit.run.executors import InProcess, process_pool
from synthkit.run.prepare import Prepared
from synthkit.run.progress import Progress
from synthkit.run.tasks import ShardDone, ShardTask, forget_prepared, run_task
from synthkit.storage import Storage

__all__ = ["Work", "run_tasks"]

_WAITING_PER_WORKER = 4
# Of an executor that was given nobody knows how many workers it has, or will have.
_WAITING_OF_OTHERS = 4096
_SHOWN_FAILURES = 20
_SMALL_BYTES = 64 * 2**20  # made before a second process has started


@dataclass(frozen=True, slots=True)
class Work:
    """How tasks are run.

    Attributes:
        executor: Where; None for this process, or a pool of ``workers``.
        workers: Processes where no executor is given; None for one a core.
        on_progress: Called now and then.
        held: Called after each task: raises where the directory is no longer ours.
        alone: Whether no other run writes here.
    """

    executor: Executor | None
    workers: int | None
    on_progress: Callable[[Progress], None] | None
    held: Callable[[], None]
    alone: bool = True


def run_tasks(prepared: Prepared, root: Storage, tasks: Sequence[ShardTask], work: Work) -> int:
    """Run all tasks that are not recorded; returns the examples made.

    Raises:
        WorkError: Examples could not be made, or a worker cannot write where this process reads.
    """
    asked = has_questions(prepared.generator)
    there = state.recorded(root, [task.name for task in tasks])
    todo = [task for task in tasks if task.name not in there]
    if asked:
        forget_prepared()
    failures: list[tuple[str, str]] = []
    total = sum(task.rows for task in tasks)
    before = total - sum(task.rows for task in todo)
    made = size = 0
    if work.on_progress:
        work.on_progress(Progress(before, total, 0))
    try:
        with (
            _executor(work, _width(prepared, root, todo, work)) as (pool, window),
            closing(_results(pool, todo, window, patient=work.executor is not None)) as results,
        ):
            for done in results:
                work.held()
                if not made and done.rows:
                    _refuse_unseen(root, done)
                made += done.rows
                size += done.bytes
                failures += done.failures
                if work.on_progress:
                    work.on_progress(Progress(before + made, total, size))
    except BaseException:
        if work.executor is None and work.alone:  # whoever works for another executor may still be writing
            with suppress(Exception), root.giving_up():  # what failed first is what counts; the next build removes them
                root.remove_temporaries()
        raise
    finally:
        if asked:
            forget_prepared()  # and close the log
    if failures:
        raise _failed(root, sorted(failures))
    return made


def _refuse_unseen(root: Storage, done: ShardDone) -> None:
    """A worker on another machine may have written to a disk of its own."""
    if not state.is_noted(root, done.stem):
        raise WorkError(
            f"{root}: a worker made {done.stem} where this process does not find it; all workers must see the same "
            "directory: put --out on a shared disk or into a bucket"
        )


def _failed(root: Storage, failures: list[tuple[str, str]]) -> WorkError:
    """What to say of examples that could not be made."""
    path = state.keep_failures(root, failures)
    shown = [f"  {id}: {what}" for id, what in failures[:_SHOWN_FAILURES]]
    if len(failures) > _SHOWN_FAILURES:
        shown.append(f"  and {len(failures) - _SHOWN_FAILURES:,} more: all are in {root.place(path)}")
    return WorkError(
        f"{root}: {len(failures):,} example(s) could not be made, so the dataset is not finished; all other shards "
        "stay: run the same command to try again\n" + "\n".join(shown)
    )


def _width(prepared: Prepared, root: Storage, todo: Sequence[ShardTask], work: Work) -> int:
    """Processes of our own."""
    if not root.shared:
        if (work.workers or 1) > 1:
            raise InputError(f"{root}: is in the memory of this process, where no other can write: use one worker")
        return 1
    if work.workers is None and _is_small(prepared, todo):
        return 1
    return min(work.workers or len(os.sched_getaffinity(0)), len(todo))


def _is_small(prepared: Prepared, todo: Sequence[ShardTask]) -> bool:
    """Whether it is made before a second process has started."""
    size = sum(task.rows for task in todo) * prepared.generator.layout.bytes_per_example
    # A language model has answered before workers begin, who read its log; any other engine takes its time.
    quick = prepared.engine is None or has_questions(prepared.generator)
    return size < _SMALL_BYTES and quick


@contextmanager
def _executor(work: Work, width: int) -> Iterator[tuple[Executor, int]]:
    """The executor, and how many tasks it is given at a time."""
    if work.executor is not None:
        yield work.executor, _WAITING_OF_OTHERS
    elif width <= 1:
        yield InProcess(), 1
    else:
        with process_pool(width) as pool:
            yield pool, width * _WAITING_PER_WORKER


def _results(
    pool: Executor, tasks: Sequence[ShardTask], window: int, *, patient: bool
) -> Generator[ShardDone, None, None]:
    """Results as they come, with a bounded number of tasks handed out.

    A failure takes back what has not begun; ``patient`` waits for what has, so that nobody writes after the lock is
    gone (our own pool is ended instead).
    """
    waiting: set[Future[ShardDone]] = set()
    alone = isinstance(pool, InProcess)
    # Side by side, the largest first, so that nobody waits long for another at the end.
    remaining = iter(tasks if alone else sorted(tasks, key=lambda task: -task.rows))
    try:
        while True:
            while len(waiting) < (1 if alone else window):
                task = next(remaining, None)
                if task is None:
                    break
                waiting.add(pool.submit(run_task, task))
            if not waiting:
                return
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
    finally:
        # Those alone that run: what was taken back may never be told to be over, where its scheduler is lost.
        running = {future for future in waiting if not future.cancel()}
        if patient:
            wait(running)
