"""Takes: the same speaker says the same text again, never quite in the same way."""

from __future__ import annotations

import numpy as np

from synthkit.seeds import uniforms

__all__ = ["PITCH_SPREAD", "RATE_SPREAD", "Takes"]

RATE_SPREAD = 0.08
PITCH_SPREAD = 0.8
# Takes are keyed by speaker and text in the place of an index, for all splits alike.
_WORD_BITS = 32
_STEPS = (0.7548776662466927, 0.5698402909980532)  # 1 / x and 1 / x^2 for x^3 = x + 1


class Takes:
    """Small keyed changes of tempo and pitch.

    Take 0 is the voice and style as they are. Of the others, the rate is uniform within 1 +- `RATE_SPREAD` and the
    pitch within +- `PITCH_SPREAD` semitones, a function of (key, speaker, text, take) alone. The takes of a speaker and
    text are points of an additive recurrence (Roberts 2018, the sequence R2) from a keyed start: far from each other,
    so that no two of the first hundreds are alike.
    """

    def __init__(self, key: int) -> None:
        self._key = key

    def __call__(self, take: int, speaker: int, text: int) -> tuple[float, float]:
        """Rate (a factor) and pitch (semitones) of a take."""
        if take == 0:
            return 1.0, 0.0
        index = np.array([(speaker << _WORD_BITS) + text], np.int64)
        start = uniforms(self._key, 0, index)[0].tolist()
        first, second = ((at + take * step) % 1.0 for at, step in zip(start, _STEPS, strict=True))
        return 1 + RATE_SPREAD * (2 * first - 1), PITCH_SPREAD * (2 * second - 1)
