"""The tone kernel on one thread, against filling the same memory, NumPy, torch and scipy.

Predicted: naive shapes need 3 to 6 vector operations a sample and one store, so that the store decides: 0.8 to 1 of
the fill rate, the sine (rotation: two multiplications, an addition) as well; polyBLEP two to three times the
arithmetic, 0.3 to 0.6. NumPy makes several passes over temporaries: 5 to 20 times slower.

Measured where memory is filled at 4 to 5 G samples/s (AVX-512): naive 0.80 to 0.96, polyBLEP 0.49 to 0.87, NumPy only
4 times slower. On a machine that fills the same 32 MB from its cache, at 6 to 10 G samples/s, the sine reached 0.54 to
0.68. Three causes were found. The atomic counter of rows waited for all stores of the row before: rows are now taken
in pieces. The sines of the blocks went through memory as single words and were read back as vectors. And checking the
arguments, 40 microseconds when timed alone, took 300 after a batch that had emptied the caches: it is now one native
call in place of fifteen of NumPy's. Since then, there: naive 0.70 to 0.78 (single runs 0.65 to 1.2), polyBLEP 0.37 to
0.74; forced on that machine, AVX2 naive 0.71 to 0.79, polyBLEP 0.29 to 0.72, and the scalar path, which misses both
targets, 0.52 to 0.64 and 0.13 to 0.51. Stores past the caches, prefetching, and blocks shifted to the lines of the
cache were tried and gained nothing.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import signal

from benchmarks.table import Row, alternating
from synthkit import _core
from synthkit.ops import tone

__all__ = ["run"]

_RATE = 16000
_SCIPY_ROWS = 20


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Time all shapes; returns the table's title and rows."""
    rows_count, rounds = (40, 1) if smoke else (500, 9)
    out = np.empty((rows_count, _RATE), np.float32)
    # 25 frequencies x 20 amplitudes: the grid that the honest NumPy baseline makes use of.
    levels = max(rows_count // 20, 1)
    frequency = np.repeat(np.linspace(100, 7000, levels), rows_count // levels)
    amplitude = np.resize(np.linspace(0.1, 0.9, rows_count // levels), rows_count)
    _check(frequency, amplitude)
    torch.set_num_threads(1)
    rows: list[Row] = []
    chosen = _core.cpu.path()
    try:
        for path in reversed(_core.cpu.paths()):
            _core.cpu.set_path(path)
            for waveform in tone.WAVEFORMS:
                rows += _against_fill(waveform, frequency, amplitude, out, rounds)
    finally:
        _core.cpu.set_path(chosen)
    rows += _baselines(frequency, amplitude, out, rounds)
    return "tone kernel, 1 thread, float32 into a given buffer", rows


def _render(waveform: str, antialias: str, frequency: np.ndarray, amplitude: np.ndarray, out: np.ndarray) -> None:
    tone.render(
        waveform,
        frequency,
        amplitude,
        sample_rate=_RATE,
        num_samples=out.shape[1],
        antialias=antialias,
        threads=1,
        out=out,
    )


def _exact(waveform: str, phase: np.ndarray) -> np.ndarray:
    """The naive wave at phases in radians, float64."""
    if waveform == "sine":
        return np.sin(phase)
    if waveform == "square":
        return signal.square(phase)
    return signal.sawtooth(phase, 0.5 if waveform == "triangle" else 1.0)


def _check(frequency: np.ndarray, amplitude: np.ndarray) -> None:
    """What is timed is right: every tenth row against scipy in float64; polyBLEP against the twin, bit for bit."""
    picked = slice(None, None, max(len(frequency) // 50, 1))
    f, a = frequency[picked] + 0.123, amplitude[picked]
    out = np.empty((len(f), 2000), np.float32)
    time = np.arange(2000) / _RATE
    for waveform in tone.WAVEFORMS:
        _render(waveform, "none", f, a, out)
        exact = a[:, None] * _exact(waveform, 2 * np.pi * f[:, None] * time)
        # A step may fall on the other side of a sample by rounding of 2 pi f t; nothing else may differ.
        assert np.mean(np.abs(out - exact) > 2e-6) < 1e-3, waveform
        _render(waveform, "polyblep", f, a, out)
        twin = tone.render(
            waveform, f, a, sample_rate=_RATE, num_samples=2000, antialias="polyblep", device="reference"
        )
        assert out.tobytes() == twin.tobytes(), waveform


def _against_fill(
    waveform: str, frequency: np.ndarray, amplitude: np.ndarray, out: np.ndarray, rounds: int
) -> list[Row]:
    best = alternating(
        rounds,
        fill=lambda: out.fill(0.5),
        none=lambda: _render(waveform, "none", frequency, amplitude, out),
        polyblep=lambda: _render(waveform, "polyblep", frequency, amplitude, out),
    )
    baseline = f"fill, {_rate(out.size, best['fill'])}"
    targets = {"none": ">= 0.7", "polyblep": ">= 0.3"}
    return [
        Row(
            f"{_core.cpu.path()}: {waveform}, {name}",
            _rate(out.size, best[name]),
            baseline,
            best["fill"] / best[name],
            target,
        )
        for name, target in targets.items()
    ]


def _baselines(frequency: np.ndarray, amplitude: np.ndarray, out: np.ndarray, rounds: int) -> list[Row]:
    """How many times faster than what a user would write."""
    time = np.arange(_RATE) / _RATE
    shapes = np.unique(frequency)
    phases = torch.from_numpy((2 * np.pi * frequency[:, None] * time).astype(np.float32))
    gains = torch.from_numpy(amplitude.astype(np.float32))[:, None]

    def scaled() -> None:
        """Each shape once, then scaled: the honest NumPy way."""
        waves = np.sin(2 * np.pi * shapes[:, None] * time).astype(np.float32)
        np.multiply(
            waves[:, None, :],
            amplitude.reshape(len(shapes), -1)[:, :, None].astype(np.float32),
            out=out.reshape(len(shapes), -1, _RATE),
        )

    def looped() -> None:
        for i in range(min(_SCIPY_ROWS, len(frequency))):
            out[i] = amplitude[i] * signal.sawtooth(2 * np.pi * frequency[i] * time)

    best = alternating(
        rounds,
        sine=lambda: _render("sine", "none", frequency, amplitude, out),
        sawtooth=lambda: _render("sawtooth", "none", frequency, amplitude, out),
        torch=lambda: torch.sin(phases) * gains,
        numpy=scaled,
        scipy=looped,
    )
    ours = out.size / best["sine"]
    saw = out.size / best["sawtooth"]
    scipy_rate = min(_SCIPY_ROWS, len(frequency)) * _RATE / best["scipy"]
    return [
        Row("sine", _rate(out.size, best["sine"]), "torch.sin of ready phases", ours / (out.size / best["torch"])),
        Row("sine", _rate(out.size, best["sine"]), "NumPy, each shape once", ours / (out.size / best["numpy"])),
        Row("sawtooth", _rate(out.size, best["sawtooth"]), "scipy.signal in a loop", saw / scipy_rate),
    ]


def _rate(samples: int, seconds: float) -> str:
    return f"{samples / seconds / 1e9:.2f} G samples/s"
