"""Writes a dataset again in another format of shards, with the same fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from synthkit.convert.begin import already_converted, begin, target_recipe
from synthkit.convert.finish import finish_conversion
from synthkit.convert.source import Source, open_source
from synthkit.convert.targets import check_format, check_places
from synthkit.convert.tasks import ConvertTask, convert_tasks, run_all
from synthkit.errors import InputError
from synthkit.recipe import Recipe
from synthkit.run import state
from synthkit.run.explained import explained
from synthkit.run.progress import Progress
from synthkit.storage import Storage, open_root

__all__ = ["Converted", "convert"]


@dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion made.

    Attributes:
        fingerprint: ``sha256:<64 hex>``, the source's.
        num_examples: Examples in it.
        bytes: Bytes of its content: shards, or audio files and manifests.
        out: Where it is.
        format: What it is now.
        made: Examples that this run wrote; the others were there.
    """

    fingerprint: str
    num_examples: int
    bytes: int
    out: str
    format: str
    made: int


def convert(
    source: str | Path,
    out: str | Path,
    to: str,
    *,
    shard_size: int | None = None,
    workers: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Converted:
    """Write a dataset in another format, or go on with that; the source is only read.

    Args:
        source: Directory or URL of a finished dataset.
        out: New directory or URL: new, empty, or one where the same conversion was begun.
        to: Name of a format of shards.
        shard_size: Examples in a shard; None keeps the source's shards.
        workers: Processes; None for one a core. The result does not depend on it.
        on_progress: Called now and then.

    Returns:
        What is there; ``made`` is 0 where it was there before.

    Raises:
        InputError: It cannot be done without loss, or one of the places is refused; nothing was written.
        WorkError: The work failed; what was finished stays, and the same call goes on from there.
    """
    for name, number in (("shard-size", shard_size), ("workers", workers)):
        if number is not None and number < 1:
            raise InputError(f"--{name}: must be >= 1, not {number}")
    found = open_source(source)
    check_format(found, to)
    root = open_root(out)
    check_places(found.root, root)
    recipe = target_recipe(found, to, shard_size)
    with explained(root):
        done = already_converted(found, recipe, root)
        if done is not None:
            state.clear_leftovers(root)
            size = sum(shard.bytes for shard in done.shards)
            return Converted(done.fingerprint, done.num_examples, size, str(root), to, made=0)
        root.make()
        with root.locked() as held:
            begin(found, recipe, root)
            root.remove_temporaries()
            tasks = convert_tasks(found.manifest, found.root.address, root.address, to, shard_size)
            return _convert(found, recipe, root, tasks, workers, on_progress, held)


def _convert(
    source: Source,
    recipe: Recipe,
    root: Storage,
    tasks: Sequence[ConvertTask],
    workers: int | None,
    on_progress: Callable[[Progress], None] | None,
    held: Callable[[], None],
) -> Converted:
    manifest = source.manifest
    there = state.recorded(root, [task.name for task in tasks])
    todo = [task for task in tasks if task.name not in there]
    done = before = sum(task.rows for task in tasks if task.name in there)
    size = 0
    content = sum(task.rows for task in todo) * manifest.layout.bytes_per_example
    try:
        with closing(run_all(todo, workers, content)) as results:  # no process writes when what is left is removed
            for task, written in results:
                held()
                done += task.rows
                size += written
                if on_progress:
                    on_progress(Progress(done, manifest.num_examples, size))
    except BaseException:
        with suppress(Exception), root.giving_up():  # what failed first is what counts; the next run removes them
            root.remove_temporaries()
        raise
    held()
    info = finish_conversion(source, recipe, root, tasks)
    return Converted(
        info.fingerprint, info.num_examples, info.num_bytes, str(root), recipe.output.format, done - before
    )
