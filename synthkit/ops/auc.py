"""Area under the ROC curve, exactly counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import choose, finite, whole_array
from synthkit.ops.reference import auc as reference
from synthkit.ops.threads import thread_count

__all__ = ["BACKENDS", "roc_auc"]

Floats = npt.NDArray[np.float64]


def roc_auc(
    scores: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    classes: npt.ArrayLike | None = None,
    threads: int | None = None,
    device: str = "cpu",
) -> Floats:
    """Area under the ROC curve of each class against the rest.

    The share of pairs (row of the class, row of another) in which the first has the higher score, equal scores counting
    half (Mann and Whitney 1947; Fawcett 2006, section 8). Pairs are counted in whole numbers, so the one rounding is
    that of the division. Compares numbers only: scores may be probabilities, log-odds or distances.

    Args:
        scores: [N, C] or [B, N, C], finite.
        labels: Integers [N].
        classes: The label of each column, C different integers; None for 0 .. C - 1. Labels that are none of them are
            "the rest" everywhere.
        threads: Threads; None for one a core.
        device: ``cpu``, or ``reference`` (NumPy, slow).

    Returns:
        float64 [C] or [B, C], 0 to 1, chance 0.5; NaN for a class that no row has, or every row.

    Raises:
        InputError: Wrong shapes or types, NaN or infinity, or the same class twice.

    Cost: for each column N log(min(n, N - n)) comparisons, n rows being of the class; 8 N bytes a thread.
    """
    name = choose(device, BACKENDS, name="device")
    count = thread_count(threads)
    table = finite("scores", scores)
    if table.ndim not in (2, 3) or 0 in table.shape:
        raise InputError(f"scores: must be [N, C] or [B, N, C], none of them 0, not {list(table.shape)}")
    named = whole_array("labels", labels)
    if named.shape != table.shape[-2:-1]:
        raise InputError(f"labels: must be [{table.shape[-2]}], one for each row of scores, not {list(named.shape)}")
    ranked = _ranks(named, classes, table.shape[-1])
    areas = BACKENDS[name](table.reshape(-1, *table.shape[-2:]), ranked, count)
    return areas if table.ndim == 3 else areas[0]


def _ranks(labels: npt.NDArray[np.int64], classes: Any, columns: int) -> npt.NDArray[np.int32]:
    """Column of each label, -1 for none."""
    wanted = np.arange(columns) if classes is None else whole_array("classes", classes)
    if wanted.shape != (columns,) or len(np.unique(wanted)) != columns:
        raise InputError(f"classes: must be {columns} different integers, one for each column of scores")
    order = np.argsort(wanted)
    places = np.minimum(np.searchsorted(wanted, labels, sorter=order), columns - 1)
    found = order[places]
    return np.where(wanted[found] == labels, found, -1).astype(np.int32)


def _native(scores: Floats, labels: npt.NDArray[np.int32], threads: int) -> Floats:
    return _core.auc.roc_auc(scores, labels, threads=threads)


def _twin(scores: Floats, labels: npt.NDArray[np.int32], _threads: int) -> Floats:
    return reference.roc_auc(scores, labels)


BACKENDS: dict[str, Callable[[Floats, npt.NDArray[np.int32], int], Floats]] = {"cpu": _native, "reference": _twin}
