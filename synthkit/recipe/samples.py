"""How many samples a clip has."""

from __future__ import annotations

__all__ = ["whole_samples"]

_WHOLE = 1e-9  # of the number: what floating point may miss it by


def whole_samples(duration: float, sample_rate: int) -> int | None:
    """Samples of a clip; None where its duration (s) is no whole number of samples, or less than one.

    Args:
        duration: Length, s.
        sample_rate: Samples per second, Hz.
    """
    exact = duration * sample_rate
    count = round(exact)
    return count if count >= 1 and abs(exact - count) <= _WHOLE * exact else None
