"""Residues as text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.errors import WorkError
from synthkit.records import Strings

__all__ = ["residue_texts"]

_MOST_BYTES = 2**31 - 1
_SPACE = ord(" ")


def residue_texts(letters: npt.NDArray[np.uint8], lengths: npt.NDArray[np.int64], *, spaced: bool) -> Strings:
    """Sequences that lie one after the other, as texts.

    Args:
        letters: uint8 [total], one ASCII letter a residue.
        lengths: int64 [n], residues of each sequence, 1 or more; together ``total``.
        spaced: A space between neighbours, so that a tokenizer that splits at spaces sees residues.

    Raises:
        WorkError: Together they are longer than 2^31 - 1 bytes.
    """
    ends = np.cumsum(lengths)
    size = 2 * len(letters) - len(lengths) if spaced else len(letters)
    if size > _MOST_BYTES:
        raise WorkError(f"a batch of texts has {size} bytes; at most {_MOST_BYTES}")
    if spaced:
        pairs = np.full((len(letters), 2), _SPACE, np.uint8)
        pairs[:, 0] = letters
        wanted = np.ones(2 * len(letters), bool)
        wanted[2 * ends - 1] = False
        letters = pairs.ravel()[wanted]
        ends = 2 * ends - np.arange(1, len(lengths) + 1)
    return Strings(np.concatenate([[0], ends]).astype(np.int32), letters)
