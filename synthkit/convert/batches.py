"""Stored examples put together to batches again: what the writers of shards take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from synthkit.records import (
    AudioBatch,
    AudioLayout,
    FactorInfo,
    Layout,
    Rows,
    Strings,
    TextBatch,
    TextExample,
    TextLayout,
)
from synthkit.run.batches import rows_at_once
from synthkit.shards import wav
from synthkit.shards.base import RawExample
from synthkit.shards.columns import factor_dtype

__all__ = ["stored_batches"]


def stored_batches(
    examples: Iterator[RawExample | TextExample],
    layout: Layout,
    factors: Sequence[FactorInfo],
    split: str,
    first: int,
    rows: int,
) -> Iterator[AudioBatch | TextBatch]:
    """Batches as a build makes them, so that the shards have the same bytes; each is used before the next.

    Args:
        examples: The examples first .. first + rows - 1 of the split, in order.
        layout: Shape of the clips, or columns of the texts.
        factors: The dataset's factors.
        split: Name of the split.
        first: Index of the first example.
        rows: Number of examples.
    """
    most = rows_at_once(layout, rows)
    for start in range(first, first + rows, most):
        part: list[Any] = list(islice(examples, min(most, first + rows - start)))
        found = _rows(part, factors, split, start)
        if isinstance(layout, TextLayout):
            yield _texts(part, layout, found)
        else:
            yield _clips(part, layout, found)


def _rows(part: list[RawExample | TextExample], factors: Sequence[FactorInfo], split: str, first: int) -> Rows:
    values = {f.name: np.array([example.factors[f.name] for example in part], factor_dtype(f)) for f in factors}
    levels = np.array([example.factor_indices for example in part], np.int64).reshape(len(part), len(factors))
    return Rows(split, np.arange(first, first + len(part), dtype=np.int64), values, levels)


def _clips(part: list[RawExample], layout: AudioLayout, rows: Rows) -> AudioBatch:
    files, samples = wav.allocate(len(part), layout)
    for row, clip in enumerate(part):
        samples[row] = clip.samples
    return AudioBatch(rows, layout, files, samples, _annotations(part, layout))


def _texts(part: list[TextExample], layout: TextLayout, rows: Rows) -> TextBatch:
    return TextBatch(
        rows,
        layout,
        Strings.of([text.input for text in part]),
        Strings.of([text.target for text in part]),
        Strings.of([text.rationale or "" for text in part]) if layout.rationale else None,
        _annotations(part, layout),
    )


def _annotations(part: Sequence[RawExample | TextExample], layout: Layout) -> dict[str, list[Any]]:
    return {column.name: [example.annotations[column.name] for example in part] for column in layout.annotations}
