"""What is done to an engine's audio before it is stored: resample, trim, level, length; each step is reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synthkit.errors import InputError, UtteranceError
from synthkit.recipe.base import Record
from synthkit.recipe.samples import whole_samples
from synthkit.speech.loudness import integrated_loudness

__all__ = ["ChainOptions", "Finished", "finish", "problems", "to_samples"]

Floats = npt.NDArray[np.float64]

_FULL_SCALE = 32767
_ROUNDING = 1e-9  # dB
_FRAME, _HOP = 0.010, 0.005  # s: of the level that trimming looks at


class ChainOptions(Record):
    """Settings of the chain, in the order of its steps.

    Loudness or peak normalisation makes all utterances alike in level, and so erases what a style does to the level;
    by default there is neither.

    Attributes:
        sample_rate: Samples per second of the finished clip, Hz.
        resampler: Quality of the resampling, as soxr names it: ``MQ``, ``HQ`` (20 bits) or ``VHQ`` (28 bits).
        trim: Level below the utterance's loudest frame at which leading and trailing sound counts as silence and is
            cut, dB, e.g. -50; the level is the RMS of frames of 10 ms, 5 ms apart. None cuts nothing.
        trim_padding: What is kept on both sides of what is not silent, s.
        loudness: Bring each utterance to this integrated loudness (ITU-R BS.1770-4), LUFS.
        peak: Bring each utterance's largest sample to this level, dBFS.
        gain: Fixed gain, dB, where neither of the two is given.
        ceiling: The largest sample may not be above this, dBFS: the gain is lowered so that it fits, and that is
            reported. Nothing is ever clipped.
        duration: Length of the finished clip, s; a whole number of samples.
        fit: ``pad_crop``: shorter ones are followed by silence, longer ones are cut at the end, which is reported.
            ``refuse``: longer ones are an error.
        align: Where a shorter one stands in the clip: at its ``start`` or in its ``center``.
        fade: Fade-out (raised cosine) at the end of one that is cut, s.
    """

    sample_rate: int = Field(default=16000, ge=1000, le=192_000)
    resampler: Literal["MQ", "HQ", "VHQ"] = "HQ"
    trim: float | None = Field(default=None, lt=0, ge=-120)
    trim_padding: float = Field(default=0.0, ge=0, le=10)
    loudness: float | None = Field(default=None, le=0, ge=-70)
    peak: float | None = Field(default=None, le=0, ge=-90)
    gain: float = Field(default=0.0, le=60, ge=-90)
    ceiling: float = Field(default=-0.1, le=0, ge=-60)
    duration: float = Field(default=2.5, gt=0, le=600)
    fit: Literal["pad_crop", "refuse"] = "pad_crop"
    align: Literal["start", "center"] = "start"
    fade: float = Field(default=0.005, ge=0, le=1)

    @property
    def num_samples(self) -> int:
        """Samples in a finished clip."""
        return round(self.duration * self.sample_rate)


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished clip and what was done to it.

    Attributes:
        audio: float32 [num_samples].
        duration: Length before padding or cropping, s.
        offset: How far the sound was moved, s: to be added to times in the engine's audio.
        gain: Gain that was applied, dB.
        limited: The gain was lowered so that nothing clips.
        cropped: What was cut off at the end, s.
    """

    audio: npt.NDArray[np.float32]
    duration: float
    offset: float
    gain: float
    limited: bool
    cropped: float


def problems(options: ChainOptions) -> list[str]:
    """What is wrong with the settings as a whole, one line each, ``path: what``."""
    found = []
    if whole_samples(options.duration, options.sample_rate) is None:
        found.append(
            f"params.audio.duration: {options.duration:g} s at {options.sample_rate} Hz is no whole number of samples"
        )
    given = [name for name in ("loudness", "peak") if getattr(options, name) is not None]
    if len(given) == 2:
        found.append("params.audio.loudness: give either loudness or peak, not both")
    if given and options.gain != 0:
        found.append(f"params.audio.gain: has no place beside {given[0]}, which sets the level")
    if options.peak is not None and options.peak > options.ceiling:
        found.append(f"params.audio.peak: {options.peak:g} dBFS is above the ceiling, {options.ceiling:g} dBFS")
    return found


