"""Trivial baselines of a text task, measured on the data: what a model must beat before it has learned anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.records import TextBatch

__all__ = ["TextCounts", "merge_texts", "text_baselines"]

_MOST_TARGETS = 1000
_MOST_TOKENS = 1000
_STEPS = 500
_RIDGE = 1e-6

Table = Mapping[str, Mapping[str, int]]


class TextCounts:
    """How often each target goes with each first token, and with each length in tokens.

    Tokens are what spaces separate. A task with more than 1000 targets is no classification: nothing is kept of it.
    """

    def __init__(self) -> None:
        self._first: Counter[tuple[str, str]] = Counter()
        self._length: Counter[tuple[str, str]] = Counter()
        self._targets: set[str] = set()

    def add(self, batch: TextBatch) -> None:
        """Count a batch."""
        targets = batch.target.tolist()
        self._targets.update(targets)
        if len(self._targets) > _MOST_TARGETS:
            self._first.clear()
            self._length.clear()
            return
        inputs = batch.input.tolist()
        self._first.update(zip((text.partition(" ")[0] for text in inputs), targets, strict=True))
        self._length.update(zip((str(text.count(" ") + 1) for text in inputs), targets, strict=True))

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for the shard's record; empty where it is no classification."""
        if not 0 < len(self._targets) <= _MOST_TARGETS:
            return {}
        return {"first": _nested(self._first), "length": _nested(self._length)}


def _nested(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for (key, target), count in sorted(counts.items()):
        table.setdefault(key, {})[target] = count
    return table


def merge_texts(parts: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, int]]]:
    """Counts of a split from those of its shards; empty where it is no classification."""
    if not parts or any(not part for part in parts):
        return {}
    merged: dict[str, dict[str, dict[str, int]]] = {"first": {}, "length": {}}
    for part in parts:
        for name, table in merged.items():
            for key, row in part[name].items():
                into = table.setdefault(key, {})
                for target, count in row.items():
                    into[target] = into.get(target, 0) + count
    targets = {target for row in merged["length"].values() for target in row}
    return merged if len(targets) <= _MOST_TARGETS else {}


def text_baselines(counts: Mapping[str, Mapping[str, Table]]) -> dict[str, dict[str, float]]:
    """Accuracies on each split of guessers that saw the first split alone.

    Args:
        counts: Split -> what `merge_texts` found.

    Returns:
        Baseline -> split -> accuracy, for ``majority class`` (always the most common target), ``first token`` (the most
        common target after the same first token) and ``length only`` (multinomial logistic regression on the number of
        tokens). Empty where the task is no classification.
    """
    splits = list(counts)
    if not all(counts.values()):
        return {}
    train = counts[splits[0]]
    totals = _totals(train["length"])
    usual = _most_common(totals)
    by_first = {token: _most_common(row) for token, row in train["first"].items()}
    by_length = _length_guesses(train["length"], totals, {int(n) for s in splits for n in counts[s]["length"]})
    return {
        "majority class": {s: _accuracy(counts[s]["length"], {}, usual) for s in splits},
        "first token": {s: _accuracy(counts[s]["first"], by_first, usual) for s in splits},
        "length only": {s: _accuracy(counts[s]["length"], by_length, usual) for s in splits},
    }


def _totals(table: Table) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for row in table.values():
        totals.update(row)
    return dict(totals)


def _most_common(row: Mapping[str, int]) -> str:
    """The first in the alphabet where several are equally common."""
    return min(row, key=lambda target: (-row[target], target))


def _accuracy(table: Table, guesses: Mapping[str, str], otherwise: str) -> float:
    right = sum(row.get(guesses.get(key, otherwise), 0) for key, row in table.items())
    return right / sum(sum(row.values()) for row in table.values())


def _length_guesses(table: Table, totals: Mapping[str, int], asked: set[int]) -> dict[str, str]:
    """Length -> target of a multinomial logistic regression on the standardised length.

    Fitted by Newton steps with the fixed bound of Boehning (1992), which never overshoot: the Hessian of the classes is
    at most half of that of the features.
    """
    targets = sorted(totals)
    place = {target: k for k, target in enumerate(targets)}
    lengths = sorted(map(int, table))
    counts = np.zeros((len(lengths), len(targets)))
    for i, length in enumerate(lengths):
        for target, count in table[str(length)].items():
            counts[i, place[target]] = count
    weight = counts.sum(axis=1)
    numbers = np.array(lengths, np.float64)
    mean = float((weight * numbers).sum() / weight.sum())
    spread = float(np.sqrt((weight * (numbers - mean) ** 2).sum() / weight.sum())) or 1.0
    coefficients = _fit((numbers - mean) / spread, counts)
    query = np.array(sorted(asked), np.float64)
    scores = _features((query - mean) / spread) @ coefficients
    return {str(int(n)): targets[k] for n, k in zip(query, scores.argmax(axis=1).tolist(), strict=True)}


def _features(z: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.stack([np.ones_like(z), z], axis=1)


def _fit(z: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Coefficients [2, classes] from counts [lengths, classes]."""
    x, weight = _features(z), counts.sum(axis=1)
    bound = (x * weight[:, None]).T @ x / 2 + _RIDGE * weight.sum() * np.eye(2)
    coefficients = np.zeros((2, counts.shape[1]))
    for _ in range(_STEPS):
        scores = x @ coefficients
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        step = np.linalg.solve(bound, x.T @ (counts - weight[:, None] * likely) - _RIDGE * weight.sum() * coefficients)
        coefficients += step
        if float(np.abs(step).max()) < 1e-9:
            break
    return coefficients
