"""What a tone is asked for with, checked and brought to one dtype and layout."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError

__all__ = ["ANTIALIAS", "WAVEFORMS", "Envelope", "Noise", "ToneInput", "Tremolo", "Vibrato", "gather"]

WAVEFORMS = ("sine", "square", "sawtooth", "triangle")
ANTIALIAS = ("none", "polyblep", "additive")
Numbers = float | npt.ArrayLike
_MAX_SAMPLES = 2**31 - 1
_MAX_BEND = 2.0**19
_MAX_HARMONICS = 2**22
_MIN_SNR = -200.0
_HUGE = 1e300  # stands for "any finite number"
Column = npt.NDArray[np.float64] | float


class Envelope(NamedTuple):
    """Linear ADSR; the release ends at the clip's end.

    Attributes:
        attack: From silence to full level, s.
        decay: From full level to sustain, s.
        sustain: Level held, 0 to 1.
        release: From sustain to silence, s.
    """

    attack: Numbers
    decay: Numbers
    sustain: Numbers
    release: Numbers


class Vibrato(NamedTuple):
    """Sinusoidal frequency modulation: the frequency is f (1 + d sin 2 pi rate t), d = 2^(depth / 1200) - 1.

    Attributes:
        rate: Hz.
        depth: Peak deviation, cents.
    """

    rate: Numbers
    depth: Numbers


class Tremolo(NamedTuple):
    """Sinusoidal amplitude modulation: the gain is 1 - depth (1 - cos 2 pi rate t) / 2.

    Attributes:
        rate: Hz.
        depth: 0 to 1.
    """

    rate: Numbers
    depth: Numbers


class Noise(NamedTuple):
    """White Gaussian noise, a pure function of (key, index, stream, sample number).

    Attributes:
        snr: Power of the steady tone (before envelope and tremolo) over that of the noise, dB; infinity for none.
        key: 64-bit key.
        index: Number of each row, [N]; its position where None.
        stream: 32-bit number that keeps sets of rows apart.
    """

    snr: Numbers
    key: int
    index: Any = None
    stream: int = 0


@dataclass(frozen=True, slots=True)
class ToneInput:
    """A batch of tones for a backend.

    Attributes:
        waveform: int32 [N], positions in `WAVEFORMS`.
        settings: float64 [N, 14]: frequency, amplitude, phase, duty, rolloff, attack, decay, sustain, release,
            vibrato rate and depth, tremolo rate and depth, snr.
        index: uint64 [N].
        antialias: Position in `ANTIALIAS`.
        sample_rate: Hz.
        num_samples: Samples in a row.
        key: 64-bit key of the noise.
        stream: 32-bit stream of the noise.
        scalar: No argument was an array.
    """

    waveform: npt.NDArray[np.int32]
    settings: npt.NDArray[np.float64]
    index: npt.NDArray[np.uint64]
    antialias: int
    sample_rate: float
    num_samples: int
    key: int
    stream: int
    scalar: bool


def gather(
    waveform: str | Sequence[str] | npt.NDArray[Any],
    frequency: Numbers,
    amplitude: Numbers,
    *,
    phase: Numbers,
    sample_rate: float,
    num_samples: int,
    antialias: str,
    duty: Numbers,
    rolloff: Numbers | None,
    envelope: tuple[Any, ...] | None,
    vibrato: tuple[Any, ...] | None,
    tremolo: tuple[Any, ...] | None,
    noise: tuple[Any, ...] | None,
    allow_above_nyquist: bool,
) -> ToneInput:
    """Check everything that `render` takes; see there.

    Raises:
        InputError: With the argument, the row and the value.
    """
    mode = _position(antialias, ANTIALIAS, "antialias")
    _check_frame(sample_rate, num_samples)
    if rolloff is not None and antialias != "additive":
        raise InputError(f"rolloff: needs antialias='additive', not {antialias!r}")
    shape = _named(Envelope, envelope, (0.0, 0.0, 1.0, 0.0), "envelope")
    bend = _named(Vibrato, vibrato, (0.0, 0.0), "vibrato")
    swell = _named(Tremolo, tremolo, (0.0, 0.0), "tremolo")
    sound = _named(Noise, noise, (np.inf, 0, None, 0), "noise")
    columns = {
        "frequency": frequency,
        "amplitude": amplitude,
        "phase": phase,
        "duty": duty,
        "rolloff": 0.0 if rolloff is None else rolloff,
        "envelope.attack": shape[0],
        "envelope.decay": shape[1],
        "envelope.sustain": shape[2],
        "envelope.release": shape[3],
        "vibrato.rate": bend[0],
        "vibrato.depth": bend[1],
        "tremolo.rate": swell[0],
        "tremolo.depth": swell[1],
        "noise.snr": np.inf if sound[0] is None else sound[0],
    }
    arrays = {name: _numbers(name, value) for name, value in columns.items()}
    waves = _waveforms(waveform)
    n, scalar = _rows([waves, *arrays.values(), *([] if sound[2] is None else [np.asarray(sound[2])])])
    settings, lows, highs = _core.tone.settings(list(arrays.values()), n)
    least, most = dict(zip(arrays, lows, strict=True)), dict(zip(arrays, highs, strict=True))
    duration = num_samples / sample_rate
    if not _surely_good(least, most, sample_rate, duration, mode=antialias):
        ratio = _bend(arrays)
        _check_ranges(arrays, least, most)
        _check_nyquist(arrays, ratio, sample_rate, allow=allow_above_nyquist, mode=antialias)
        _check_envelope(arrays, duration)
        _check_vibrato(arrays, ratio)
        _check_rates(arrays, sample_rate)
        _check_harmonics(arrays, sample_rate, antialias)
    return ToneInput(
        waveform=waves if waves.shape == (n,) else np.full(n, waves, np.int32),
        settings=settings,
        index=_index(sound[2], n),
        antialias=mode,
        sample_rate=float(sample_rate),
        num_samples=int(num_samples),
        key=_word(sound[1], 64, "noise.key"),
        stream=_word(sound[3], 32, "noise.stream"),
        scalar=scalar,
    )


def is_real(value: Any) -> bool:
    """Whether a value is one finite number, and no bool."""
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return real and (isinstance(value, int | np.integer) or math.isfinite(value))


def _position(name: str, names: tuple[str, ...], what: str) -> int:
    if name not in names:
        raise InputError(f"{what}: {name!r} is none of: {', '.join(names)}")
    return names.index(name)


def _check_frame(sample_rate: float, num_samples: int) -> None:
    if not is_real(sample_rate) or not 0 < sample_rate < np.inf:
        raise InputError(f"sample_rate: must be > 0 Hz, not {sample_rate!r}")
    if not is_real(num_samples) or num_samples % 1 or not 1 <= num_samples <= _MAX_SAMPLES:
        raise InputError(f"num_samples: must be a whole number from 1 to {_MAX_SAMPLES}, not {num_samples!r}")


def _named(kind: Any, given: tuple[Any, ...] | None, default: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    if given is None:
        return default
    try:
        return tuple(kind(*given))
    except TypeError:
        raise InputError(f"{what}: must be {kind.__name__}({', '.join(kind._fields)}), not {given!r}") from None


def _numbers(name: str, value: Any) -> Column:
    if isinstance(value, float | int):
        return float(value)
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: must be a number or an array of numbers, not {value!r}") from None
    if array.ndim > 1:
        raise InputError(f"{name}: must be a number or of shape [N], not {list(array.shape)}")
    return array if array.ndim else float(array)


def _waveforms(waveform: Any) -> npt.NDArray[np.int32]:
    if isinstance(waveform, str):
        return np.asarray(_position(waveform, WAVEFORMS, "waveform"), np.int32)
    array = np.asarray(waveform)
    if array.ndim > 1:
        raise InputError(f"waveform: must be a name or of shape [N], not {list(array.shape)}")
    if array.dtype.kind in "iu":
        if array.size and not (int(array.min()) >= 0 and int(array.max()) < len(WAVEFORMS)):
            raise InputError(f"waveform: numbers must be 0 to {len(WAVEFORMS) - 1}")
        return array.astype(np.int32)
    numbers = {name: i for i, name in enumerate(WAVEFORMS)}
    try:
        return np.array([numbers[name] for name in array.tolist()], np.int32)
    except (KeyError, TypeError):
        wrong = next((name for name in np.atleast_1d(array).tolist() if name not in numbers), waveform)
        raise InputError(f"waveform: {wrong!r} is none of: {', '.join(WAVEFORMS)}") from None


def _rows(arrays: list[Any]) -> tuple[int, bool]:
    """Number of rows, and whether all is scalar."""
    sizes = sorted({len(array) for array in arrays if not isinstance(array, float) and array.ndim})
    if len(sizes) > 1 and not (len(sizes) == 2 and sizes[0] == 1):
        raise InputError(f"arrays of different lengths: {', '.join(map(str, sizes))}")
    return (sizes[-1] if sizes else 1), not sizes


_LIMITS = {
    "frequency": ("> 0 Hz", 0.0, np.inf, True),
    "amplitude": ("from 0 to 1", 0.0, 1.0, False),
    "phase": ("finite", -np.inf, np.inf, True),
    "duty": ("inside of (0, 1)", 0.0, 1.0, True),
    "rolloff": (">= 0 dB/octave", 0.0, _HUGE, False),
    "envelope.attack": (">= 0 s", 0.0, _HUGE, False),
    "envelope.decay": (">= 0 s", 0.0, _HUGE, False),
    "envelope.sustain": ("from 0 to 1", 0.0, 1.0, False),
    "envelope.release": (">= 0 s", 0.0, _HUGE, False),
    "vibrato.rate": (">= 0 Hz", 0.0, _HUGE, False),
    "vibrato.depth": (">= 0 cents", 0.0, _HUGE, False),
    "tremolo.rate": (">= 0 Hz", 0.0, _HUGE, False),
    "tremolo.depth": ("from 0 to 1", 0.0, 1.0, False),
    "noise.snr": (f">= {_MIN_SNR:g} dB", _MIN_SNR, np.inf, False),
}


def _first_bad(good: npt.NDArray[np.bool_] | np.bool_ | bool) -> int | None:
    """First row that is not good, None where all are; scalars stand for row 0."""
    if isinstance(good, bool):  # of Python floats, and quick
        return None if good else 0
    array = np.asarray(good)
    return None if array.all() else int(np.argmin(array))


def _at(column: Column, row: int) -> float:
    if isinstance(column, float) or column.ndim == 0:
        return float(column)
    return float(column[row if len(column) > 1 else 0])


def _within(name: str, least: float, most: float) -> bool:
    """Whether a column of these extremes keeps to its limits; NaN does not."""
    _, low, high, is_open = _LIMITS[name]
    return (low < least and most < high) or (not is_open and low <= least and most <= high)


def _surely_good(
    least: Mapping[str, float], most: Mapping[str, float], sample_rate: float, duration: float, *, mode: str
) -> bool:
    """Whether the columns' extremes alone show that all is well; where not, the checks below look row by row."""
    return (
        all(_within(name, least[name], most[name]) for name in _LIMITS)
        and most["frequency"] < sample_rate / 2
        and most["envelope.attack"] + most["envelope.decay"] + most["envelope.release"] <= duration
        and (most["vibrato.rate"] == 0.0 or most["vibrato.depth"] == 0.0)
        and max(most["vibrato.rate"], most["tremolo.rate"]) < sample_rate / 2
        and (mode != "additive" or sample_rate / 2 / least["frequency"] <= _MAX_HARMONICS)
    )


