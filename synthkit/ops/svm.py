"""Linear support vector machines on one code at a time, to the exact optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.ops.arrays import choose
from synthkit.ops.linear_input import LinearInput, flag, gather, positive
from synthkit.ops.reference import svm as reference
from synthkit.ops.threads import thread_count

__all__ = ["BACKENDS", "SingleCodeSvm", "single_code_svm"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SingleCodeSvm:
    """Fits of each single code to each factor; C is the largest number of classes, places beyond a factor's own are 0.

    Attributes:
        classes: For each factor its labels in the training rows, ascending: place c belongs to label classes[k][c].
        weights: [B, K, D, C]. Of two classes: that of the larger label at 1, its negative at 0.
        intercepts: [B, K, D, C].
        train_accuracy: [B, K, D]: share of the training rows whose highest score (first of equals) is their label's.
        test_accuracy: [B, K, D]: of the other rows, where labels unseen in training count as errors; NaN without any.
    """

    classes: tuple[npt.NDArray[np.int64], ...]
    weights: Floats
    intercepts: Floats
    train_accuracy: Floats
    test_accuracy: Floats


def single_code_svm(
    codes: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    train_rows: int | None = None,
    c: float = 0.01,
    balanced: bool = True,
    threads: int | None = None,
    device: str = "cpu",
) -> SingleCodeSvm:
    """Fit, for each code alone and each class against the rest, a line with squared hinge loss.

    Minimises (w^2 + b^2) / 2 + c sum_i s_i max(0, 1 - t_i (w x_i + b))^2, the objective of scikit-learn's
    LinearSVC(C=c) on one column (intercept penalised like the weight, intercept_scaling 1). Balanced weights are those
    of liblinear: with more than two classes, rows of the class have N / (classes * rows of the class) and the rest has
    1; of two classes there is one model, for the larger label, and both classes have their weight. The objective is
    quadratic between changes of the set of rows inside of the margin, and these are the first or last ones of the
    sorted code: Newton's method ends at the optimum itself, each step two binary searches in prefix sums. Rounding is
    1e-16 of these sums over all rows, also where few rows are inside of the margin.

    Args:
        codes: [B, N, D] or [N, D] (B = 1), finite. Numbers far from 0 (beyond 1e6 times their spread) lose accuracy in
            the sums of squares; centre them first.
        labels: Integers [N, K] or [N] (K = 1).
        train_rows: The first so many rows are fitted; None for all.
        c: Weight of the loss (scikit-learn's C), above 0.
        balanced: Weights as above (class_weight="balanced"), else 1.
        threads: Threads; None for one a core.
        device: ``cpu``, or ``reference`` (NumPy, slow).

    Returns:
        `SingleCodeSvm`.

    Raises:
        InputError: An argument is wrong, or a factor has a single class in the training rows.

    Cost: for each code one sort; for each code and factor N C steps for the accuracies. 72 N bytes a thread.
    """
    name = choose(device, BACKENDS, name="device")
    cost = positive("c", c)
    weigh = flag("balanced", balanced)
    count = thread_count(threads)
    given = gather(codes, labels, train_rows)
    return SingleCodeSvm(given.classes, *BACKENDS[name](given, cost, weigh, count))


def _native(given: LinearInput, cost: float, balanced: bool, threads: int) -> tuple[Any, ...]:
    return _core.svm.fit(
        given.codes,
        given.labels,
        given.class_counts,
        train_rows=given.train_rows,
        cost=cost,
        balanced=balanced,
        threads=threads,
    )


def _twin(given: LinearInput, cost: float, balanced: bool, _threads: int) -> tuple[Any, ...]:
    return reference.fit(given, cost, balanced)


BACKENDS: dict[str, Callable[[LinearInput, float, bool, int], tuple[Any, ...]]] = {"cpu": _native, "reference": _twin}
