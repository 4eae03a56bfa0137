"""Spectrograms and envelopes of clips, small enough for a page."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["RANGE", "envelope", "spectrogram"]

RANGE = 80.0  # dB below the loudest point that is still shown
_WINDOW_SECONDS = 0.025
_MOST_ROWS = 96


def spectrogram(audio: npt.NDArray[np.float32], sample_rate: int, columns: int) -> npt.NDArray[np.uint8]:
    """Levels of a clip over frequency and time.

    Args:
        audio: [T], full scale is 1.
        sample_rate: Hz.
        columns: Most columns.

    Returns:
        [rows, columns], the highest frequencies first: 0 is `RANGE` dB below the clip's loudest point, or less, 255 is
        that point; all 0 for silence. Neighbouring frequencies share a row, which holds the largest.
    """
    size = 1 << max(int(np.log2(max(_WINDOW_SECONDS * sample_rate, 16))), 4)
    padded = np.zeros(max(len(audio), size), np.float64)
    padded[: len(audio)] = audio
    count = max(min(columns, (len(padded) - size) // max(size // 4, 1) + 1), 1)
    starts = np.linspace(0, len(padded) - size, count).astype(np.int64)
    frames = padded[starts[:, None] + np.arange(size)] * np.hanning(size + 1)[:-1]
    power = np.square(np.abs(np.fft.rfft(frames, axis=1)))[:, : size // 2]
    rows = min(_MOST_ROWS, power.shape[1])
    edges = np.linspace(0, power.shape[1], rows + 1).astype(np.int64)[:-1]
    power = np.maximum.reduceat(power, edges, axis=1).T[::-1]
    top = float(power.max())
    if top <= 0:
        return np.zeros(power.shape, np.uint8)
    decibels = 10 * np.log10(np.maximum(power / top, 10 ** (-RANGE / 10)))
    return np.round((decibels / RANGE + 1) * 255).astype(np.uint8)


def envelope(audio: npt.NDArray[np.float32], columns: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Smallest and largest sample of each of at most so many equal stretches of a clip [T]."""
    count = max(min(columns, len(audio)), 1)
    edges = np.linspace(0, len(audio), count + 1).astype(np.int64)[:-1]
    if not len(audio):
        return np.zeros(1, np.float32), np.zeros(1, np.float32)
    return np.minimum.reduceat(audio, edges), np.maximum.reduceat(audio, edges)
