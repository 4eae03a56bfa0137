"""Datasets whose generative factors are known: made from a recipe, bit for bit, and read back.

``synthkit.load(DIR)`` reads a dataset that ``synthkit generate RECIPE --out DIR`` made; ``synthkit.task(RECIPE)`` makes
the examples of a text task one by one, with its scorer and checker; ``synthkit.stream(RECIPE)`` makes batches of clips
for a torch DataLoader without a disk; ``synthkit.recipe`` holds what a recipe file is written with; ``synthkit.ops``
holds the kernels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthkit.dataset import Dataset, Task, load, stream, task

__all__ = ["Dataset", "Task", "__version__", "load", "stream", "task"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # pyarrow is needed to read data only: `import synthkit` stays quick without it.
    if name in {"Dataset", "Task", "load", "stream", "task"}:
        from synthkit import dataset

        return getattr(dataset, name)
    raise AttributeError(f"module 'synthkit' has no attribute {name!r}")
