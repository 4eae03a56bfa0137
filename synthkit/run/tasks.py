"""Shard tasks: what a worker is given, and what it does with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from synthkit.generators import AudioGenerator
from synthkit.generators.resolve import bind
from synthkit.plan import Plan, make_plan
from synthkit.recipe import Recipe
from synthkit.records import AudioBatch, AudioLayout, ShardRecord
from synthkit.run import state
from synthkit.run.statistics import ShardStatistics
from synthkit.shards import wav
from synthkit.shards.base import ShardName, ShardWriter
from synthkit.shards.content import batch_digests
from synthkit.shards.formats import WRITERS

__all__ = ["ShardDone", "ShardTask", "run_task", "shard_tasks"]

_SHARD_BYTES = 128 * 2**20
_BATCH_BYTES = 4 * 2**20
_MAX_BATCH_ROWS = 4096
_MAX_SHARD_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class ShardTask:
    """One shard to make: plain data, so that any executor can carry it.

    Attributes:
        recipe: The resolved recipe as canonical JSON.
        out: The dataset's directory.
        name: Which shard.
        first: Index in the split of its first example.
        rows: Number of examples.
    """

    recipe: str
    out: str
    name: ShardName
    first: int
    rows: int


@dataclass(frozen=True, slots=True)
class ShardDone:
    """What travels back from a worker."""

    stem: str
    rows: int
    bytes: int


def shard_tasks(recipe: Recipe, sizes: Mapping[str, int], layout: AudioLayout, out: str) -> list[ShardTask]:
    """Cut the splits into shards."""
    rows = recipe.output.shard_size or min(max(_SHARD_BYTES // layout.bytes_per_example, 1), _MAX_SHARD_ROWS)
    text = recipe.canonical_json()
    tasks = []
    for split, size in sizes.items():
        of = -(-size // rows)
        for number in range(of):
            first = number * rows
            tasks.append(ShardTask(text, out, ShardName(split, number, of), first, min(rows, size - first)))
    return tasks


def run_task(task: ShardTask) -> ShardDone:
    """Make one shard and record it; a function of the task alone."""
    _, plan, generator = _bound(task.recipe)
    root = Path(task.out)
    writer = WRITERS[plan.recipe.output.format](root, task.name, generator.layout, plan.factors)
    statistics = ShardStatistics(plan.factors)
    digests: list[bytes] = []
    try:
        for batch in _batches(plan, generator, task):
            digests += batch_digests(batch.rows, batch.layout, batch.samples)
            statistics.add(batch.rows)
            writer.write(batch)
        record = _commit(writer, task)
    except BaseException:
        writer.abort()
        raise
    state.record_shard(root, record, b"".join(digests), statistics.as_dict())
    return ShardDone(task.name.stem, task.rows, sum(file.bytes for file in record.files))


def _commit(writer: ShardWriter, task: ShardTask) -> ShardRecord:
    return ShardRecord(task.name.split, task.name.number, task.first, task.rows, writer.commit())


def _batches(plan: Plan, generator: AudioGenerator, task: ShardTask) -> Iterator[AudioBatch]:
    """Batches of a few megabytes, all rendered into the same memory: each is used up before the next."""
    layout = generator.layout
    most = min(max(_BATCH_BYTES // layout.bytes_per_example, 1), _MAX_BATCH_ROWS, task.rows)
    files, samples = wav.allocate(most, layout)
    for start in range(0, task.rows, most):
        count = min(most, task.rows - start)
        rows = plan.rows(task.name.split, task.first + start, count)
        generator.render(rows, samples[:count])
        yield AudioBatch(rows, layout, files[:count], samples[:count])


@lru_cache(maxsize=2)
def _bound(text: str) -> tuple[Recipe, Plan, AudioGenerator]:
    """Plan and generator of a resolved recipe; a worker meets the same one again and again."""
    recipe = Recipe.model_validate_json(text)
    return recipe, make_plan(recipe), bind(recipe)
