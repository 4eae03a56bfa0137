"""Separated attribute predictability."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from synthkit.metrics.information import best_two
from synthkit.metrics.learners import learner
from synthkit.metrics.problem import Problem, Result
from synthkit.ops.joint import joint_counts
from synthkit.ops.svm import single_code_svm

__all__ = ["sap"]

Floats = npt.NDArray[np.float64]

_FOLDS = 10
_DEPTHS = 9


def sap(problem: Problem) -> Result:
    """SAP = mean over factors of best - second best score of a predictor that sees one code alone.

    Categorical factors: how well the class is predicted, see the convention's ``sap_categorical``. Ordinal and
    continuous factors: squared correlation over all rows. Source: Kumar, Sattigeri and Balakrishnan 2018, "Variational
    inference of disentangled latent concepts", section 4. Range 0..1, higher is better; a perfect categorical code gets
    1 - chance at most, since its rivals are right by chance. With one code the second is 0. Cost O(B N D K).
    """
    rules = {"bins": _bins, "linear_svm": _linear_svm, "decision_tree": _decision_tree}
    categorical = [k for k, factor in enumerate(problem.factors) if factor.kind == "categorical"]
    matrix = squared_correlation(problem)
    if categorical:
        matrix[:, categorical] = rules[problem.convention.sap_categorical](problem, categorical)
    matrix = np.where(problem.used[:, np.newaxis], matrix, 0.0)
    first, second, _ = best_two(matrix)
    return Result(
        values={"sap": (first - second).mean(axis=1)},
        per_factor={"sap": first - second},
        matrices={"predictability": matrix},
    )


def squared_correlation(problem: Problem) -> Floats:
    """Squared Pearson correlation of factors' values and codes, [B, K, D]; 0 for a constant code."""
    values = np.stack([factor.values for factor in problem.factors])
    centred = values - values.mean(axis=1, keepdims=True)
    codes = problem.codes - problem.codes.mean(axis=1, keepdims=True)
    covariance = np.einsum("kn,bnd->bkd", centred, codes) / problem.num_rows
    spread = (codes**2).mean(axis=1)[:, np.newaxis] * (centred**2).mean(axis=1)[:, np.newaxis]
    alive = np.broadcast_to(problem.alive[:, np.newaxis], covariance.shape)
    return np.divide(covariance**2, spread, out=np.zeros_like(covariance), where=alive & (spread > 0))


def _bins(problem: Problem, chosen: list[int]) -> Floats:
    """Balanced test accuracy of the class likeliest, all classes taken for equally frequent, in the code's bin."""
    bins = problem.binned
    split = problem.num_train
    scores = np.zeros((problem.num_models, len(chosen), problem.num_codes))
    for b, k, d in np.ndindex(*scores.shape):
        labels = problem.labels[chosen[k]]
        train = _table(bins[b, d, :split], labels[:split], problem)
        test = _table(bins[b, d, split:], labels[split:], problem)
        scores[b, k, d] = _balanced_accuracy(train, test)
    return scores


def _table(bins: npt.NDArray[np.uint16], labels: npt.NDArray[np.int64], problem: Problem) -> Floats:
    table = np.zeros((problem.code_bins, int(problem.levels.max())))
    counts = joint_counts(bins, labels, device=problem.device)
    table[: counts.shape[0], : counts.shape[1]] = counts
    return table


def _balanced_accuracy(train: Floats, test: Floats) -> float:
    share = train / np.maximum(train.sum(axis=0), 1)
    predicted = share.argmax(axis=1)
    seen = np.flatnonzero(share.max(axis=1) > 0)
    right = np.zeros(test.shape[1])
    np.add.at(right, predicted[seen], test[seen, predicted[seen]])
    count = test.sum(axis=0)
    return float(np.mean(right[count > 0] / count[count > 0]))


def _linear_svm(problem: Problem, chosen: list[int]) -> Floats:
    fitted = single_code_svm(
        problem.codes,
        problem.labels[chosen].T,
        train_rows=problem.num_train,
        threads=problem.threads,
        device=problem.host_device,
    )
    return fitted.test_accuracy


def _decision_tree(problem: Problem, chosen: list[int]) -> Floats:
    scores = np.zeros((problem.num_models, len(chosen), problem.num_codes))
    for k, labels in enumerate(problem.labels[chosen]):
        folds = _folds(labels)
        for b, d in np.ndindex(problem.num_models, problem.num_codes):
            scores[b, k, d] = _tree_accuracy(problem.codes[b, :, d], labels, folds, problem.seed)
    return scores


def _folds(labels: npt.NDArray[np.int64]) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Rows to train on and rows to test on, ten times, the classes alike in all."""
    selection = learner("model_selection", "the decision tree of SAP")
    with warnings.catch_warnings():
        # Of classes with fewer than 10 rows: some folds then lack them, which costs accuracy and is the source's way.
        warnings.simplefilter("ignore", UserWarning)
        return list(selection.StratifiedKFold(_FOLDS).split(labels, labels))


def _tree_accuracy(
    code: Floats,
    labels: npt.NDArray[np.int64],
    folds: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]],
    seed: int,
) -> float:
    """Training accuracy of a tree; 10 folds choose its depth, 1 to 9, the least of equals."""
    seen = code.astype(np.float32)  # as the trees see it
    tests = [_accuracies(seen[train], labels[train], seen[test], labels[test], seed) for train, test in folds]
    # Columns in a row of memory each: their means are then summed as those of lists of ten.
    best = int(np.argmax(np.ascontiguousarray(np.transpose(tests)).mean(axis=1)))
    return float(_accuracies(seen, labels, seen, labels, seed)[best])


def _accuracies(
    train: npt.NDArray[np.float32],
    train_labels: npt.NDArray[np.int64],
    test: npt.NDArray[np.float32],
    test_labels: npt.NDArray[np.int64],
    seed: int,
) -> Floats:
    """Accuracy of the trees of depth 1 to 9, [9].

    Splits do not depend on how deep a tree may become, so the deepest one, cut off, is each of the others.
    """
    tree = learner("tree", "the decision tree of SAP")
    grown = tree.DecisionTreeClassifier(max_depth=_DEPTHS, random_state=seed % 2**32)
    grown.fit(train[:, np.newaxis], train_labels, check_input=False)
    nodes = grown.tree_
    classes = grown.classes_[nodes.value[:, 0].argmax(axis=1)]
    at = np.zeros(len(test), np.int64)
    found = np.zeros(_DEPTHS)
    for depth in range(_DEPTHS):
        below = np.where(test <= nodes.threshold[at], nodes.children_left[at], nodes.children_right[at])
        at = np.where(below < 0, at, below)  # a leaf has nothing below
        found[depth] = np.mean(classes[at] == test_labels)
    return found
