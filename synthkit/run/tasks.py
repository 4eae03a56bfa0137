"""Shard tasks: what a worker is given, and what it does with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from synthkit.errors import ExamplesError
from synthkit.generators.backends import on_backend
from synthkit.generators.base import has_engine
from synthkit.recipe import Recipe
from synthkit.records import ShardRecord, TextBatch
from synthkit.run import state
from synthkit.run.attempts import Attempts
from synthkit.run.baselines import TextCounts
from synthkit.run.batches import batches
from synthkit.run.prepare import Prepared, bound
from synthkit.run.statistics import ShardStatistics
from synthkit.shards.base import ShardName
from synthkit.shards.content import batch_digests
from synthkit.shards.formats import WRITERS
from synthkit.shards.manifest import STATE
from synthkit.storage import Storage, open_root
from synthkit.storage.root import is_url

__all__ = ["OnError", "ShardDone", "ShardTask", "forget_prepared", "run_task", "shard_tasks"]

# Text is packed and has fewer bytes an example: smaller shards keep all workers busy.
_SHARD_BYTES = {"audio": 128 * 2**20, "text": 32 * 2**20}
_MAX_SHARD_ROWS = 100_000
# An engine takes milliseconds to seconds an example: a shard is what is lost at most.
_MAX_ENGINE_ROWS = 400

OnError = Literal["stop", "continue"]


@dataclass(frozen=True, slots=True)
class ShardTask:
    """One shard to make: plain data, so that any executor can carry it.

    Attributes:
        recipe: The resolved recipe as canonical JSON.
        out: The dataset's directory, as `open_root` finds it on any machine.
        name: Which shard.
        first: Index in the split of its first example.
        rows: Number of examples.
        log: The log with the answers of a language model; empty where none is asked.
        on_error: ``stop`` at the first example that cannot be made, or ``continue`` to try all of the shard's.
        backend: What makes the examples: ``cpu``, or another that the generator knows.
    """

    recipe: str
    out: str
    name: ShardName
    first: int
    rows: int
    on_error: OnError = "stop"
    log: str = ""
    backend: str = "cpu"


@dataclass(frozen=True, slots=True)
class ShardDone:
    """What travels back from a worker.

    Attributes:
        stem: The shard's name.
        rows: Examples in it, 0 where it could not be made whole.
        bytes: Bytes of its files.
        failures: (id, what went wrong) of the examples that could not be made; the shard is then left out.
    """

    stem: str
    rows: int
    bytes: int
    failures: tuple[tuple[str, str], ...] = ()


def shard_tasks(
    prepared: Prepared, out: str, on_error: OnError = "stop", log: str = "", backend: str = "cpu"
) -> list[ShardTask]:
    """Cut the splits into shards, in order."""
    generator = prepared.generator
    most_rows = _MAX_ENGINE_ROWS if has_engine(generator) else _MAX_SHARD_ROWS
    most = max(_SHARD_BYTES[generator.content] // generator.layout.bytes_per_example, 1)
    rows = prepared.recipe.output.shard_size or min(most, most_rows)
    text = prepared.recipe.canonical_json()
    tasks = []
    for split, size in prepared.plan.sizes.items():
        of = -(-size // rows)
        for number in range(of):
            first = number * rows
            count = min(rows, size - first)
            tasks.append(ShardTask(text, out, ShardName(split, number, of), first, count, on_error, log, backend))
    return tasks


def run_task(task: ShardTask) -> ShardDone:
    """Make one shard and record it; a function of the task alone, and of the attempts kept beside it."""
    prepared = _prepared(task.recipe, task.log)
    root = open_root(task.out)
    state.check_engine(root, prepared.engine)
    attempts = _attempts(task.recipe, task.log, task.out)
    generator, factors = on_backend(prepared.generator, task.backend), prepared.factors
    writer = WRITERS[generator.content][prepared.recipe.output.format](root, task.name, generator.layout, factors)
    statistics = ShardStatistics(factors)
    texts = TextCounts()
    digests: list[bytes] = []
    failed: list[ExamplesError] = []
    on_failure = failed.append if task.on_error == "continue" else None
    try:
        for batch in batches(prepared.plan, generator, attempts, task.name.split, task.first, task.rows, on_failure):
            if failed:  # the shard is lost; the rest of it is tried, so that all that fails is known
                continue
            digests += batch_digests(batch)
            statistics.add(batch.rows)
            if isinstance(batch, TextBatch):
                texts.add(batch)
            writer.write(batch)
        if failed:
            writer.abort()
            return ShardDone(task.name.stem, 0, 0, tuple(pair for error in failed for pair in error.failures))
        record = ShardRecord(task.name.split, task.name.number, task.first, task.rows, writer.commit())
    except BaseException:
        writer.abort()
        raise
    state.record_shard(root, record, b"".join(digests), {**statistics.as_dict(), "texts": texts.as_dict()})
    return ShardDone(task.name.stem, task.rows, sum(file.bytes for file in record.files))


def forget_prepared() -> None:
    """Of what ran in this process: another log may lie where one was read, when the next build begins."""
    _attempts.cache_clear()
    _prepared.cache_clear()


@lru_cache(maxsize=2)
def _prepared(text: str, log: str) -> Prepared:
    """Plan and generator of a resolved recipe; a worker meets the same one again and again."""
    prepared = bound(Recipe.model_validate_json(text))
    return prepared.answered(_place(log)) if log else prepared


def _place(log: str) -> Path | Storage:
    """A log on a disk, or the store that holds its answers."""
    return open_root(log) if is_url(log) else Path(log)


@lru_cache(maxsize=1)
def _attempts(text: str, log: str, out: str) -> Attempts | None:
    return _prepared(text, log).stored_attempts(open_root(out), f"{STATE}/")
