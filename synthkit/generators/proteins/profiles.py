"""The hidden sequences of the folds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.generators.amino_acids import background
from synthkit.seeds import attempt_words

__all__ = ["fold_profiles"]

_MOST_DRAWS = 1000
_PADDING = 255


def fold_profiles(
    key: int, folds: int, shortest: int, longest: int, alike: float
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Profiles of residues as common as in real proteins, with lengths drawn evenly.

    One that resembles an earlier one, position by position, is drawn again.

    Args:
        key: 64-bit key, see `synthkit.seeds.derive_key`.
        folds: How many.
        shortest: Smallest length.
        longest: Largest length.
        alike: Largest share of equal positions, of those that both profiles have.

    Returns:
        uint8 [folds, longest], residues 0 to 19, padded with 255, and int64 [folds], how many of them count. Cost
        O(folds^2 longest).

    Raises:
        InputError: A profile resembles an earlier one in each of 1000 draws.
    """
    profiles = np.full((folds, longest), _PADDING, np.uint8)
    lengths = np.zeros(folds, np.int64)
    for fold in range(folds):
        for attempt in range(_MOST_DRAWS):
            profile = _drawn(key, fold, attempt, shortest, longest)
            both = np.minimum(lengths[:fold], len(profile))
            equal = (profiles[:fold, : len(profile)] == profile).sum(axis=1)
            if not (equal > alike * both).any():
                break
        else:
            raise InputError(
                f"no {folds} profiles of {shortest} to {longest} residues were found that differ in more than "
                f"{1 - alike:.0%} of their positions; ask for fewer or longer ones"
            )
        lengths[fold] = len(profile)
        profiles[fold, : len(profile)] = profile
    return profiles, lengths


def _drawn(key: int, fold: int, attempt: int, shortest: int, longest: int) -> npt.NDArray[np.uint8]:
    where = np.array([fold], np.int64), np.array([attempt], np.uint32)
    words = attempt_words(key, 0, *where, longest + 1)[0]
    length = shortest + ((int(words[0]) * (longest - shortest + 1)) >> 32)
    return background(words[1 : length + 1])
