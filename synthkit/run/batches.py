"""Batches of examples: what a shard is filled with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from synthkit.errors import ExamplesError
from synthkit.generators import AudioGenerator, Generator
from synthkit.plan import Plan
from synthkit.records import AudioBatch, Layout, TextBatch
from synthkit.run.attempts import Attempts
from synthkit.shards import wav

__all__ = ["batches", "made_again", "rows_at_once"]

_BATCH_BYTES = 4 * 2**20
_MAX_BATCH_ROWS = 4096


def rows_at_once(layout: Layout, rows: int) -> int:
    """Examples in a batch of a shard with so many rows; shards of the same batches have the same bytes."""
    return min(max(_BATCH_BYTES // layout.bytes_per_example, 1), _MAX_BATCH_ROWS, rows)


def batches(
    plan: Plan,
    generator: Generator,
    attempts: Attempts | None,
    split: str,
    first: int,
    rows: int,
    on_failure: Callable[[ExamplesError], None] | None = None,
) -> Iterator[AudioBatch | TextBatch]:
    """Examples first .. first + rows - 1 of a split, a few megabytes at a time; each batch is used before the next.

    ``on_failure`` is told of a batch that could not be made, which is then left out; without it the error goes on.
    """
    most = rows_at_once(generator.layout, rows)
    spans = ((first + start, min(most, rows - start)) for start in range(0, rows, most))
    if generator.content == "audio":
        yield from _clips(plan, generator, split, list(spans), most, on_failure)
        return
    for start, count in spans:
        found = plan.rows(split, start, count)
        yield generator.make(found if attempts is None else attempts.applied(found))


def _clips(
    plan: Plan,
    generator: AudioGenerator,
    split: str,
    spans: list[tuple[int, int]],
    most: int,
    on_failure: Callable[[ExamplesError], None] | None,
) -> Iterator[AudioBatch]:
    """All batches are rendered into the same memory."""
    files, samples = wav.allocate(most, generator.layout)
    for start, count in spans:
        rows = plan.rows(split, start, count)
        try:
            annotations = generator.render(rows, samples[:count]) or {}
        except ExamplesError as error:
            if on_failure is None:
                raise
            on_failure(error)
            continue
        yield AudioBatch(rows, generator.layout, files[:count], samples[:count], annotations)


def made_again(
    plan: Plan, generator: Generator, attempts: Attempts | None, split: str, index: int
) -> AudioBatch | TextBatch:
    """One example, as a batch of its own."""
    if generator.content == "text":
        return next(iter(batches(plan, generator, attempts, split, index, 1)))
    rows = plan.rows(split, index, 1)
    samples = np.empty((1, generator.layout.num_samples), generator.layout.dtype)
    annotations = generator.render(rows, samples) or {}
    return AudioBatch(rows, generator.layout, np.empty((1, 0), np.uint8), samples, annotations)
