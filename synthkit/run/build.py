"""Builds a dataset: runs the tasks that are not done yet, then finishes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from synthkit.errors import InputError, WorkError
from synthkit.generators.backends import on_backend
from synthkit.recipe import Recipe
from synthkit.run import state
from synthkit.run.asking import AskOptions, answers_for_workers, check_asking, collect
from synthkit.run.attempts import Attempts
from synthkit.run.explained import explained
from synthkit.run.finish import finish
from synthkit.run.prepare import Prepared, prepare
from synthkit.run.progress import Progress
from synthkit.run.tasks import OnError, shard_tasks
from synthkit.run.working import Work, run_tasks
from synthkit.shards.manifest import Manifest, read_manifest
from synthkit.storage import Storage, open_root

__all__ = ["BuildResult", "already_there", "build", "find_attempts", "open_for_build", "result_there"]


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build made.

    Attributes:
        fingerprint: ``sha256:<64 hex>``.
        num_examples: Examples in the dataset.
        bytes: Bytes of all its shards.
        out: Its directory; its URL, as text, in an object store.
        made: Examples that this run made; the others were there.
    """

    fingerprint: str
    num_examples: int
    bytes: int
    out: Path | str
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
        out: Its directory, or a URL as ``s3://bucket/folder``; new, empty, or one where the same recipe was begun.
        executor: Where tasks run; only its ``submit`` is used. None: in this process, or a pool of ``workers``. Of Dask
            take ``client.get_executor(pure=False)``. Workers write to ``out`` themselves: it must be theirs, too.
        workers: Processes where no executor is given; None for one a core. The result does not depend on it.
        overwrite: Replace what is there, of another recipe or the same. Where a call that was told so was interrupted,
            the same call goes on.
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
    root = open_root(out)
    prepared = open_for_build(recipe, root, asking, backend)
    text = prepared.recipe.pretty_json()
    with explained(root):
        mark = _mark(prepared, asking)
        if overwrite and state.was_cleared_for(root, mark):
            overwrite = not _can_go_on(prepared, root)
        done = already_there(prepared, root) if not overwrite else None
        if done is not None:
            state.clear_leftovers(root)
            return done
        attempts = find_attempts(prepared, root, workers, overwrite=overwrite)
        root.make()
        with root.locked() as held:
            done = already_there(prepared, root) if not overwrite else None
            if done is not None:
                state.clear_state(root)
                return done
            state.prepare_folder(root, text, overwrite=overwrite, incidental=prepared.incidental, mark=mark)
            root.remove_temporaries()
            if attempts is not None:
                state.keep_attempts(root, attempts)
            state.keep_engine(root, prepared.engine)
            prepared = collect(prepared, root, asking)
            tasks = shard_tasks(prepared, root.address, on_error, answers_for_workers(prepared, root, asking), backend)
            made = run_tasks(prepared, root, tasks, Work(executor, workers, on_progress, held))
            held()
            info = finish(prepared, root, asking)
    return BuildResult(info.fingerprint, info.num_examples, info.num_bytes, root.local or str(root), made)


def open_for_build(recipe: Recipe, root: Storage, asking: AskOptions, backend: str) -> Prepared:
    """Everything that is refused before a byte is written.

    Raises:
        InputError: The recipe, the directory, or an option.
    """
    prepared = prepare(recipe)
    on_backend(prepared.generator, backend)  # refuses what is not here
    state.refuse_foreign(root)
    check_asking(prepared, root, asking)
    return prepared


def _mark(prepared: Prepared, asking: AskOptions) -> str:
    """Tells a build from others: all that its shards depend on."""
    made_by = None if prepared.engine is None else asdict(prepared.engine)
    answers = None if asking.log is None else str(asking.log.resolve())
    versions = [version(name) for name in ("synthkit", "numpy", "pyarrow")]
    told = [prepared.recipe.pretty_json(), made_by, answers, asking.replay, versions]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _can_go_on(prepared: Prepared, root: Storage) -> bool:
    """Whether nothing is gone of what an interrupted build has made."""
    try:
        already_there(prepared, root)
    except WorkError:
        return False
    return True


def find_attempts(
    prepared: Prepared, root: Storage, workers: int | None, *, overwrite: bool = False
) -> Attempts | None:
    """The draws that count, found before anything is written: there may not be enough different examples."""
    text = prepared.recipe.pretty_json()
    if not prepared.draws:
        return None
    if not overwrite and (state.finished_recipe(root) == text or state.keeps_attempts(root, text)):
        return None
    return prepared.search(workers or len(os.sched_getaffinity(0))).all()


def already_there(prepared: Prepared, root: Storage) -> BuildResult | None:
    """What a finished dataset of this recipe holds; None where there is none.

    Ask before taking the lock: left behind in a store, it makes a finished dataset look unfinished.

    Raises:
        InputError: It is of another recipe.
        WorkError: A shard of it is gone.
    """
    known = state.finished_recipe(root)
    if known is None:
        return None
    state.refuse_other(root, known, prepared.recipe.pretty_json(), prepared.incidental)
    manifest = read_manifest(root, unfinished=True)
    there = root.sizes("data")
    for shard in manifest.shards:
        if shard.path not in there:
            raise WorkError(f"{root}: {shard.path} is gone from a finished dataset; use --overwrite to make it anew")
    return result_there(root, manifest)


def result_there(root: Storage, manifest: Manifest) -> BuildResult:
    """What a finished dataset holds, of which nothing was made now."""
    size = sum(shard.bytes for shard in manifest.shards)
    return BuildResult(manifest.fingerprint, manifest.num_examples, size, root.local or str(root), made=0)
