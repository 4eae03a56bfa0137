"""Mutual information from distances to nearest neighbours: no bins, for continuous codes.

The estimators assume continuous codes, of which no two are equal. Ties are counted as scikit-learn counts them, but
what comes out for heavily tied codes says little; `break_ties` is the usual remedy. Both leave out scikit-learn's
preparation (`mutual_info_classif` divides each column by its standard deviation, then adds noise of scale 1e-10): the
discrete estimator does not depend on the scale of a code, the continuous one depends on the scale of code and target.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import backend, finite, whole
from synthkit.ops.cuda.arrays import is_device_array
from synthkit.ops.cuda.knn import Knn
from synthkit.ops.reference import knn as reference
from synthkit.ops.threads import thread_count

__all__ = ["BACKENDS", "break_ties", "mi_continuous", "mi_discrete"]

_MAX_ROWS = 2**30
Floats = npt.NDArray[np.float64]


def mi_discrete(
    codes: Any,
    labels: npt.ArrayLike,
    *,
    neighbours: int = 10,
    clip: bool = True,
    threads: int | None = None,
    device: str = "cpu",
) -> Floats:
    """Mutual information of each code with each discrete target, nats.

    psi(n) + <psi(k_i)> - <psi(c_i)> - <psi(m_i)> (Ross 2014, "Mutual information between discrete and continuous data
    sets"): c_i rows share row i's label; k_i = min(neighbours, c_i - 1); m_i counts the rows, i among them, that are
    nearer to i than its k_i-th neighbour among those of its label (at distance 0, as near). Rows whose label is unique
    are left out of everything, n counts the others. On data that scikit-learn searches exactly (it does not where
    neighbours >= c / 2: there it takes radii from rounded squares) equal to its ``mutual_info_classif`` without
    preparation. Does not depend on the order of rows, to the last bit. About N log N time for each pair, whatever
    the ties and the labels.

    Args:
        codes: [N, D] or [B, N, D], finite numbers; at most 2^30 rows.
        labels: [N, K], whole numbers.
        neighbours: k, 1 or more.
        clip: Negative estimates become 0.
        threads: Threads, over the B D codes; None for one a core. 40 N bytes each, and 8 N + 4 N K shared.
        device: Name of a backend: ``cpu``, ``reference`` (NumPy, N^2), or a GPU: ``cuda``, ``cuda:N``; the numbers
            are the same.

    Returns:
        float64 [B, K, D]; B = 1 where codes are [N, D].

    Raises:
        InputError: A shape, dtype or number is wrong, or no two rows share a label.
    """
    kernel = _kernel(device)
    values = _codes(codes, kernel)
    targets = _labels(labels, values.shape[1])
    k = min(whole("neighbours", neighbours, 1, _MAX_ROWS), values.shape[1])
    found: Floats = kernel.mi_discrete(values, targets, neighbours=k, clip=bool(clip), threads=thread_count(threads))
    return found


def mi_continuous(
    codes: Any,
    targets: npt.ArrayLike,
    *,
    neighbours: int = 10,
    clip: bool = True,
    threads: int | None = None,
    device: str = "cpu",
) -> Floats:
    """Mutual information of each code with each continuous target, nats.

    psi(N) + psi(k) - <psi(nx_i) + psi(ny_i)> (Kraskov, Stoegbauer and Grassberger 2004, "Estimating mutual
    information", equation 8): nx_i counts the rows, i among them, whose code is nearer to that of i than i's k-th
    neighbour in the plane is, in the Chebyshev metric; ny_i the same for targets. Equal to scikit-learn's
    ``mutual_info_regression`` without preparation. Symmetric in code and target and independent of the order of rows,
    to the last bit. Neighbours come from a k-d tree, about N (k + log N) log k time; ties, unlike scales
    and heavy tails cost nothing more, as boxes fit the points and equal points end a search.

    Args:
        codes: [N, D] or [B, N, D], finite numbers; at most 2^30 rows.
        targets: [N, K], finite numbers.
        neighbours: k, 1 to N - 1.
        clip: Negative estimates become 0.
        threads: Threads, over the B D codes; None for one a core. 56 N bytes each, and 8 N + 16 N K shared.
        device: Name of a backend: ``cpu``, ``reference`` (NumPy, N^2), or a GPU: ``cuda``, ``cuda:N``; the numbers
            are the same.

    Returns:
        float64 [B, K, D]; B = 1 where codes are [N, D].

    Raises:
        InputError: A shape, dtype or number is wrong, or there are too few rows.
    """
    kernel = _kernel(device)
    values = _codes(codes, kernel)
    rows = values.shape[1]
    wanted = _table("targets", finite("targets", targets), rows)
    k = whole("neighbours", neighbours, 1, _MAX_ROWS)
    if k >= rows:
        raise InputError(f"neighbours: {k} need at least {k + 1} rows, and there are {rows}")
    found: Floats = kernel.mi_continuous(
        values, np.ascontiguousarray(wanted.T), neighbours=k, clip=bool(clip), threads=thread_count(threads)
    )
    return found


def break_ties(codes: Any, *, key: int, stream: int = 0, threads: int | None = None, device: str = "cpu") -> Any:
    """Codes with noise too small to matter but for ties, as Kraskov et al. advise.

    x + 1e-10 max(1, mean |x| of the column) z with z standard normal, a pure function of (key, stream, column, row):
    Philox4x32-10 and the method of Box and Muller, the same bits on any machine. The same noise for each of B models,
    so that a model's codes do not depend on its place in the batch. Scale columns before, not after.

    Args:
        codes: [N, D] or [B, N, D], finite numbers.
        key: 64-bit key.
        stream: 32-bit number; give codes and targets different ones.
        threads: Threads; None for one a core.
        device: Name of a backend: ``cpu``, ``reference`` (NumPy, slow), or a GPU: ``cuda``, ``cuda:N``; the numbers
            are the same.

    Returns:
        float64, of the shape of ``codes``; with a GPU an array in its memory.

    Raises:
        InputError: A shape, dtype or number is wrong.
    """
    kernel = _kernel(device)
    values = _codes(codes, kernel)
    noisy = kernel.break_ties(
        values,
        key=whole("key", key, 0, 2**64 - 1),
        stream=whole("stream", stream, 0, 2**32 - 1),
        threads=thread_count(threads),
    )
    single = values.single if is_device_array(codes) else np.ndim(codes) == 2
    return noisy.reshape(values.shape[1:] if single else values.shape)


# Each has mi_discrete, mi_continuous and break_ties: codes float64 [B, N, D], labels int32 or targets float64 [K, N],
# all contiguous -> float64 [B, K, D].
BACKENDS: dict[str, Any] = {"cpu": _core.knn, "reference": reference}


def _kernel(device: Any) -> Any:
    return backend(device, BACKENDS, Knn)


def _codes(given: Any, kernel: Any) -> Any:
    """Codes [B, N, D] where the kernel is."""
    there = isinstance(kernel, Knn) and is_device_array(given)
    values = kernel.codes(given) if there else _host_codes(given)
    if not 1 <= values.shape[1] <= _MAX_ROWS:
        raise InputError(f"codes: must have 1 to {_MAX_ROWS} rows, not {values.shape[1]}")
    return kernel.codes(values) if isinstance(kernel, Knn) else values


def _host_codes(given: npt.ArrayLike) -> Floats:
    values = finite("codes", given)
    if values.ndim not in (2, 3):
        raise InputError(f"codes: must be of shape [N, D] or [B, N, D], not {list(values.shape)}")
    return np.ascontiguousarray(values if values.ndim == 3 else values[None])


def _table(name: str, array: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
    if array.ndim != 2 or array.shape[0] != rows:
        raise InputError(f"{name}: must be of shape [N, K] with N = {rows} as in codes, not {list(array.shape)}")
    return array


def _labels(given: npt.ArrayLike, rows: int) -> npt.NDArray[np.int32]:
    """int32 [K, N]: labels numbered 0, 1, .. in rising order."""
    array = _table("labels", np.asarray(given), rows)
    if array.dtype.kind not in "iub":
        raise InputError(f"labels: must be whole numbers, not {array.dtype}")
    out = np.empty((array.shape[1], rows), np.int32)
    for k in range(array.shape[1]):
        values, out[k] = np.unique(array[:, k], return_inverse=True)
        if len(values) == rows:
            raise InputError(f"labels: column {k}: no two of the {rows} rows share a label; give it as a target")
    return out
