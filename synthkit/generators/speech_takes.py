"""Takes: the same speaker says the same text again, never quite in the same way."""

from __future__ import annotations

import numpy as np

from synthkit.seeds import uniforms

__all__ = ["PITCH_SPREAD", "RATE_SPREAD", "Takes"]

RATE_SPREAD = 0.08
PITCH_SPREAD = 0.8
# Takes are keyed by (text, speaker, take) in place of (split, index): the same in whatever split they are.
_WORD_BITS = 32


class Takes:
    """Small keyed changes of tempo and pitch.

    Take 0 is the voice and style as they are. Of the others, the rate is uniform within 1 +- `RATE_SPREAD` and the
    pitch within +- `PITCH_SPREAD` semitones, a function of (key, speaker, text, take) alone.
    """

    def __init__(self, key: int) -> None:
        self._key = key

    def __call__(self, take: int, speaker: int, text: int) -> tuple[float, float]:
        """Rate (a factor) and pitch (semitones) of a take."""
        if take == 0:
            return 1.0, 0.0
        index = np.array([(speaker << _WORD_BITS) + text], np.int64)
        first, second = uniforms(self._key, take, index)[0].tolist()
        return 1 + RATE_SPREAD * (2 * first - 1), PITCH_SPREAD * (2 * second - 1)
