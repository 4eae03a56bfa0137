"""Time stretching and pitch shifting, by a phase vocoder."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar, Literal

import torch
import torchaudio
from pydantic import Field
from torch import Tensor

from synthkit.augment.base import Augmentation, Range

__all__ = ["PitchShift", "TimeStretch"]

_WINDOW, _HOP = 1024, 256
_PLACES = 9  # of a range that are used: clips with the same value are stretched together


class TimeStretch(Augmentation):
    """Faster or slower at the same pitch; the end is cut off, or zeros follow.

    Changes the style of speech, of which the rate is a part, and all factors that are times or rates.

    Attributes:
        rate: Range of the speed, 1 as it is; one of nine values between the ends, evenly spaced in ratio.
    """

    domain: ClassVar[Literal["waveform", "mel"]] = "waveform"
    changes: ClassVar[frozenset[str]] = frozenset(
        {"style", "phase", "attack", "decay", "release", "vibrato_rate", "tremolo_rate"}
    )
    name: Literal["time_stretch"] = "time_stretch"
    rate: Range = (0.8, 1.25)

    def apply(self, x: Tensor, sample_rate: int) -> Tensor:
        del sample_rate
        return _by_value(x, _places(self.rate), lambda part, rate: _fitted(_stretched(part, rate), x.shape[1]))


class PitchShift(Augmentation):
    """Higher or lower at the same speed: a stretch, then resampling in the frequency domain.

    Formants move with the pitch: changes the frequency, and of speech who speaks, the gender and the style.

    Attributes:
        semitones: Range of the shift; one of nine values between the ends, evenly spaced.
    """

    domain: ClassVar[Literal["waveform", "mel"]] = "waveform"
    changes: ClassVar[frozenset[str]] = frozenset({"frequency", "phase", "speaker", "gender", "style"})
    name: Literal["pitch_shift"] = "pitch_shift"
    semitones: Range = Field(default=(-4.0, 4.0))

    def apply(self, x: Tensor, sample_rate: int) -> Tensor:
        del sample_rate
        low, high = (2 ** (s / 12) for s in self.semitones)
        return _by_value(x, _places((low, high)), _shifted)


def _places(ends: tuple[float, float]) -> list[float]:
    """Values from end to end, each the same ratio above the one before."""
    low, high = (math.log(end) for end in ends)
    return [math.exp(low + (high - low) * i / (_PLACES - 1)) for i in range(_PLACES)]


def _by_value(x: Tensor, values: list[float], change: Callable[[Tensor, float], Tensor]) -> Tensor:
    """Draw one of the values for each clip; clips of a value are changed together."""
    chosen = torch.randint(len(values), (len(x),), device=x.device)
    found = torch.empty_like(x)
    for i in sorted(set(chosen.tolist())):
        rows = chosen == i
        found[rows] = x[rows] if values[i] == 1 else change(x[rows], values[i])
    return found


def _stretched(x: Tensor, rate: float) -> Tensor:
    """[n, T] -> [n, T / rate], the same pitch."""
    window = torch.hann_window(_WINDOW, device=x.device)
    spectrum = torch.stft(x, _WINDOW, _HOP, window=window, pad_mode="constant", return_complex=True)
    advance = torch.linspace(0, math.pi * _HOP, _WINDOW // 2 + 1, device=x.device)[:, None]
    slow = torchaudio.functional.phase_vocoder(spectrum, rate, advance)
    return torch.istft(slow, _WINDOW, _HOP, window=window, length=round(x.shape[1] / rate))


def _shifted(x: Tensor, ratio: float) -> Tensor:
    """Pitch times ``ratio``: stretched, then played faster or slower."""
    length = x.shape[1]
    long = _stretched(x, 1 / ratio)
    spectrum = torch.fft.rfft(long)
    found: Tensor = torch.fft.irfft(spectrum, length) * (length / long.shape[1])
    return found


def _fitted(x: Tensor, length: int) -> Tensor:
    """Cut off or followed by zeros."""
    return torch.nn.functional.pad(x[:, :length], (0, max(length - x.shape[1], 0)))
