"""Numbers as text, by Python's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["join_integers"]


def join_integers(
    values: npt.NDArray[Any], *, group: int, limit: int, threads: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """See `synthkit.ops.text.join_integers`; OverflowError where the texts are longer than ``limit``."""
    del threads
    texts = []
    for row in values.tolist():
        groups = [row[k : k + group] for k in range(0, len(row), group)]
        texts.append(" ".join(",".join(str(value) for value in numbers) for numbers in groups))
    total = sum(len(text) for text in texts)
    if total > limit:
        raise OverflowError(total)
    offsets = np.zeros(len(texts) + 1, np.int32)
    offsets[1:] = np.cumsum([len(text) for text in texts])
    return offsets, np.frombuffer("".join(texts).encode(), np.uint8)
