"""Two runs, or two points of sweeps, on the same texts: which answers better, and is it chance."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from synthkit.errors import InputError, WorkError
from synthkit.train.folder import PREDICTIONS, RunFolder, is_run
from synthkit.train.language.intervals import paired_bootstrap
from synthkit.train.language.paired import compare_seeds

__all__ = ["compare_points", "compare_runs", "is_point", "mcnemar"]

_SEED = re.compile(r"seed-([0-9]+)")


def compare_runs(
    first: Path,
    second: Path,
    *,
    split: str | None = None,
    resamples: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare two trainings, text by text.

    Args:
        first: A run.
        second: Another one, whose test split has the same texts.
        split: Which test split; the first by default.
        resamples: Draws of the bootstrap.
        confidence: Of the interval.
        seed: Of the draws.

    Returns:
        ``texts``, both accuracies, ``difference`` (second minus first) with ``low`` and ``high`` by a paired bootstrap,
        its ``p_bootstrap``, ``only_first`` and ``only_second`` (texts that one alone has right) and ``p_mcnemar``.

    Raises:
        InputError: No runs of language models, or other texts.
        WorkError: Damaged files.
    """
    right, other_right = _on_the_same([first, second], split)
    low, high, p = paired_bootstrap(right, other_right, resamples=resamples, confidence=confidence, seed=seed)
    only_first, only_second = int((right & ~other_right).sum()), int((other_right & ~right).sum())
    return {
        "texts": len(right),
        "accuracy_first": float(right.mean()),
        "accuracy_second": float(other_right.mean()),
        "difference": float(other_right.mean() - right.mean()),
        "low": low,
        "high": high,
        "p_bootstrap": p,
        "only_first": only_first,
        "only_second": only_second,
        "p_mcnemar": mcnemar(only_first, only_second),
    }


def is_point(path: Path) -> bool:
    """Whether a directory holds trainings with several seeds: a point of a sweep."""
    return not is_run(path) and bool(_seeds(path))


def compare_points(
    first: Path,
    second: Path,
    *,
    split: str | None = None,
    resamples: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare two points of sweeps, seed by seed and text by text.

    Args:
        first: Directory of a point, with its trainings ``seed-N``.
        second: Another one, with the same seeds, whose test split has the same texts.
        split: Which test split; the first by default.
        resamples: Draws of the bootstrap.
        confidence: Of the intervals.
        seed: Of the draws.

    Returns:
        What `synthkit.train.language.paired.compare_seeds` says.

    Raises:
        InputError: No trainings with seeds, other seeds, or other texts.
        WorkError: Damaged files.
    """
    runs = [_seeds(point) for point in (first, second)]
    for point, found in zip((first, second), runs, strict=True):
        if not found:
            raise InputError(f"{point}: holds no trainings seed-N; compare two points of a sweep, or two trainings")
    if runs[0].keys() != runs[1].keys():
        named = [", ".join(map(str, sorted(found))) for found in runs]
        raise InputError(
            f"{second}: has seeds {named[1]}, but {first} has {named[0]}; train both with the same seeds, or compare "
            "two trainings of one seed"
        )
    order = sorted(runs[0])
    rights = _on_the_same([found[number] for found in runs for number in order], split)
    halves = rights[: len(order)], rights[len(order) :]
    return compare_seeds(*halves, resamples=resamples, confidence=confidence, seed=seed)


def _seeds(point: Path) -> dict[int, Path]:
    """Seed -> its training."""
    if not point.is_dir():
        return {}
    found = ((_SEED.fullmatch(path.name), path) for path in point.iterdir())
    return {int(match[1]): path for match, path in found if match is not None and is_run(path)}


def _on_the_same(runs: Sequence[Path], split: str | None) -> list[Any]:
    """Which texts each run has right; all have answered the same.

    Raises:
        InputError: One answered others.
    """
    tables = [_answers(run, split) for run in runs]
    for run, table in zip(runs, tables, strict=True):
        if table[:2] != tables[0][:2]:
            raise InputError(
                f"{run}: answered other texts than {runs[0]}; compare runs on the same split of one dataset"
            )
    return [right for _, _, right in tables]


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact p value of no difference (McNemar 1947), by the binomial distribution."""
    n, k = only_first + only_second, min(only_first, only_second)
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, i) for i in range(k + 1))
    return float(min(1.0, 2 * tail / 2**n))


def _answers(run: Path, split: str | None) -> tuple[list[str], list[str], Any]:
    folder = RunFolder.open(run)
    wanted = split or folder.language_experiment().data.test[0]
    path = run / PREDICTIONS
    if not path.is_file():
        raise InputError(f"{run}: holds no answers ({PREDICTIONS}); `synthkit train` writes them")
    try:
        table = pq.read_table(path, columns=["id", "split", "input", "target", "correct"])
    except (OSError, ValueError) as error:
        raise WorkError(f"{path}: damaged: {error}") from None
    rows = table.to_pydict()
    chosen = [i for i, name in enumerate(rows["split"]) if name == wanted]
    if not chosen:
        raise InputError(f"{run}: answered no split {wanted!r}; there are: {', '.join(dict.fromkeys(rows['split']))}")
    names = [rows["id"][i] for i in chosen]
    texts = [rows["input"][i] + "\0" + rows["target"][i] for i in chosen]
    return names, texts, np.array([rows["correct"][i] for i in chosen], bool)
