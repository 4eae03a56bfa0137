"""Levels and durations of clips, and distances between the levels of a factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

__all__ = ["SILENT", "UNITS", "Distances", "Summary", "clip_levels", "distances", "summarize"]

Floats = npt.NDArray[np.float64]

SILENT = -200.0  # dBFS: what is said of nothing at all
UNITS: Mapping[str, str] = MappingProxyType({"peak": "dBFS", "rms": "dBFS", "duration": "s"})
_RUN = 3  # samples at full scale in a row, which are a sign of clipping


@dataclass(frozen=True, slots=True)
class Summary:
    """Mean, standard deviation, smallest and largest of a quantity."""

    mean: float
    std: float
    min: float
    max: float


@dataclass(frozen=True, slots=True)
class Distances:
    """How far apart the levels of a factor are, in standardised features.

    Attributes:
        factor: The factor.
        within: Mean distance of two examples of the same level.
        between: Mean distance of two examples of different levels.
        nearest: The two levels whose means are nearest.
        nearest_distance: Distance of these means.
    """

    factor: str
    within: float
    between: float
    nearest: tuple[str, str]
    nearest_distance: float


def clip_levels(samples: npt.NDArray[np.int16] | npt.NDArray[np.float32]) -> tuple[float, float, bool]:
    """Peak and RMS in dBFS (-200 for silence), and whether three samples in a row are at full scale."""
    whole = samples.dtype.kind == "i"
    sound = np.abs(samples.astype(np.float64)) / (32768 if whole else 1)
    peak = float(sound.max(initial=0.0))
    if peak == 0:
        return SILENT, SILENT, False
    full = sound >= (32767 / 32768 if whole else 1.0)
    clipped = len(full) >= _RUN and bool((full[2:] & full[1:-1] & full[:-2]).any())
    return 20 * float(np.log10(peak)), 10 * float(np.log10(np.square(sound).mean())), clipped


def summarize(columns: Mapping[str, Sequence[float]]) -> dict[str, Summary]:
    """Summary of each column."""
    found = {}
    for name, values in columns.items():
        numbers = np.asarray(values, np.float64)
        if len(numbers):
            found[name] = Summary(*map(float, (numbers.mean(), numbers.std(), numbers.min(), numbers.max())))
    return found


def distances(factor: str, features: Floats, labels: npt.NDArray[np.int64], names: Sequence[str]) -> Distances | None:
    """Distances within and between levels; None where no level has two examples, or there is one level.

    Root-mean-square distances, from sums alone: memory is O(levels D).
    """
    spread = features.std(axis=0)
    scaled = (features - features.mean(axis=0)) / np.where(spread > 1e-9, spread, 1)
    present, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    pairs_within = float((counts * (counts - 1)).sum())
    pairs_between = float(len(labels) ** 2 - (counts**2).sum())
    if len(present) < 2 or pairs_within == 0:
        return None
    sums = np.zeros((len(present), scaled.shape[1]))
    np.add.at(sums, inverse, scaled)
    squares = np.bincount(inverse, weights=np.square(scaled).sum(axis=1))
    within = float((2 * counts * squares - 2 * np.square(sums).sum(axis=1)).sum())
    whole = float(2 * len(labels) * squares.sum() - 2 * np.square(sums.sum(axis=0)).sum())
    means = sums / counts[:, None]
    apart = np.sqrt(np.maximum(_square_distances(means), 0))
    np.fill_diagonal(apart, np.inf)
    a, b = divmod(int(apart.argmin()), len(present))
    return Distances(
        factor,
        float(np.sqrt(max(within, 0) / pairs_within)),
        float(np.sqrt(max(whole - within, 0) / pairs_between)),
        (names[int(present[a])], names[int(present[b])]),
        float(apart[a, b]),
    )


def _square_distances(points: Floats) -> Floats:
    squares = np.square(points).sum(axis=1)
    found: Floats = squares[:, None] + squares - 2 * points @ points.T
    return found