def finish(audio: npt.NDArray[np.float32], sample_rate: int, options: ChainOptions) -> Finished:
    """Take an engine's audio through the chain.

    Args:
        audio: float32 or float64 [T], one channel, full scale is 1.
        sample_rate: Its samples per second, Hz.
        options: What to do.

    Raises:
        InputError: It is no one-channel audio of floating-point numbers.
        UtteranceError: It is empty or silent, has infinite or undefined samples, or is too long for ``fit = refuse``.
    """
    sound = _resampled(_checked(audio), sample_rate, options)
    sound, cut = _trimmed(sound, options)
    sound, gain, limited = _levelled(sound, options)
    return _fitted(sound, -cut, gain, limited, options)


def _checked(audio: npt.NDArray[Any]) -> Floats:
    if audio.ndim != 1 or audio.dtype.kind != "f":
        raise InputError(f"audio: must be one channel of floating-point samples, not {audio.dtype} {audio.shape}")
    if not len(audio):
        raise UtteranceError("the engine gave no audio")
    if not np.isfinite(audio).all():
        raise UtteranceError("the engine gave samples that are infinite or no numbers")
    if not audio.any():
        raise UtteranceError("the engine gave silence")
    return audio.astype(np.float64)


def _resampled(audio: Floats, sample_rate: int, options: ChainOptions) -> Floats:
    if sample_rate == options.sample_rate:
        return audio
    import soxr

    resampled: Floats = soxr.resample(audio, sample_rate, options.sample_rate, quality=options.resampler)
    if not resampled.any():
        raise UtteranceError(f"nothing of it is left at {options.sample_rate} Hz")
    return resampled


def _trimmed(audio: Floats, options: ChainOptions) -> tuple[Floats, float]:
    """The audio without silence at its ends, and how much was cut at its start, s."""
    if options.trim is None:
        return audio, 0.0
    rate = options.sample_rate
    frame, hop = max(round(_FRAME * rate), 1), max(round(_HOP * rate), 1)
    count = max(-(-(len(audio) - frame) // hop), 0) + 1
    padded = np.zeros((count - 1) * hop + frame)
    padded[: len(audio)] = audio
    power = np.square(np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]).mean(axis=1)
    heard = np.flatnonzero(power > power.max() * 10 ** (options.trim / 10))
    padding = round(options.trim_padding * rate)
    start = max(int(heard[0]) * hop - padding, 0)
    end = min(int(heard[-1]) * hop + frame + padding, len(audio))
    return audio[start:end], start / rate


def _levelled(audio: Floats, options: ChainOptions) -> tuple[Floats, float, bool]:
    """The audio at its level, the gain in dB, and whether the ceiling lowered it."""
    peak = 20 * np.log10(np.abs(audio).max())
    gain = options.gain
    if options.loudness is not None:
        gain = options.loudness - integrated_loudness(audio, options.sample_rate)
    elif options.peak is not None:
        gain = options.peak - peak
    limited = bool(peak + gain > options.ceiling + _ROUNDING)
    if limited:
        gain = options.ceiling - peak
    if gain == 0:
        return audio, 0.0, limited
    return audio * 10 ** (gain / 20), float(gain), limited


def _fitted(audio: Floats, offset: float, gain: float, limited: bool, options: ChainOptions) -> Finished:
    size, rate = options.num_samples, options.sample_rate
    duration, cropped = len(audio) / rate, 0.0
    clip = np.zeros(size, np.float32)
    if len(audio) > size:
        if options.fit == "refuse":
            raise UtteranceError(f"takes {duration:.3f} s, which is more than the clip's {options.duration:g} s")
        cropped = (len(audio) - size) / rate
        clip[:] = audio[:size]
        fade = min(round(options.fade * rate), size)
        clip[size - fade :] *= (0.5 + 0.5 * np.cos(np.pi * np.arange(1, fade + 1) / max(fade, 1))).astype(np.float32)
    else:
        start = (size - len(audio)) // 2 if options.align == "center" else 0
        clip[start : start + len(audio)] = audio
        offset += start / rate
    return Finished(clip, duration, offset, gain, limited, cropped)


def to_samples(audio: npt.NDArray[np.float32], sample_format: Literal["pcm16", "float32"]) -> npt.NDArray[Any]:
    """Audio as it is stored: int16 ``round(32767 y)``, half to even, or float32.

    Raises:
        UtteranceError: A sample is beyond full scale: it would clip.
    """
    if sample_format == "float32":
        return audio
    if np.abs(audio).max(initial=0) > 1:
        raise UtteranceError(f"has a sample of {np.abs(audio).max():.4f}, which is beyond full scale")
    return np.rint(audio.astype(np.float64) * _FULL_SCALE).astype(np.int16)
