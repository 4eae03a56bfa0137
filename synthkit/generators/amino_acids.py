"""Amino acids: how common each is, and what it is replaced by in related proteins.

BLOSUM62 (Henikoff and Henikoff 1992, "Amino acid substitution matrices from protein blocks", PNAS 89) in half bits:
s(a, b) = 2 log2(q(a, b) / (p(a) p(b))) with q(a, b) the share of aligned pairs, so that the chance of b given that a is
substituted is in proportion to p(b) 2^(s(a, b) / 2). Background frequencies p are those of Robinson and Robinson (1991,
PNAS 88), which BLAST uses. The scores are rounded, so that these chances are those of BLOSUM62 to the half bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt

__all__ = ["AMINO_ACIDS", "BLOSUM62", "FREQUENCIES", "background", "substitutes"]

AMINO_ACIDS = "ARNDCQEGHILKMFPSTWYV"
_ROWS = (
    "4 -1 -2 -2 0 -1 -1 0 -2 -1 -1 -1 -1 -2 -1 1 0 -3 -2 0",  # A
    "-1 5 0 -2 -3 1 0 -2 0 -3 -2 2 -1 -3 -2 -1 -1 -3 -2 -3",  # R
    "-2 0 6 1 -3 0 0 0 1 -3 -3 0 -2 -3 -2 1 0 -4 -2 -3",  # N
    "-2 -2 1 6 -3 0 2 -1 -1 -3 -4 -1 -3 -3 -1 0 -1 -4 -3 -3",  # D
    "0 -3 -3 -3 9 -3 -4 -3 -3 -1 -1 -3 -1 -2 -3 -1 -1 -2 -2 -1",  # C
    "-1 1 0 0 -3 5 2 -2 0 -3 -2 1 0 -3 -1 0 -1 -2 -1 -2",  # Q
    "-1 0 0 2 -4 2 5 -2 0 -3 -3 1 -2 -3 -1 0 -1 -3 -2 -2",  # E
    "0 -2 0 -1 -3 -2 -2 6 -2 -4 -4 -2 -3 -3 -2 0 -2 -2 -3 -3",  # G
    "-2 0 1 -1 -3 0 0 -2 8 -3 -3 -1 -2 -1 -2 -1 -2 -2 2 -3",  # H
    "-1 -3 -3 -3 -1 -3 -3 -4 -3 4 2 -3 1 0 -3 -2 -1 -3 -1 3",  # I
    "-1 -2 -3 -4 -1 -2 -3 -4 -3 2 4 -2 2 0 -3 -2 -1 -2 -1 1",  # L
    "-1 2 0 -1 -3 1 1 -2 -1 -3 -2 5 -1 -3 -1 0 -1 -3 -2 -2",  # K
    "-1 -1 -2 -3 -1 0 -2 -3 -2 1 2 -1 5 0 -2 -1 -1 -1 -1 1",  # M
    "-2 -3 -3 -3 -2 -3 -3 -3 -1 0 0 -3 0 6 -4 -2 -2 1 3 -1",  # F
    "-1 -2 -2 -1 -3 -1 -1 -2 -2 -3 -3 -1 -2 -4 7 -1 -1 -4 -3 -2",  # P
    "1 -1 1 0 -1 0 0 0 -1 -2 -2 0 -1 -2 -1 4 1 -3 -2 -2",  # S
    "0 -1 0 -1 -1 -1 -1 -2 -2 -1 -1 -1 -1 -2 -1 1 5 -2 -2 0",  # T
    "-3 -3 -4 -4 -2 -2 -3 -2 -2 -3 -2 -3 -1 1 -4 -3 -2 11 2 -3",  # W
    "-2 -2 -2 -3 -2 -1 -2 -3 2 -1 -1 -2 -1 3 -3 -2 -2 2 7 -1",  # Y
    "0 -3 -3 -3 -1 -2 -2 -3 -3 3 1 -2 1 -1 -2 -2 0 -3 -1 4",  # V
)
BLOSUM62 = tuple(tuple(map(int, row.split())) for row in _ROWS)
# Parts of 100,000, in the order of AMINO_ACIDS; they add up to 99,999.
FREQUENCIES = (
    7805, 5129, 4487, 5364, 1925, 4264, 6295, 7377, 2199, 5142,
    9019, 5744, 2243, 3856, 5203, 7120, 5841, 1330, 3216, 6441,
)  # fmt: skip
_FINE = 40  # bits behind the point of a weight


def background(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Amino acids as common as they are in proteins, positions in `AMINO_ACIDS`, one for each random word."""
    return np.searchsorted(_background_ends(), words.astype(np.uint64), side="right").astype(np.uint8)


def substitutes(residues: npt.NDArray[np.uint8], words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """What BLOSUM62 puts in the place of each residue, never the residue itself; uint8 [n] of one word each."""
    row = residues.astype(np.uint64)
    place = np.searchsorted(_substitution_ends(), (row << np.uint64(32)) | words, side="right")
    return (place.astype(np.int64) - residues.astype(np.int64) * (len(AMINO_ACIDS) - 1)).astype(np.uint8)


@lru_cache(maxsize=1)
def _background_ends() -> npt.NDArray[np.uint64]:
    return np.array(_ends(FREQUENCIES), np.uint64)


@lru_cache(maxsize=1)
def _substitution_ends() -> npt.NDArray[np.uint64]:
    """The ends of each row, one row after the other, each moved up by 2^32: one sorted list for one search."""
    ends: list[int] = []
    for a, scores in enumerate(BLOSUM62):
        weights = [_weight(p, s) if a != b else 0 for b, (p, s) in enumerate(zip(FREQUENCIES, scores, strict=True))]
        ends += [(a << 32) + end for end in _ends(weights)]
    return np.array(ends, np.uint64)


def _weight(frequency: int, score: int) -> int:
    """The product frequency 2^(score / 2) in whole parts of 2^-40, rounded down: the same on any machine."""
    return math.isqrt(frequency**2 << (score + 2 * _FINE))


def _ends(weights: Sequence[int]) -> list[int]:
    """Cumulated shares of 2^32, without the last; word w stands for the number of ends that are <= w."""
    total = sum(weights)
    return [(running << 32) // total for running in accumulate(weights[:-1])]
