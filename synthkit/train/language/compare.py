"""Two runs on the same texts: which answers better, and is it chance."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from synthkit.errors import InputError, WorkError
from synthkit.train.folder import PREDICTIONS, RunFolder
from synthkit.train.language.intervals import paired_bootstrap

__all__ = ["compare_runs", "mcnemar"]


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
    tables = [_answers(run, split) for run in (first, second)]
    (names, texts, right), (other_names, other_texts, other_right) = tables
    if names != other_names or texts != other_texts:
        raise InputError(f"{second}: answered other texts than {first}; compare runs on the same split of one dataset")
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
