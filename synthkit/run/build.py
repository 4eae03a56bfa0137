"""Builds a dataset: runs the tasks that are not done yet, then finishes."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from synthkit.errors import ExamplesError, InputError, WorkError
from synthkit.generators.backends import on_backend
from synthkit.generators.base import has_engine, has_questions
from synthkit.recipe import Recipe
from synthkit.run import state
from synthkit.run.asking import AskOptions, check_asking, collect, log_path
from synthkit.run.attempts import Attempts
from synthkit.run.executors import InProcess, process_pool
from synthkit.run.finish import finish
from synthkit.run.prepare import Prepared, prepare
from synthkit.run.progress import Progress
from synthkit.run.tasks import OnError, ShardDone, ShardTask, run_task, shard_tasks
from synthkit.shards.manifest import read_manifest

__all__ = ["BuildResult", "build"]

_WAITING_PER_WORKER = 4
_SHOWN_FAILURES = 20
_SMALL_BYTES = 64 * 2**20  # made before a second process has started
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build made.

    Attributes:
        fingerprint: ``sha256:<64 hex>``.
        num_examples: Examples in the dataset.
        bytes: Bytes of all its shards.
        out: Its directory.
        made: Examples that this run made; the others were there.
    """

    fingerprint: str
    num_examples: int
    bytes: int
    out: Path
    made: int


def build(
    recipe: Recipe,
    out: str | Path,
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    overwrite: bool = False,
    on_error: OnError = "continue",
    on_progress: Callable[[Progress], None] | None = None,
    asking: AskOptions = AskOptions(),  # noqa: B008 - immutable
    backend: str = "cpu",
) -> BuildResult:
    """Make a dataset, or finish one that was begun.

    Args:
        recipe: What to make.
        out: Its directory; new, empty, or one where the same recipe was begun.
        executor: Where tasks run; only its ``submit`` is used. None: in this process, or a pool of ``workers``.
        workers: Processes where no executor is given; None for one a core. The result does not depend on it.
        overwrite: Replace a dataset of another recipe.
        on_error: Where an engine fails at an example: ``continue`` tries all the others first and then names all that
            failed, ``stop`` stops at the first. The dataset is not finished either way; the same call tries again.
        on_progress: Called now and then.
        asking: How a language model is asked, where the recipe needs one.
        backend: What makes the examples: ``cpu``, or another that the recipe's generator knows, as ``cuda``. The result
            does not depend on it.

    Raises:
        InputError: The recipe or the directory is refused; nothing was written.
        WorkError: The work failed; what was finished stays, and the same call goes on from there.
    """
    if workers is not None and workers < 1:
        raise InputError(f"workers: must be >= 1, not {workers}")
    prepared = prepare(recipe)
    on_backend(prepared.generator, backend)  # refuses what is not here
    root = Path(out)
    state.refuse_foreign(root)
    check_asking(prepared, asking)
    attempts = _attempts(prepared, root, workers, overwrite=overwrite)
    with _explained(root):
        root.mkdir(parents=True, exist_ok=True)
        with state.locked(root):
            text = prepared.recipe.pretty_json()
            done = None if overwrite else state.finished_recipe(root)
            if done is not None and state.same_recipe(done, text, prepared.incidental):
                state.clear_state(root)
                return _already_there(root)
            state.prepare_folder(root, text, overwrite=overwrite, incidental=prepared.incidental)
            if attempts is not None:
                state.keep_attempts(root, attempts)
            state.keep_engine(root, prepared.engine)
            prepared = collect(prepared, root, asking)
            log = str(log_path(root, asking).resolve()) if has_questions(prepared.generator) else ""
            made = _run(prepared, root, executor, workers, on_error, on_progress, log, backend)
            info = finish(prepared, root, log)
    return BuildResult(info.fingerprint, info.num_examples, info.num_bytes, root, made)


def _attempts(prepared: Prepared, root: Path, workers: int | None, *, overwrite: bool) -> Attempts | None:
    """The draws that count, found before anything is written: there may not be enough different examples."""
    text = prepared.recipe.pretty_json()
    if not prepared.draws:
        return None
    if not overwrite and (state.finished_recipe(root) == text or state.keeps_attempts(root, text)):
        return None
    return prepared.search(workers or len(os.sched_getaffinity(0))).all()


