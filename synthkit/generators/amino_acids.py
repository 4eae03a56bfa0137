"""Amino acids: how common each is, and what it is replaced by in related proteins.

BLOSUM62 (Henikoff and Henikoff 1992) in half bits: s(a, b) = 2 log2(q(a, b) / (p(a) p(b))), so that given a
substitution of a, the chance of b is in proportion to p(b) 2^(s / 2). Background frequencies p are those of Robinson
and Robinson (1991), which BLAST uses.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["AMINO_ACIDS", "BLOSUM62", "FREQUENCIES", "background_thresholds", "residues", "substitution_thresholds"]

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
_WORDS = 2.0**32


def residues(numbers: npt.NDArray[np.uint8]) -> str:
    """One letter for each number 0 to 19."""
    return np.frombuffer(AMINO_ACIDS.encode(), np.uint8)[numbers].tobytes().decode()


def background_thresholds() -> npt.NDArray[np.uint32]:
    """Upper ends of the words that stand for each amino acid but the last, uint32 [19]."""
    return _thresholds(list(map(float, FREQUENCIES)))


@lru_cache(maxsize=1)
def substitution_thresholds() -> npt.NDArray[np.uint32]:
    """The same for what replaces each amino acid (never itself), uint32 [20, 19]."""
    rows = []
    for a, scores in enumerate(BLOSUM62):
        weights = [
            0.0 if a == b else frequency * 2.0 ** (score // 2) * (math.sqrt(2.0) if score % 2 else 1.0)
            for b, (frequency, score) in enumerate(zip(FREQUENCIES, scores, strict=True))
        ]
        rows.append(_thresholds(weights))
    return np.array(rows)


def _thresholds(weights: list[float]) -> npt.NDArray[np.uint32]:
    """Cumulated shares of 2^32, without the last; word w stands for the number of thresholds that are <= w."""
    total = math.fsum(weights)
    running, ends = 0.0, []
    for weight in weights[:-1]:
        running += weight
        ends.append(min(int(running / total * _WORDS), 2**32 - 1))
    return np.array(ends, np.uint32)
