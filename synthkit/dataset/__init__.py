"""Examples for training: read from a dataset on disk, or made on the fly from its recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthkit.dataset.generated import Generated
from synthkit.dataset.stored import AudioDataset, Dataset, TextDataset, collate, load
from synthkit.run.task import Task, open_task

if TYPE_CHECKING:
    from synthkit.dataset.streaming import Stream, stream

__all__ = [
    "AudioDataset",
    "Dataset",
    "Generated",
    "Stream",
    "Task",
    "TextDataset",
    "collate",
    "load",
    "stream",
    "task",
]

task = open_task


def __getattr__(name: str) -> Any:
    if name in {"Stream", "stream"}:  # the only ones that need torch
        from synthkit.dataset import streaming

        return getattr(streaming, name)
    raise AttributeError(f"module 'synthkit.dataset' has no attribute {name!r}")