def _already_there(root: Path) -> BuildResult:
    manifest = read_manifest(root)
    for shard in manifest.shards:
        if not (root / shard.path).is_file():
            raise WorkError(f"{root}: {shard.path} is gone from a finished dataset; use --overwrite to make it anew")
    size = sum(shard.bytes for shard in manifest.shards)
    return BuildResult(manifest.fingerprint, manifest.num_examples, size, root, made=0)


def _run(
    prepared: Prepared,
    root: Path,
    executor: Executor | None,
    workers: int | None,
    on_error: OnError,
    on_progress: Callable[[Progress], None] | None,
    log: str,
    backend: str,
) -> int:
    """Run all tasks that are not recorded; returns the examples made."""
    tasks = shard_tasks(prepared, str(root.resolve()), on_error, log, backend)
    todo = [task for task in tasks if not state.is_recorded(root, task.name)]
    failures: list[tuple[str, str]] = []
    total = prepared.plan.num_examples
    made = 0
    there = total - sum(task.rows for task in todo)
    size = 0
    if on_progress:
        on_progress(Progress(there, total, 0))
    size_to_make = sum(task.rows for task in todo) * prepared.generator.layout.bytes_per_example
    if workers is None and size_to_make < _SMALL_BYTES and not has_engine(prepared.generator):
        workers = 1
    try:
        with (
            _executor(executor, workers, len(todo)) as (pool, width),
            closing(_results(pool, todo, width * _WAITING_PER_WORKER, patient=executor is not None)) as results,
        ):
            for done in results:
                made += done.rows
                size += done.bytes
                failures += done.failures
                if on_progress:
                    on_progress(Progress(there + made, total, size))
    except BaseException:
        if executor is None:  # whoever works for another executor may still be writing
            state.remove_temporaries(root)
        raise
    if failures:
        raise _failed(root, sorted(failures))
    return made


def _failed(root: Path, failures: list[tuple[str, str]]) -> WorkError:
    """What to say of examples that could not be made."""
    path = state.keep_failures(root, failures)
    shown = [f"  {id}: {what}" for id, what in failures[:_SHOWN_FAILURES]]
    if len(failures) > _SHOWN_FAILURES:
        shown.append(f"  and {len(failures) - _SHOWN_FAILURES:,} more: all are in {root / path}")
    return WorkError(
        f"{root}: {len(failures):,} example(s) could not be made, so the dataset is not finished; all other shards "
        "stay: run the same command to try again\n" + "\n".join(shown)
    )


@contextmanager
def _executor(executor: Executor | None, workers: int | None, tasks: int) -> Iterator[tuple[Executor, int]]:
    """The executor, and how many tasks it runs at a time."""
    if executor is not None:
        yield executor, 16
        return
    count = min(workers or len(os.sched_getaffinity(0)), tasks)
    if count <= 1:
        yield InProcess(), 1
        return
    with process_pool(count) as pool:
        yield pool, count


def _results(pool: Executor, tasks: list[ShardTask], window: int, *, patient: bool) -> Generator[ShardDone, None, None]:
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
        for future in waiting:
            future.cancel()
        if patient:
            wait(waiting)


@contextmanager
def _explained(root: Path) -> Iterator[None]:
    """Turns what the system says into what a user can do."""
    again = "what was finished stays: free some room and run the same command to go on"
    try:
        yield
    except ExamplesError as error:
        raise WorkError(f"{root}: stopped at the first failure; what was finished stays\n{error}") from None
    except BrokenProcessPool:
        raise WorkError(
            f"{root}: a worker process died: killed, out of memory, or the calling script has no "
            "`if __name__ == '__main__'` guard; run the same command to go on"
        ) from None
    except OSError as error:
        where = error.filename or root
        if error.errno in _FULL:
            raise WorkError(f"{where}: {error.strerror}; {again}") from None
        raise WorkError(f"{where}: {error.strerror or error}") from None
