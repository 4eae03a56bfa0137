"""Which words are chosen by their scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.saliency.options import Selection

__all__ = ["chosen_words", "ranked"]

Floats = npt.NDArray[np.float64]


def ranked(scores: Floats, rank: str) -> npt.NDArray[np.int64]:
    """Words by falling score, of equal ones the first first: int64 [words]."""
    found: npt.NDArray[np.int64] = np.argsort(-_strength(scores, rank), kind="stable")
    return found


def chosen_words(scores: Floats, selection: Selection) -> list[int]:
    """Places of the words that are chosen, in order of the text; at least one where there is a word.

    Args:
        scores: Of all words.
        selection: How many, and by which order. With ``mass`` words without a positive strength are never needed: where
            all have none, the first word alone is taken.
    """
    order = ranked(scores, selection.rank)
    if selection.top is not None:
        return sorted(int(word) for word in order[: selection.top])
    strengths = np.maximum(_strength(scores, selection.rank)[order], 0.0)
    share = np.cumsum(strengths)
    if len(share) == 0 or share[-1] == 0:
        return [int(word) for word in order[:1]]
    assert selection.mass is not None  # noqa: S101
    # A sum that is rounded must not ask for one word more.
    count = int(np.searchsorted(share, selection.mass * share[-1] * (1 - 1e-12))) + 1
    return sorted(int(word) for word in order[:count])


def _strength(scores: Floats, rank: str) -> Floats:
    return np.abs(scores) if rank == "magnitude" else scores
