"""What evolution makes of a profile: residues are replaced, stretches deleted and inserted.

At each position of the profile, one after the other, four random words decide: whether its residue is kept, what it is
replaced by otherwise, whether a deletion begins, and whether something is inserted behind it. Lengths of gaps are
geometric, 1 to 8, each half as likely as the one before (8 as likely as 7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthkit.generators.amino_acids import AMINO_ACIDS, background, substitutes

__all__ = ["LONGEST_GAP", "WORDS", "Members", "Rates", "evolve"]

LONGEST_GAP = 8
WORDS = 4  # random words for a position
_LETTERS = np.frombuffer(AMINO_ACIDS.encode(), np.uint8)
# From the lowest 7 bits of a word: the place of the first bit that is set. Whether a gap begins is decided by the same
# word's upper end, so that the two are as good as independent for any rate above 2^-20.
_GAP_LENGTHS = np.array([min((n & -n).bit_length() or LONGEST_GAP, LONGEST_GAP) for n in range(128)], np.int32)

Words = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rates:
    """Probabilities of each of n members, as parts of 2^32, uint64 [n].

    Attributes:
        identity: That a residue that is not deleted is kept.
        insertion: That something is inserted behind a position.
        deletion: That a deletion begins at a position.
    """

    identity: npt.NDArray[np.uint64]
    insertion: npt.NDArray[np.uint64]
    deletion: npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Members:
    """Descendants of profiles, side by side.

    Attributes:
        letters: uint8 [total], the residues of all members as ASCII letters.
        lengths: int64 [n], residues of each.
        aligned: int64 [n], how many of them stand for a position of the profile.
        kept: int64 [n], how many of those are the profile's own.
        inserted: int64 [n], residues that stand for none.
        deleted: int64 [n], positions of the profile that are gone.
    """

    letters: npt.NDArray[np.uint8]
    lengths: Counts
    aligned: Counts
    kept: Counts
    inserted: Counts
    deleted: Counts


def evolve(
    profiles: npt.NDArray[np.uint8],
    lengths: Counts,
    words: Words,
    rates: Rates,
    gap_words: Callable[[Counts, Counts], Words],
) -> Members:
    """One descendant of each profile.

    Args:
        profiles: uint8 [n, positions], residues 0 to 19.
        lengths: int64 [n], how many positions count, 1 or more.
        words: uint32 [n, positions, 4], random.
        rates: The probabilities.
        gap_words: Random words for insertions at (member, position), int64 [m] each: uint32 [m, 8].

    Returns:
        The members. Where a deletion would leave nothing, the first position stays.
    """
    inside = np.arange(profiles.shape[1]) < lengths[:, None]
    aligned = inside & ~_deleted(words[:, :, 2], rates.deletion)
    aligned[:, 0] |= ~aligned.any(axis=1)
    kept = aligned & (words[:, :, 0] < rates.identity[:, None])
    residues = profiles.copy()
    changed = aligned & ~kept
    residues[changed] = substitutes(profiles[changed], words[:, :, 1][changed])
    begun = inside & (words[:, :, 3] < rates.insertion[:, None])
    gaps = np.where(begun, _GAP_LENGTHS[words[:, :, 3] & np.uint32(127)], np.int32(0))
    found = aligned.astype(np.int32) + gaps
    return Members(
        letters=_written(residues, aligned, gaps, found, gap_words),
        lengths=found.sum(axis=1, dtype=np.int64),
        aligned=aligned.sum(axis=1, dtype=np.int64),
        kept=kept.sum(axis=1, dtype=np.int64),
        inserted=gaps.sum(axis=1, dtype=np.int64),
        deleted=lengths - aligned.sum(axis=1, dtype=np.int64),
    )


def _deleted(words: Words, rate: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Positions [n, positions] that lie in a deletion; where two overlap, the later end counts."""
    place = np.arange(words.shape[1], dtype=np.int32)
    ends = np.where(words < rate[:, None], place + _GAP_LENGTHS[words & np.uint32(127)], np.int32(0))
    return np.asarray(np.maximum.accumulate(ends, axis=1) > place)


def _written(
    residues: npt.NDArray[np.uint8],
    aligned: npt.NDArray[np.bool_],
    gaps: npt.NDArray[np.int32],
    found: npt.NDArray[np.int32],
    gap_words: Callable[[Counts, Counts], Words],
) -> npt.NDArray[np.uint8]:
    """Each position's residue, if it is not deleted, then what is inserted behind it."""
    first = (np.cumsum(found, dtype=np.int64) - found.ravel()).reshape(found.shape)
    letters = np.empty(int(found.sum(dtype=np.int64)), np.uint8)
    letters[first[aligned]] = _LETTERS[residues[aligned]]
    members, positions = np.nonzero(gaps)
    steps = np.arange(LONGEST_GAP)
    wanted = steps < gaps[members, positions][:, None]
    places = (first + aligned)[members, positions][:, None] + steps
    letters[places[wanted]] = _LETTERS[background(gap_words(members, positions)[wanted])]
    return letters
