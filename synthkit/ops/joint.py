"""Bins, joint histograms and mutual information of codes and labels.

One matrix is a small thing; the kernel is for many of them: checkpoints, seeds, bootstrap resamples, millions of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import as_code_batch, backend, choose, whole
from synthkit.ops.cuda.arrays import is_device_array
from synthkit.ops.cuda.joint import Joint
from synthkit.ops.reference import joint as reference
from synthkit.ops.threads import thread_count

__all__ = ["BACKENDS", "MAX_BINS", "METHODS", "Bins", "Information", "cut", "joint_counts", "mutual_information"]

METHODS = ("equal_width", "quantile")
MAX_BINS = 65536

BACKENDS: dict[str, Any] = {"cpu": _core.joint, "reference": reference}


@dataclass(frozen=True)
class Bins:
    """Columns cut into bins.

    Attributes:
        index: Which bin, uint16 [B, D, N]; where a GPU cut them, an array in its memory, which NumPy takes as a copy.
        sizes: Bins of each column, int32 [B, D]; at most as many as were asked for.
    """

    index: Any
    sizes: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Information:
    """Mutual information of each code column and each label column, nats.

    Attributes:
        plug_in: From the observed frequencies, float64 [M, K], >= 0. Biased upward, by about freedom / (2 N).
        expected: Its mean over all permutations of the rows, float64 [M, K]; zeros where it was not asked for.
        freedom: Occupied cells - occupied bins - occupied levels + 1, int64 [M, K].
    """

    plug_in: npt.NDArray[np.float64]
    expected: npt.NDArray[np.float64]
    freedom: npt.NDArray[np.int64]


def cut(codes: Any, *, bins: int, method: str, threads: int | None = None, device: str = "cpu") -> Bins:
    """Cut each code, by itself, into bins.

    ``equal_width``: between the code's least and greatest value, edges as `numpy.histogram` places them, a value at an
    edge belongs above it and the greatest to the last bin (disentanglement_lib's discretiser).
    ``quantile``: where there are no more than ``bins`` distinct values, a bin for each. Else about equally filled
    bins: edge j stands where the value changes nearest to rank j N / bins; but where the widest gap among the ranks
    within half a bin takes a quarter of the range of the values there, in that gap. (Plain quantiles cut through a
    cluster as soon as the clusters are not equally large; these find the gap beside it.)
    Equal values are never parted.

    Args:
        codes: Real numbers [N, D] or [B, N, D]; with a GPU also float64 of torch, CuPy or JAX in its memory.
        bins: How many, 1 to 65536.
        method: One of `METHODS`.
        threads: Threads; None for one a core.
        device: ``cpu``, ``reference``, or a GPU: ``cuda``, ``cuda:N``; the bins are the same.

    Returns:
        Bins; a constant code has one. Memory: 2 bytes a value, and 16 N bytes a thread.

    Raises:
        InputError: Codes of another shape or not finite; ``bins``, ``method`` or ``device`` unknown.
    """
    count = whole("bins", bins, 1, MAX_BINS)
    kernel = backend(device, BACKENDS, Joint)
    batch = kernel.codes(codes) if isinstance(kernel, Joint) else as_code_batch(codes)
    quantile = choose(method, METHODS, name="method") == "quantile"
    return Bins(*kernel.cut(batch, bins=count, quantile=quantile, threads=thread_count(threads)))


def joint_counts(a: Any, b: Any, *, device: str = "cpu") -> npt.NDArray[np.uint32]:
    """How often each pair of values occurs.

    Args:
        a: Whole numbers 0..65535, [N].
        b: The same, [N].
        device: ``cpu``, ``reference``, ``cuda`` or ``cuda:N``.

    Returns:
        Exact counts, uint32 [max a + 1, max b + 1].

    Raises:
        InputError: Other shapes or numbers.
    """
    first, second = _columns(a, "a"), _columns(b, "b")
    if first.shape != second.shape or len(first) != 1:
        raise InputError(f"a and b: must both be [N], not {list(np.shape(a))} and {list(np.shape(b))}")
    kernel = backend(device, BACKENDS, Joint)
    counts: npt.NDArray[np.uint32] = kernel.counts(
        first, second, a_size=int(first.max()) + 1, b_size=int(second.max()) + 1
    )
    return counts


def mutual_information(
    codes: Any, labels: Any, *, expected: bool = False, threads: int | None = None, device: str = "cpu"
) -> Information:
    """Plug-in mutual information I(c; v) = sum of p(c, v) ln [p(c, v) / (p(c) p(v))] of all pairs of columns.

    With ``expected``, also its exact mean over all permutations of the rows (Vinh, Epps and Bailey 2010, "Information
    theoretic measures for clusterings comparison", JMLR 11, eq. 24): what independent columns with the same
    frequencies would show.

    Args:
        codes: Whole numbers 0..65535, [M, N]: each row of the array is a column of the data. With a GPU also uint16 of
            torch, CuPy or JAX, or a `Bins.index`, in its memory.
        labels: The same, [K, N].
        expected: Whether to compute the mean over permutations.
        threads: Threads; None for one a core.
        device: ``cpu``, ``reference``, ``cuda`` or ``cuda:N``; the numbers are the same.

    Returns:
        Information of [M, K]; the same for any number of threads.

    Raises:
        InputError: Other shapes or numbers.
    """
    kernel = backend(device, BACKENDS, Joint)
    first, second = _place(codes, "codes", kernel), _place(labels, "labels", kernel)
    if first.shape[1] != second.shape[1]:
        raise InputError(f"labels: must have as many rows as codes, {first.shape[1]}, not {second.shape[1]}")
    return Information(
        *kernel.information(
            first,
            _sizes(first, kernel),
            second,
            _sizes(second, kernel),
            expected=expected,
            threads=thread_count(threads),
        )
    )


def _place(values: Any, name: str, kernel: Any) -> Any:
    """Columns where the kernel is: [M, N]."""
    if not isinstance(kernel, Joint):
        return _columns(values, name)
    return kernel.columns(values if is_device_array(values) else _columns(values, name), name)


def _sizes(columns: Any, kernel: Any) -> npt.NDArray[np.int32]:
    if isinstance(kernel, Joint):
        return kernel.sizes(columns)
    sizes: npt.NDArray[np.int32] = columns.max(axis=1).astype(np.int32) + 1
    return sizes


def _columns(values: Any, name: str) -> npt.NDArray[np.uint16]:
    array = np.asarray(values)
    if array.dtype.kind not in "iub":
        raise InputError(f"{name}: must be whole numbers, not {array.dtype}")
    if array.ndim not in (1, 2) or array.size == 0:
        raise InputError(f"{name}: must be [N] or [columns, N] and not empty, not {list(array.shape)}")
    if array.dtype != np.uint16 and (array.min() < 0 or array.max() >= MAX_BINS):
        raise InputError(f"{name}: must be from 0 to {MAX_BINS - 1}, not {array.min()} to {array.max()}")
    return np.ascontiguousarray(np.atleast_2d(array), dtype=np.uint16)