def _check_ranges(arrays: Mapping[str, Column], least: Mapping[str, float], most: Mapping[str, float]) -> None:
    for name, column in arrays.items():
        if _within(name, least[name], most[name]):
            continue
        words, low, high, is_open = _LIMITS[name]
        row = _first_bad((column > low) & (column < high) if is_open else (column >= low) & (column <= high))
        if row is not None:
            raise InputError(f"{name}: row {row}: must be {words}, not {_at(column, row):g}")


def _bend(arrays: Mapping[str, Column]) -> Column:
    """Largest ratio of the instantaneous frequency to the carrier's; 1 where there is no vibrato."""
    rate, depth = arrays["vibrato.rate"], arrays["vibrato.depth"]
    if any(isinstance(column, float) and column == 0.0 for column in (rate, depth)):
        return 1.0
    return np.where(np.asarray(rate) > 0, 2.0 ** (np.asarray(depth) / 1200.0), 1.0)


def _check_nyquist(arrays: Mapping[str, Column], bend: Column, sample_rate: float, *, allow: bool, mode: str) -> None:
    highest = arrays["frequency"] * bend
    limit, name = (sample_rate, "sample rate") if allow and mode == "none" else (sample_rate / 2, "Nyquist frequency")
    row = _first_bad(highest < limit)
    if row is not None:
        frequency = _at(arrays["frequency"], row)
        vibrato = f" ({_at(highest, row):g} Hz with vibrato)" if _at(highest, row) > frequency else ""
        raise InputError(f"frequency: row {row}: {frequency:g} Hz{vibrato} is at or above the {name}, {limit:g} Hz")


