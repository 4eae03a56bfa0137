"""Texts that are already bytes, laid side by side as `Strings`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from synthkit.errors import WorkError
from synthkit.records import Strings

__all__ = ["cut", "joined", "same_length"]

_MOST_BYTES = 2**31 - 1


def joined(pieces: Sequence[bytes]) -> Strings:
    """Texts given one by one as UTF-8.

    Raises:
        WorkError: Together they are longer than 2^31 - 1 bytes.
    """
    offsets = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    _refuse_long(int(offsets[-1]))
    return Strings(offsets.astype(np.int32), np.frombuffer(b"".join(pieces), np.uint8))


def same_length(chars: npt.NDArray[np.uint8]) -> Strings:
    """Texts of one length, a row each.

    Args:
        chars: uint8 [n, bytes of a text].

    Raises:
        WorkError: Together they are longer than 2^31 - 1 bytes.
    """
    count, length = chars.shape
    _refuse_long(count * length)
    return Strings(np.arange(count + 1, dtype=np.int32) * np.int32(length), chars.reshape(-1))


def cut(chars: npt.NDArray[np.uint8]) -> list[bytes]:
    """The rows of uint8 [n, bytes of a text] one by one."""
    whole, length = chars.tobytes(), chars.shape[1]
    return [whole[start : start + length] for start in range(0, len(whole), length)]


def _refuse_long(size: int) -> None:
    if size > _MOST_BYTES:
        raise WorkError(f"a batch of texts has {size} bytes; at most {_MOST_BYTES}")
