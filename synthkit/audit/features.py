"""Mel features of clips: what a simple listener would measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError

__all__ = ["NORMALIZATIONS", "FeatureOptions", "MelFeatures", "mel_filters"]

Floats = npt.NDArray[np.float64]

NORMALIZATIONS: Mapping[str, str] = MappingProxyType(
    {
        "none": "the log mel spectrum as it is",
        "utterance": "each clip's log mel spectrum minus its mean, over its standard deviation",
        "frame_meanstd": "each frame's log mel spectrum minus its mean, over its standard deviation",
        "frame_max": "each frame's mel spectrum over its largest band, then the logarithm",
    }
)
_FULL_SCALE = {"i": 32768.0, "f": 1.0}
_FLOOR = 1e-10  # of a full-scale sine: the softest sound that counts, -100 dB
_RELATIVE_FLOOR = 1e-6  # of a frame's largest band: what is softer is as good as nothing beside it
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class FeatureOptions:
    """How a clip becomes a vector.

    Attributes:
        normalization: One of `NORMALIZATIONS`.
        bands: Mel bands between 0 Hz and Nyquist.
        window: Length of a frame, s.
        hop: From one frame to the next, s.
        segments: The clip is cut into so many equal parts, each with a mean of its own.
    """

    normalization: str = "none"
    bands: int = 40
    window: float = 0.025
    hop: float = 0.010
    segments: int = 8

    def __post_init__(self) -> None:
        if self.normalization not in NORMALIZATIONS:
            raise InputError(f"normalization: must be {', '.join(NORMALIZATIONS)}, not {self.normalization!r}")
        if not (1 <= self.bands <= 80 and self.hop > 0 and self.window > 0 and 1 <= self.segments <= 16):
            raise InputError("features: bands 1 to 80, segments 1 to 16, window and hop above 0 s")
        if self.size > 512:
            raise InputError(f"features: {self.size} numbers a clip; at most 512: ask for fewer bands or segments")

    @property
    def size(self) -> int:
        """Numbers a clip: mean and standard deviation over frames of each band, and its mean in each segment."""
        return self.bands * (2 + self.segments)

    @property
    def description(self) -> str:
        """In words, for cards."""
        return (
            f"{self.bands} mel bands (HTK), frames of {1000 * self.window:g} ms every {1000 * self.hop:g} ms; "
            f"normalization {self.normalization}: {NORMALIZATIONS[self.normalization]}; mean and standard deviation "
            f"over the clip and means of {self.segments} equal parts"
        )


class MelFeatures:
    """Features of clips of one shape."""

    def __init__(self, sample_rate: int, num_samples: int, options: FeatureOptions) -> None:
        self._options = options
        self._frame = max(min(round(options.window * sample_rate), num_samples), 2)
        self._hop = max(round(options.hop * sample_rate), 1)
        self._fft = 1 << (self._frame - 1).bit_length()
        self._window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self._frame) / self._frame)  # Hann, periodic
        self._filters = mel_filters(sample_rate, self._fft, options.bands)
        self._scale = (self._window.sum() / 2) ** 2  # power of a full-scale sine at its peak

    def __call__(self, samples: npt.NDArray[Any]) -> Floats:
        """Features of one clip.

        Args:
            samples: [T], int16 or float32.

        Returns:
            float64 [size].
        """
        mel = self.mel(samples)
        log = self._normalized(mel)
        parts = [log.mean(axis=0), log.std(axis=0)]
        parts += [part.mean(axis=0) if len(part) else parts[0] for part in np.array_split(log, self._options.segments)]
        return np.concatenate(parts)

    def mel(self, samples: npt.NDArray[Any]) -> Floats:
        """Mel power spectrum [frames, bands], relative to a sine of full scale."""
        audio = samples.astype(np.float64) / _FULL_SCALE[samples.dtype.kind]
        frames = np.lib.stride_tricks.sliding_window_view(audio, self._frame)[:: self._hop] * self._window
        power = np.square(np.abs(np.fft.rfft(frames, self._fft, axis=1))) / self._scale
        found: Floats = power @ self._filters.T
        return found

    def _normalized(self, mel: Floats) -> Floats:
        name = self._options.normalization
        if name == "frame_max":
            largest = mel.max(axis=1, keepdims=True)
            relative = np.divide(mel, largest, out=np.zeros_like(mel), where=largest > _FLOOR)
            heard: Floats = np.log10(np.maximum(relative, _RELATIVE_FLOOR))
            return heard
        log: Floats = np.log10(np.maximum(mel, _FLOOR))
        if name == "none":
            return log
        axis = None if name == "utterance" else 1
        spread = log.std(axis=axis, keepdims=True)
        scaled: Floats = (log - log.mean(axis=axis, keepdims=True)) / np.maximum(spread, _LEAST_SPREAD)
        return scaled


def mel_filters(sample_rate: int, fft: int, bands: int) -> Floats:
    """Triangular filters, equally spaced on the mel scale of HTK, m = 2595 log10(1 + f / 700), peak 1.

    Args:
        sample_rate: Samples per second, Hz.
        fft: Length of the Fourier transform.
        bands: Number of filters.

    Returns:
        float64 [bands, fft / 2 + 1].
    """
    frequencies = np.arange(fft // 2 + 1) * (sample_rate / fft)
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + sample_rate / 2 / 700), bands + 2) / 2595) - 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (frequencies - low) / (middle - low), (high - frequencies) / (high - middle)
    return np.maximum(0, np.minimum(rising, falling))
