"""The work of a conversion: one shard at a time, each by itself."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from synthkit.convert.batches import stored_batches
from synthkit.convert.source import StoredExamples
from synthkit.errors import WorkError
from synthkit.records import ShardRecord, TextBatch, TextLayout
from synthkit.run import state
from synthkit.run.baselines import TextCounts
from synthkit.run.executors import process_pool
from synthkit.run.statistics import ShardStatistics
from synthkit.shards.base import ShardName
from synthkit.shards.content import batch_digests
from synthkit.shards.formats import WRITERS
from synthkit.shards.manifest import Manifest, read_manifest
from synthkit.storage import open_root

__all__ = ["ConvertTask", "convert_shard", "convert_tasks", "run_all"]

_SMALL_BYTES = 64 * 2**20  # written before a second process has started
_WAITING_PER_WORKER = 4


@dataclass(frozen=True, slots=True)
class ConvertTask:
    """One shard to write: plain data, so that a process can carry it.

    Attributes:
        source: The dataset's directory, as `open_root` finds it.
        fingerprint: The dataset's.
        out: The new directory.
        format: Its format.
        name: Which shard.
        first: Index in the split of its first example.
        rows: Number of examples.
    """

    source: str
    fingerprint: str
    out: str
    format: str
    name: ShardName
    first: int
    rows: int


def convert_tasks(manifest: Manifest, source: str, out: str, format: str, shard_size: int | None) -> list[ConvertTask]:
    """The shards of a conversion: those of the source, or of ``shard_size`` examples each."""
    tasks = []
    for split, size in manifest.splits.items():
        if shard_size is None:
            spans = [(shard.first, shard.rows) for shard in manifest.shards if shard.split == split]
        else:
            spans = [(first, min(shard_size, size - first)) for first in range(0, size, shard_size)]
        for number, (first, rows) in enumerate(spans):
            name = ShardName(split, number, len(spans))
            tasks.append(ConvertTask(source, manifest.fingerprint, out, format, name, first, rows))
    return tasks


def convert_shard(task: ConvertTask) -> int:
    """Write one shard and record it; returns its bytes.

    Raises:
        WorkError: The source has changed or is damaged.
    """
    stored = _stored(task.source, task.fingerprint)
    known, root, split = stored.manifest, open_root(task.out), task.name.split
    content = "text" if isinstance(known.layout, TextLayout) else "audio"
    writer = WRITERS["text" if content == "text" else "audio"][task.format](
        root, task.name, known.layout, known.factors
    )
    statistics, texts = ShardStatistics(known.factors), TextCounts()
    digests: list[bytes] = []
    try:
        examples = stored.read(split, task.first, task.rows)
        for batch in stored_batches(examples, known.layout, known.factors, split, task.first, task.rows):
            digests += batch_digests(batch)
            statistics.add(batch.rows)
            if isinstance(batch, TextBatch):
                texts.add(batch)
            writer.write(batch)
        record = ShardRecord(split, task.name.number, task.first, task.rows, writer.commit())
    except BaseException:
        writer.abort()
        raise
    state.record_shard(root, record, b"".join(digests), {**statistics.as_dict(), "texts": texts.as_dict()})
    return sum(file.bytes for file in record.files)


@lru_cache(maxsize=1)
def _stored(source: str, fingerprint: str) -> StoredExamples:
    """A worker meets the same dataset again and again."""
    root = open_root(source)
    manifest = read_manifest(root)
    if manifest.fingerprint != fingerprint:
        raise WorkError(f"{root}: has become another dataset meanwhile")
    return StoredExamples(root, manifest)


def run_all(
    tasks: Sequence[ConvertTask], workers: int | None, size: int
) -> Generator[tuple[ConvertTask, int], None, None]:
    """Run tasks here, or in processes; each with the bytes that it wrote, as they come.

    Args:
        tasks: What is to do.
        workers: Processes; None for one a core, or none where the work is small.
        size: Bytes of their content, about.
    """
    _stored.cache_clear()  # of a directory with the same name, in the same process
    width = 1 if workers is None and size < _SMALL_BYTES else min(workers or len(os.sched_getaffinity(0)), len(tasks))
    if width <= 1:
        for task in tasks:
            yield task, convert_shard(task)
        return
    with process_pool(width) as pool:
        remaining = iter(tasks)
        waiting: dict[Future[int], ConvertTask] = {}
        while True:
            for task in islice(remaining, width * _WAITING_PER_WORKER - len(waiting)):
                waiting[pool.submit(convert_shard, task)] = task
            if not waiting:
                return
            for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(done), done.result()
