"""Tones: sine, square, sawtooth and triangle, naive or band-limited, modulated, with noise.

Conventions are those of ``scipy.signal``: at phase 0 a sine is 0 and rises, a square goes to +1, a sawtooth and a
triangle are at -1 and rise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.cuda.module import is_cuda
from synthkit.ops.reference import tone as reference
from synthkit.ops.threads import thread_count
from synthkit.ops.tone_input import (
    ANTIALIAS,
    WAVEFORMS,
    Envelope,
    Noise,
    Numbers,
    ToneInput,
    Tremolo,
    Vibrato,
    gather,
)

__all__ = ["ANTIALIAS", "BACKENDS", "WAVEFORMS", "Envelope", "Noise", "Tremolo", "Vibrato", "peak_bound", "render"]

_DTYPES: dict[str, np.dtype[Any]] = {
    "float32": np.dtype(np.float32),
    "int16": np.dtype(np.int16),
    "pcm16": np.dtype(np.int16),
    "bfloat16": np.dtype(np.uint16),
}
# The largest magnitude that still rounds to 32767.
_FITS = 1.0 + 0.5 / 32767
_NOISE_PEAK = 5.9  # standard deviations: Box-Muller from 24-bit uniforms ends at sqrt(50 ln 2) = 5.888
# Peaks of partial sums of the ideal wave of peak 1, over all numbers of harmonics; see test_peak_bound_holds.
_ADDITIVE_PEAK = {"sine": 1.0, "sawtooth": 1.1790, "triangle": 1.0, "square": 1.2733}


def render(
    waveform: str | Sequence[str] | npt.NDArray[Any],
    frequency: Numbers,
    amplitude: Numbers,
    *,
    phase: Numbers = 0.0,
    sample_rate: float,
    num_samples: int,
    antialias: str = "none",
    duty: Numbers = 0.5,
    rolloff: Numbers | None = None,
    envelope: tuple[Any, ...] | None = None,
    vibrato: tuple[Any, ...] | None = None,
    tremolo: tuple[Any, ...] | None = None,
    noise: tuple[Any, ...] | None = None,
    dtype: str = "float32",
    threads: int | None = None,
    out: Any = None,
    device: str = "cpu",
    stream: Any = None,
    check_peaks: bool = True,
    allow_above_nyquist: bool = False,
) -> Any:
    """Render tones: y = amplitude * wave * envelope * tremolo + noise, sample n at n / sample_rate seconds.

    Numbers may be scalars or arrays [N]; they broadcast. The result has the same bits on any machine, for any number
    of threads and any batch.

    Args:
        waveform: A name out of `WAVEFORMS`, N names, or positions in `WAVEFORMS` as integers [N].
        frequency: Fundamental, Hz, 0 < frequency < sample_rate / 2 (vibrato included).
        amplitude: Peak of the ideal wave, 0 to 1 (full scale); ``additive`` overshoots: see `peak_bound`.
        phase: At sample 0, radians.
        sample_rate: Samples per second, Hz.
        num_samples: Samples in each row.
        antialias: ``none``: naive shapes. ``polyblep``: two-sample polynomial correction of steps and corners
            (Valimaki, Pekonen and Nam 2012). ``additive``: the exact sum of all harmonics below Nyquist.
        duty: Share of a square's period that is high, inside of (0, 1).
        rolloff: With ``additive`` only: harmonic k is lowered by ``rolloff`` * log2(k) dB; >= 0 dB/octave.
        envelope: `Envelope` (attack s, decay s, sustain 0..1, release s); they must fit into the clip.
        vibrato: `Vibrato` (rate Hz, depth cents).
        tremolo: `Tremolo` (rate Hz, depth 0..1).
        noise: `Noise` (snr dB, key, index, stream).
        dtype: ``float32``; ``int16`` (also ``pcm16``): 32767 y rounded half to even, what does not fit is refused;
            ``bfloat16``: float32 rounded half to even, in NumPy, which has no such type, as its bits (uint16).
        threads: Threads; None for one a core.
        out: Where to write: of the result's shape and dtype; rows may be apart, samples not. With ``cuda`` an array of
            torch, CuPy or Numba on that GPU, or a NumPy array, which gets a copy.
        device: Name of a backend: ``cpu``, ``reference`` (NumPy, slow), or a GPU: ``cuda``, ``cuda:1``.
        stream: With ``cuda``, where the work is queued: a stream of torch or CuPy, or its handle; by default the one
            that ``out``'s library uses now, else CUDA's default stream. Nothing is waited for but the peaks of int16.
        check_peaks: Whether an int16 sample that does not fit is looked for. Where `peak_bound` has shown that there is
            none this may be False; what does not fit would then become the greatest number that does.
        allow_above_nyquist: Let naive waves through up to the sample rate.

    Returns:
        [N, num_samples], or [num_samples] where no argument is an array; ``out`` where it is given. With ``cuda`` a
        `synthkit.ops.cuda.arrays.DeviceArray`, which torch, CuPy and JAX take by DLPack without a copy.

    Raises:
        InputError: An argument is wrong (named with row and value), an int16 sample would clip, or there is no such
            GPU.
        WorkError: The GPU failed, or has not the memory.
    """
    on_gpu = is_cuda(device)
    if not on_gpu and (not isinstance(device, str) or device not in BACKENDS):
        raise InputError(f"device: {device!r} is none of: {', '.join(BACKENDS)}")
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise InputError(f"dtype: {dtype!r} is none of: {', '.join(_DTYPES)}")
    tones = gather(
        waveform,
        frequency,
        amplitude,
        phase=phase,
        sample_rate=sample_rate,
        num_samples=num_samples,
        antialias=antialias,
        duty=duty,
        rolloff=rolloff,
        envelope=envelope,
        vibrato=vibrato,
        tremolo=tremolo,
        noise=noise,
        allow_above_nyquist=allow_above_nyquist,
    )
    if on_gpu and not isinstance(out, np.ndarray):
        return _render_there(tones, "int16" if dtype == "pcm16" else dtype, out, device, stream, check_peaks)
    shape = (num_samples,) if tones.scalar else (len(tones.waveform), num_samples)
    result = _output(out, shape, _DTYPES[dtype])
    rows = result.reshape(1, num_samples) if tones.scalar else result
    count = thread_count(threads)
    if not rows.size:
        return result
    peaks = _on_gpu(tones, rows, count, str(device)) if on_gpu else BACKENDS[device](tones, rows, count)
    if rows.dtype == np.int16 and check_peaks:
        _refuse_clipping(peaks, tones)
    return result


def peak_bound(waveform: str, *, antialias: str, duty: float = 0.5, snr: float = float("inf")) -> float:
    """An upper bound for |y| / amplitude of a tone, up to 1e-6 of rounding; envelope and tremolo at their loudest.

    Args:
        waveform: A name out of `WAVEFORMS`.
        antialias: A name out of `ANTIALIAS`; any rolloff >= 0 is covered.
        duty: Share of a square's period that is high.
        snr: dB; infinity for no noise.
    """
    peak = 1.0
    if antialias == "additive":
        peak = _ADDITIVE_PEAK[waveform]
        if waveform == "square" and duty != 0.5:
            # Offset |2 d - 1|, and two steps of height 2 whose partial sums stay within (2 / pi) Si(pi) each.
            peak = abs(2 * duty - 1) + 2 * 1.1790
    noise = 0.0 if snr == float("inf") else _NOISE_PEAK * peak * 10.0 ** (-snr / 20.0)
    return float(peak + noise)


def _native(tones: ToneInput, rows: npt.NDArray[Any], threads: int) -> npt.NDArray[np.float32]:
    return _core.tone.render(
        tones.waveform,
        tones.settings,
        tones.index,
        antialias=tones.antialias,
        sample_rate=tones.sample_rate,
        key=tones.key,
        stream=tones.stream,
        out=rows,
        threads=threads,
    )


def _twin(tones: ToneInput, rows: npt.NDArray[Any], _threads: int) -> npt.NDArray[np.float32]:
    return reference.render_into(tones, rows)


def _on_gpu(tones: ToneInput, rows: npt.NDArray[Any], _threads: int, device: str = "cuda") -> npt.NDArray[np.float32]:
    from synthkit.ops.cuda.tone import render_into_host

    dtype = next(name for name, known in _DTYPES.items() if known == rows.dtype)
    return render_into_host(tones, rows, dtype, device=device)


def _render_there(tones: ToneInput, dtype: str, out: Any, device: Any, stream: Any, check_peaks: bool) -> Any:
    from synthkit.ops.cuda.tone import render as render_on_gpu

    result, peaks = render_on_gpu(tones, dtype, out, device=str(device), stream=stream, want_peaks=check_peaks)
    if peaks is not None:
        _refuse_clipping(peaks, tones)
    return result


# What renders into rows of the host's memory.
BACKENDS: dict[str, Callable[[ToneInput, npt.NDArray[Any], int], npt.NDArray[np.float32]]] = {
    "cpu": _native,
    "reference": _twin,
    "cuda": _on_gpu,
}


def _output(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray):
        raise InputError(f"out: must be a NumPy array, not {type(out).__name__}")
    if out.dtype != dtype or out.shape != shape:
        raise InputError(f"out: must be {dtype} {list(shape)}, not {out.dtype} {list(out.shape)}")
    if not out.flags.writeable:
        raise InputError("out: is read-only")
    if out.size and out.shape[-1] > 1 and out.strides[-1] != out.itemsize:
        raise InputError("out: the samples of a row must lie side by side")
    if not out.flags.aligned:
        raise InputError(f"out: must be aligned to its {out.itemsize}-byte samples")
    if out.ndim == 2 and out.shape[0] > 1 and abs(out.strides[0]) < out.shape[1] * out.itemsize:
        raise InputError("out: rows overlap")
    return out


def _refuse_clipping(peaks: npt.NDArray[np.float32], tones: ToneInput) -> None:
    over = np.flatnonzero(~(peaks <= _FITS))
    if len(over):
        row = int(over[0])
        amplitude, peak = float(tones.settings[row, 1]), float(peaks[row])
        raise InputError(
            f"amplitude: row {row}: a {WAVEFORMS[tones.waveform[row]]} of amplitude {amplitude:g} reaches {peak:.4g} "
            f"of full scale and would clip in {len(over)} row(s); at most {amplitude / peak:.4g} fits there"
        )
