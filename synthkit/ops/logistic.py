"""Logistic regression, binomial and multinomial, to the exact optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import choose, whole
from synthkit.ops.linear_input import LinearInput, flag, gather, positive
from synthkit.ops.reference import logistic as reference
from synthkit.ops.threads import thread_count

__all__ = ["BACKENDS", "MAX_DIMS", "MAX_UNKNOWNS", "SOLVERS", "LogisticFits", "logistic_regression"]

SOLVERS = ("newton", "lbfgs")
MAX_DIMS = 512
MAX_UNKNOWNS = 4096  # classes * (codes + 1): the matrix of second derivatives then takes 134 MB

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LogisticFits:
    """Fits of B code arrays to K factors; C is the largest number of classes of a factor, places beyond a factor's own
    number are 0.

    Attributes:
        classes: For each factor its labels in the training rows, ascending: column c belongs to label classes[k][c].
        weights: [B, K, C, D]. Of two classes: those of the larger label at 1, their negative at 0.
        intercepts: [B, K, C].
        probabilities: [B, K, N, C] or None. With one_vs_rest those of each class's own model: they do not sum to 1.
        log_loss: [B, K]: mean over the training rows of -ln p(label), nats; with one_vs_rest the mean over the models.
        weighted_loss: [B, K]: the same, rows weighted by the class weights.
        train_accuracy: [B, K]: share of the training rows whose highest score (first of equals) is their label's.
        test_accuracy: [B, K]: of the other rows, where labels unseen in training count as errors; NaN without any.
        iterations: int32 [B, K]: steps taken; with one_vs_rest the most of all models.
        converged: bool [B, K]: False where there is no finite solution (classes apart and no penalty), or the steps
            ran out.
    """  # noqa: D205

    classes: tuple[npt.NDArray[np.int64], ...]
    weights: Floats
    intercepts: Floats
    probabilities: Floats | None
    log_loss: Floats
    weighted_loss: Floats
    train_accuracy: Floats
    test_accuracy: Floats
    iterations: npt.NDArray[np.int32]
    converged: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Options:
    penalty: float
    balanced: bool
    one_vs_rest: bool
    max_iterations: int
    lbfgs: bool
    gradient_tolerance: float
    value_tolerance: float
    probabilities: bool


def logistic_regression(
    codes: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    train_rows: int | None = None,
    c: float = 1.0,
    balanced: bool = False,
    one_vs_rest: bool = False,
    solver: str = "newton",
    max_iterations: int = 100,
    gradient_tolerance: float = 1e-4,
    value_tolerance: float = 1e7 * 2.220446049250313e-16,
    probabilities: bool = False,
    threads: int | None = None,
    device: str = "cpu",
) -> LogisticFits:
    """Fit a linear classifier with logistic loss for each code array and factor.

    Minimises sum_i s_i loss_i + ||W||^2 / (2 c), intercepts free of penalty: the objective of scikit-learn's
    LogisticRegression. Of two classes: loss ln(1 + e^(-t score)) with one weight vector; of more: softmax. Newton's
    method with the whole matrix of second derivatives, until a step gains less than 1e-20 in the mean loss: the answer
    is the optimum up to rounding, where scikit-learn's default stops at a gradient of 1e-4. Inside, codes are centred
    and scaled (and the penalty with them), so their offset and size do not matter to accuracy. Without a penalty and
    with classes apart the loss falls towards 0 for ever: the fit stops at a mean loss of 1e-9 and says
    converged = False. The same bits on any machine, for any number of threads.

    ``solver="lbfgs"`` goes, step for step, the way of L-BFGS-B 3.0 (Byrd et al. 1995) on the codes as they are, and
    stops where scikit-learn up to 1.3 stopped: that is what published numbers come from. It is also the way for many
    classes, where Newton's matrix grows large; with tolerances near 0 it ends at the optimum as well.

    Args:
        codes: [B, N, D] or [N, D] (B = 1), finite; standardise them first where a penalty is to treat them alike.
        labels: Integers [N, K] or [N] (K = 1).
        train_rows: The first so many rows are fitted; None for all.
        c: Inverse strength of the penalty (scikit-learn's C), above 0; infinity for none.
        balanced: Weight rows by N / (classes * rows of the class) (class_weight="balanced"), else by 1. With
            one_vs_rest the two classes of each model are balanced.
        one_vs_rest: A two-class model for each class against the rest.
        solver: ``newton`` or ``lbfgs``.
        max_iterations: Most steps of one fit, at least 1.
        gradient_tolerance: For ``lbfgs``: done where no entry of the gradient (of the sum over rows) is larger.
        value_tolerance: For ``lbfgs``: done where a step gains less than this share of the objective, or of 1.
        probabilities: Whether to return the probabilities of all N rows.
        threads: Threads; None for one a core.
        device: ``cpu``, or ``reference`` (NumPy, slow).

    Returns:
        `LogisticFits`.

    Raises:
        InputError: An argument is wrong, a factor has a single class in the training rows, D is above `MAX_DIMS`, or,
            with Newton's method, classes * (D + 1) above `MAX_UNKNOWNS`.

    Cost: each of some 10 steps of Newton's method takes N D^2 C^2 / 4 multiplications, each of some 100 of L-BFGS 2 N D
    C. Memory for each thread: 8 N (2 D + C) bytes, and with Newton's method 2048 D^2 + 12 (C D)^2; C = 1 with
    one_vs_rest or two classes.
    """
    name = choose(device, BACKENDS, name="device")
    penalty = 1.0 / positive("c", c, infinite=True)
    options = _Options(
        penalty,
        flag("balanced", balanced),
        flag("one_vs_rest", one_vs_rest),
        whole("max_iterations", max_iterations, 1, 2**31 - 1),
        choose(solver, SOLVERS, name="solver") == "lbfgs",
        _tolerance("gradient_tolerance", gradient_tolerance),
        _tolerance("value_tolerance", value_tolerance),
        flag("probabilities", probabilities),
    )
    count = thread_count(threads)
    given = gather(codes, labels, train_rows)
    _refuse_large(given, options)
    return LogisticFits(given.classes, *BACKENDS[name](given, options, count))


def _tolerance(name: str, value: Any) -> float:
    return 0.0 if isinstance(value, int | float) and value == 0 else positive(name, value)


def _refuse_large(given: LinearInput, options: _Options) -> None:
    dims = given.codes.shape[2]
    if dims > MAX_DIMS:
        raise InputError(f"codes: at most {MAX_DIMS} codes, not {dims}; project them onto fewer first")
    most = int(given.class_counts.max())
    newton = not options.lbfgs and not options.one_vs_rest
    if most > 2 and newton and most * (dims + 1) > MAX_UNKNOWNS:
        raise InputError(
            f"labels: {most} classes with {dims} codes are {most * (dims + 1)} unknowns, at most {MAX_UNKNOWNS} fit; "
            "use solver='lbfgs', one_vs_rest=True, or fewer classes or codes"
        )


def _native(given: LinearInput, options: _Options, threads: int) -> tuple[Any, ...]:
    return _core.logistic.fit(
        given.codes,
        given.labels,
        given.class_counts,
        train_rows=given.train_rows,
        penalty=options.penalty,
        balanced=options.balanced,
        one_vs_rest=options.one_vs_rest,
        max_iterations=options.max_iterations,
        lbfgs=options.lbfgs,
        gradient_tolerance=options.gradient_tolerance,
        value_tolerance=options.value_tolerance,
        probabilities=options.probabilities,
        threads=threads,
    )


def _twin(given: LinearInput, options: _Options, _threads: int) -> tuple[Any, ...]:
    return reference.fit(
        given,
        penalty=options.penalty,
        balanced=options.balanced,
        one_vs_rest=options.one_vs_rest,
        max_iterations=options.max_iterations,
        lbfgs=options.lbfgs,
        tolerances=(options.gradient_tolerance, options.value_tolerance),
        probabilities=options.probabilities,
    )


BACKENDS: dict[str, Callable[[LinearInput, _Options, int], tuple[Any, ...]]] = {"cpu": _native, "reference": _twin}
