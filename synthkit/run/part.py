"""A build in parts: an array of jobs makes the shards, one more finishes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthkit.errors import InputError, WorkError
from synthkit.generators.base import has_questions
from synthkit.recipe import Recipe
from synthkit.recipe.load import from_data
from synthkit.run import state
from synthkit.run.asking import AskOptions, answers_for_workers, collect, refuse_asking_apart
from synthkit.run.build import BuildResult, already_there, find_attempts, open_for_build, result_there
from synthkit.run.explained import explained
from synthkit.run.finish import finish
from synthkit.run.prepare import prepare
from synthkit.run.progress import Progress
from synthkit.run.tasks import OnError, shard_tasks
from synthkit.run.working import Work, run_tasks
from synthkit.shards.manifest import read_manifest
from synthkit.storage import Storage, open_root

__all__ = ["Part", "PartResult", "build_part", "finish_build", "parse_part"]

_PART = re.compile(r"(\d{1,9})/(\d{1,9})")
_SHOWN_MISSING = 5


@dataclass(frozen=True, slots=True)
class Part:
    """One of several jobs: it makes the shards whose number, divided by ``of``, leaves the same rest as ``number``.

    So jobs may be counted 0 to N - 1 or 1 to N, as schedulers do.
    """

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def holds(self, shard: int) -> bool:
        """Whether a shard, counted over all splits, is this job's."""
        return shard % self.of == self.number % self.of


def parse_part(text: str) -> Part:
    """``3/8``.

    Raises:
        InputError: It is something else, or there is no such job.
    """
    found = _PART.fullmatch(text.strip())
    if found is None or int(found[2]) < 1 or int(found[1]) > int(found[2]):
        raise InputError(f"--shards {text}: must be K/N, of N jobs the one numbered K: 0 to N - 1, or 1 to N")
    return Part(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class PartResult:
    """What a job made.

    Attributes:
        made: Examples that this run made.
        shards: Shards that are this job's.
        left: Shards of other jobs that are not there yet.
        of: Shards in all.
        finished: The dataset, where it was finished before.
    """

    made: int
    shards: int
    left: int
    of: int
    finished: BuildResult | None = None


def build_part(
    recipe: Recipe,
    out: str | Path,
    part: Part,
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    on_error: OnError = "continue",
    on_progress: Callable[[Progress], None] | None = None,
    asking: AskOptions = AskOptions(),  # noqa: B008 - immutable
    backend: str = "cpu",
) -> PartResult:
    """Make one job's shards; jobs may run at the same time. `finish_build` comes when all are done.

    Args:
        recipe: As of `synthkit.run.build`, the same for all jobs; so are the others.
        out: A directory or URL that all jobs see.
        part: Which job.
        executor: As of `build`.
        workers: As of `build`.
        on_error: As of `build`.
        on_progress: As of `build`; counts this job's examples.
        asking: As of `build`; one job asks, the others wait for it.
        backend: As of `build`.

    Raises:
        InputError: The recipe or the directory is refused.
        WorkError: The work failed, or a run that is no job of these is writing here.
    """
    if workers is not None and workers < 1:
        raise InputError(f"workers: must be >= 1, not {workers}")
    root = open_root(out)
    prepared = open_for_build(recipe, root, asking, backend)
    refuse_asking_apart(prepared, root, asking)
    with explained(root):
        done = already_there(prepared, root)
        if done is not None:
            state.clear_leftovers(root)
            return PartResult(0, 0, 0, 0, done)
        attempts = find_attempts(prepared, root, workers)
        root.make()
        with root.locked(shared=True) as held:
            done = already_there(prepared, root)
            if done is not None:  # finished while the attempts were sought
                return PartResult(0, 0, 0, 0, done)
            state.prepare_folder(root, prepared.recipe.pretty_json(), overwrite=False, incidental=prepared.incidental)
            if attempts is not None:
                state.keep_attempts(root, attempts)
            state.keep_engine(root, prepared.engine)
            prepared = collect(prepared, root, asking, shared=True)
            log = answers_for_workers(prepared, root, asking)
            tasks = shard_tasks(prepared, root.address, on_error, log, backend)
            mine = [task for number, task in enumerate(tasks) if part.holds(number)]
            made = run_tasks(prepared, root, mine, Work(executor, workers, on_progress, held, alone=False))
            there = state.recorded(root, [task.name for task in tasks])
    return PartResult(made, len(mine), len(tasks) - len(there), len(tasks))


def finish_build(out: str | Path, asking: AskOptions = AskOptions()) -> BuildResult:  # noqa: B008 - immutable
    """Finish a dataset whose shards are all made; nothing to do where it is finished.

    Args:
        out: Its directory or URL.
        asking: Where the log of a language model is, if it is not in the directory.

    Raises:
        InputError: Nothing was begun there.
        WorkError: Shards are missing; the message says which jobs have not made theirs.
    """
    root = open_root(out)
    text = state.begun_recipe(root)
    if text is None:
        with explained(root):
            state.clear_leftovers(root)
        return result_there(root, read_manifest(root))
    prepared = prepare(from_data(_parsed(text, root), str(root)))
    with explained(root), root.locked() as held:
        done = already_there(prepared, root)
        if done is not None:
            state.clear_state(root)
            return done
        tasks = shard_tasks(prepared, root.address)
        there = state.recorded(root, [task.name for task in tasks])
        missing = [number for number, task in enumerate(tasks) if task.name not in there]
        if missing:
            names = ", ".join(tasks[number].name.stem for number in missing[:_SHOWN_MISSING])
            raise WorkError(
                f"{root}: {len(missing):,} of {len(tasks):,} shards are not there ({names}"
                f"{', ...' if len(missing) > _SHOWN_MISSING else ''}); run the jobs that make them again, or "
                "`synthkit generate` without --shards, which makes what is missing and finishes"
            )
        state.check_engine(root, prepared.engine)
        root.remove_temporaries()
        if has_questions(prepared.generator):
            prepared = collect(prepared, root, AskOptions(replay=True, log=asking.log))
        held()
        info = finish(prepared, root, asking)
    return BuildResult(info.fingerprint, info.num_examples, info.num_bytes, root.local or str(root), made=0)


def _parsed(text: str, root: Storage) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise WorkError(f"{root}: the recipe that it was begun with is damaged: {error}") from None
