"""Deviations of codes within groups of rows, and statistics of small samples of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import as_code_batch, as_labels, backend
from synthkit.ops.cuda.deviations import Deviations
from synthkit.ops.reference import deviations as reference
from synthkit.ops.threads import thread_count

__all__ = ["BACKENDS", "group_deviations", "pair_distances", "sample_variances"]

BACKENDS: dict[str, Any] = {"cpu": _core.deviations, "reference": reference}

Floats = npt.NDArray[np.float64]


def group_deviations(
    codes: Any, labels: Any, *, quantile: float, threads: int | None = None, device: str = "cpu"
) -> tuple[Floats, Floats]:
    """How far codes stray, in all and within the rows that share a label.

    Args:
        codes: Real numbers [N, D] or [B, N, D]; with a GPU also float64 of torch, CuPy or JAX in its memory.
        labels: Integers [N] or [N, K]; each column is a grouping of the rows.
        quantile: Which quantile of the distances within a group, 0..1, linear between neighbours.
        threads: Threads; None for one a core.
        device: ``cpu``, ``reference``, ``cuda`` or ``cuda:N``; the numbers are the same.

    Returns:
        ``largest`` float64 [B, D]: the largest |code - mean of the code|. ``within`` float64 [B, K, D]: the quantile of
        |code - mean of the group|, averaged over the groups. Cost O(B N D K).

    Raises:
        InputError: Other shapes or numbers.
    """
    kernel = backend(device, BACKENDS, Deviations)
    batch = kernel.codes(codes) if isinstance(kernel, Deviations) else as_code_batch(codes)
    columns = as_labels(labels, batch.shape[1])
    if not (isinstance(quantile, float | int | np.floating) and 0 <= quantile <= 1):
        raise InputError(f"quantile: must be from 0 to 1, not {quantile!r}")
    ranked = [np.unique(column, return_inverse=True) for column in columns.T]
    index = np.array([inverse for _, inverse in ranked], np.int32)
    levels = np.array([len(values) for values, _ in ranked], np.int32)
    largest, within = kernel.within_groups(
        batch, index, levels, quantile=float(quantile), threads=thread_count(threads)
    )
    return largest, within


def sample_variances(codes: Any, rows: Any, *, threads: int | None = None, device: str = "cpu") -> Floats:
    """Variance (divisor S - 1) of each code over each sample of rows.

    Args:
        codes: Real numbers [N, D] or [B, N, D]; with a GPU also float64 of torch, CuPy or JAX in its memory.
        rows: Indices of rows [P, S], S >= 2.
        threads: Threads; None for one a core.
        device: ``cpu``, ``reference``, ``cuda`` or ``cuda:N``; the numbers are the same.

    Returns:
        float64 [B, P, D].

    Raises:
        InputError: Other shapes, or a row that does not exist.
    """
    kernel = backend(device, BACKENDS, Deviations)
    batch = kernel.codes(codes) if isinstance(kernel, Deviations) else as_code_batch(codes)
    index = _rows(rows, batch.shape[1], least=2, name="rows")
    variances: Floats = kernel.variances(batch, index, threads=thread_count(threads))
    return variances


def pair_distances(codes: Any, first: Any, second: Any, *, threads: int | None = None, device: str = "cpu") -> Floats:
    """Mean over pairs of rows of |code of the one - code of the other|.

    Args:
        codes: Real numbers [N, D] or [B, N, D]; with a GPU also float64 of torch, CuPy or JAX in its memory.
        first: Indices of rows [P, S], S >= 1.
        second: The same.
        threads: Threads; None for one a core.
        device: ``cpu``, ``reference``, ``cuda`` or ``cuda:N``; the numbers are the same.

    Returns:
        float64 [B, P, D].

    Raises:
        InputError: Other shapes, or a row that does not exist.
    """
    kernel = backend(device, BACKENDS, Deviations)
    batch = kernel.codes(codes) if isinstance(kernel, Deviations) else as_code_batch(codes)
    one, other = (_rows(r, batch.shape[1], least=1, name=n) for r, n in ((first, "first"), (second, "second")))
    if one.shape != other.shape:
        raise InputError(f"second: must be {list(one.shape)} as first, not {list(other.shape)}")
    distances: Floats = kernel.distances(batch, one, other, threads=thread_count(threads))
    return distances


def _rows(rows: Any, limit: int, *, least: int, name: str) -> npt.NDArray[np.int32]:
    array = np.asarray(rows)
    if array.dtype.kind not in "iu" or array.ndim != 2 or array.shape[1] < least or array.shape[0] == 0:
        raise InputError(f"{name}: must be integers [P, S], S >= {least}, not {array.dtype} {list(array.shape)}")
    if array.min() < 0 or array.max() >= limit:
        raise InputError(f"{name}: must be from 0 to {limit - 1}, not {array.min()} to {array.max()}")
    return np.ascontiguousarray(array, dtype=np.int32)
