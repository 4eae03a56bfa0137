"""Integrated loudness after ITU-R BS.1770-4, by pyloudnorm."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.errors import UtteranceError, WorkError

__all__ = ["integrated_loudness"]

_BLOCK = 0.400  # s


def integrated_loudness(audio: npt.NDArray[np.float64], sample_rate: int) -> float:
    """Loudness of one channel, LUFS.

    A clip that is shorter than one gating block (0.4 s) counts as one block as long as itself: the standard has no
    value for it.

    Args:
        audio: float64 [T].
        sample_rate: Samples per second, Hz.

    Raises:
        WorkError: pyloudnorm is not installed.
        UtteranceError: All of it is below the standard's absolute gate, -70 LUFS.
    """
    try:
        import pyloudnorm
    except ImportError:
        raise WorkError(
            "params.audio.loudness needs pyloudnorm, which is not installed: pip install 'synthkit[loudness]'"
        ) from None
    block = min(_BLOCK, len(audio) / sample_rate)
    found = float(pyloudnorm.Meter(sample_rate, block_size=block).integrated_loudness(audio))
    if not np.isfinite(found):
        raise UtteranceError("is too soft to have a loudness (below -70 LUFS)")
    return found
