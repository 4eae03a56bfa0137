"""Two ways of training with the same seeds, on the same texts: is the one better, or is it chance?"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.seeds import derive_key, uniforms
from synthkit.train.language.intervals import bootstrap_interval, mean_interval

__all__ = ["compare_seeds", "crossed_bootstrap", "paired_t"]

_CELLS = 4_000_000  # numbers at once

Gains = npt.NDArray[np.int64]


def compare_seeds(
    first: Sequence[npt.NDArray[np.bool_]],
    second: Sequence[npt.NDArray[np.bool_]],
    *,
    resamples: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare two ways of training, seed by seed and text by text.

    Args:
        first: Whether each text is right, [n], for each seed of the one.
        second: The same of the other, with the same seeds in the same order, on the same texts.
        resamples: Draws of the bootstrap.
        confidence: Of the intervals.
        seed: Of the draws.

    Returns:
        ``seeds``, ``texts``, both mean accuracies, ``difference`` (second minus first); ``t_low``, ``t_high`` and
        ``p_t`` by the paired t test over seeds (None for one seed, and where all seeds differ by the same); ``low``,
        ``high`` and ``p_bootstrap`` by a bootstrap of seeds and texts; ``better`` and ``worse``: seeds whose second
        training has more right than the first, or fewer.

    Raises:
        InputError: Other numbers of seeds or texts, or none.
    """
    sizes = {len(right) for right in (*first, *second)}
    if not first or len(first) != len(second) or len(sizes) != 1 or sizes == {0}:
        raise InputError(
            f"seeds: {len(first)} and {len(second)} trainings on {', '.join(map(str, sorted(sizes))) or 'no'} texts; "
            "there must be one of each way for each seed, all on the same texts"
        )
    rights = [np.stack(each).astype(np.int64) for each in (first, second)]
    gains: Gains = rights[1] - rights[0]
    t_low, t_high, p_t = paired_t(gains, confidence)
    low, high, p = crossed_bootstrap(gains, resamples=resamples, confidence=confidence, seed=seed)
    return {
        "seeds": len(gains),
        "texts": gains.shape[1],
        "accuracy_first": float(rights[0].mean()),
        "accuracy_second": float(rights[1].mean()),
        "difference": float(gains.mean()),
        "t_low": t_low,
        "t_high": t_high,
        "p_t": p_t,
        "low": low,
        "high": high,
        "p_bootstrap": p,
        "better": int((gains.sum(1) > 0).sum()),
        "worse": int((gains.sum(1) < 0).sum()),
    }


def paired_t(gains: Gains, confidence: float) -> tuple[float | None, float | None, float | None]:
    """The paired t test over seeds, S - 1 degrees of freedom, two-sided.

    Args:
        gains: Text by text 1 where only the second is right, -1 where only the first is, else 0: [S, n].
        confidence: Of the interval of the mean difference.

    Returns:
        Ends of the interval and p value; None where they are not defined: one seed, or no spread over the seeds.
    """
    totals = gains.sum(1).tolist()  # whole numbers: that all are alike is seen exactly
    if len(set(totals)) < 2:
        return None, None, None
    from scipy import stats

    differences = [total / gains.shape[1] for total in totals]
    low, high = mean_interval(differences, confidence)
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    t = statistics.fmean(differences) / error
    return low, high, float(2 * stats.t.sf(abs(t), len(differences) - 1))


def crossed_bootstrap(gains: Gains, *, resamples: int, confidence: float, seed: int) -> tuple[float, float, float]:
    """Interval of a mean difference over seeds and texts, both of which might have been others.

    Seeds and texts are drawn anew with replacement, both in each draw; all trainings of a draw answer the same texts.
    With few seeds it is too narrow: then the t interval says more of other seeds.

    Args:
        gains: As in `paired_t`, [S, n].
        resamples: Draws.
        confidence: Of the interval.
        seed: Of the draws.

    Returns:
        Low end, high end, and the two-sided p value of no difference, at least 1 / (resamples + 1).
    """
    draws = np.concatenate(list(_draws(gains, resamples, seed)))
    return bootstrap_interval(draws, confidence)


def _draws(gains: Gains, resamples: int, seed: int) -> Iterator[npt.NDArray[np.float64]]:
    """The mean difference of each draw, some draws at a time."""
    seeds, texts = gains.shape
    keys = [derive_key(seed, "compare", f"crossed-{what}") for what in ("seeds", "texts")]
    step = max(_CELLS // (texts + seeds), 1)
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        drawn = [_drawn(key, start, count, size) for key, size in zip(keys, (seeds, texts), strict=True)]
        # How often each seed was drawn, then the gain of each text over the drawn seeds.
        often = (drawn[0][:, :, None] == np.arange(seeds)).sum(1)
        per_text = often @ gains
        yield np.take_along_axis(per_text, drawn[1], 1).sum(1) / (seeds * texts)


def _drawn(key: int, start: int, count: int, size: int) -> Gains:
    """Numbers below a size, as many in each of some draws: int64 [count, size]."""
    values = uniforms(key, start, np.arange(count * size))[:, 0].reshape(count, size)
    drawn: Gains = (values * size).astype(np.int64)
    return drawn