def _check_envelope(arrays: Mapping[str, Column], duration: float) -> None:
    total = arrays["envelope.attack"] + arrays["envelope.decay"] + arrays["envelope.release"]
    row = _first_bad(total <= duration * (1 + 1e-12))
    if row is not None:
        raise InputError(f"envelope: row {row}: attack + decay + release = {_at(total, row):g} s in {duration:g} s")


def _check_vibrato(arrays: Mapping[str, Column], bend: Column) -> None:
    if isinstance(bend, float):
        return
    rate = np.maximum(arrays["vibrato.rate"], np.finfo(np.float64).tiny)
    depth = np.asarray(arrays["frequency"] * (bend - 1.0) / (np.pi * rate))
    row = _first_bad(depth < _MAX_BEND)
    if row is not None:
        raise InputError(f"vibrato: row {row}: too slow and deep: the phase moves by {_at(depth, row):g} cycles")


def _check_rates(arrays: Mapping[str, Column], sample_rate: float) -> None:
    for name in ("vibrato.rate", "tremolo.rate"):
        row = _first_bad(arrays[name] < sample_rate / 2)
        if row is not None:
            rate = _at(arrays[name], row)
            raise InputError(
                f"{name}: row {row}: {rate:g} Hz is at or above half the sample rate, {sample_rate / 2:g} Hz"
            )


def _check_harmonics(arrays: Mapping[str, Column], sample_rate: float, mode: str) -> None:
    if mode != "additive":
        return
    count = np.asarray(sample_rate / 2 / arrays["frequency"])
    row = _first_bad(count <= _MAX_HARMONICS)
    if row is not None:
        frequency = _at(arrays["frequency"], row)
        raise InputError(f"frequency: row {row}: {frequency:g} Hz has {_at(count, row):.3g} harmonics below Nyquist")


def _index(index: Any, n: int) -> npt.NDArray[np.uint64]:
    if index is None:
        return np.arange(n, dtype=np.uint64)
    array = np.asarray(index)
    if array.dtype.kind not in "iu" or (array.size and int(array.min()) < 0):
        raise InputError("noise.index: must be whole numbers >= 0")
    return np.ascontiguousarray(np.broadcast_to(array, n), dtype=np.uint64)


def _word(value: Any, bits: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= int(value) < 2**bits:
        raise InputError(f"{name}: must be a whole number from 0 to 2^{bits} - 1, not {value!r}")
    return int(value)
