"""Draws waveforms.png: the four waves of SynTone and their spectra, naive and band-limited.

Run from the project's root, with the extra ``plot``: ``python docs/figures/waveforms.py``.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

from synthkit.ops import tone

mpl.use("Agg")
from matplotlib import pyplot as plt

RATE = 16000
LOW, HIGH = 440.0, 2594.0
NAMES = ("sine", "triangle", "sawtooth", "square")
BLUE, RED = "#1f5fa8", "#c8553d"


def clip(name: str, frequency: float, antialias: str) -> np.ndarray:
    """One second of a wave of amplitude 0.75, float32 [16000]."""
    return tone.render(name, frequency, 0.75, sample_rate=RATE, num_samples=RATE, antialias=antialias)


def decibels(samples: np.ndarray) -> np.ndarray:
    """Spectrum in dB of full scale, float64 [8001]; a 4-term Blackman-Harris window, whose side lobes are at -92 dB."""
    n = 2 * np.pi * np.arange(RATE) / RATE
    window = 0.35875 - 0.48829 * np.cos(n) + 0.14128 * np.cos(2 * n) - 0.01168 * np.cos(3 * n)
    size = np.abs(np.fft.rfft(samples * window)) / (window.sum() / 2)
    return 20 * np.log10(np.maximum(size, 1e-7))


def draw() -> plt.Figure:
    """Four columns, a wave each: two periods above, spectra below."""
    figure, rows = plt.subplots(2, 4, figsize=(12, 5.2), sharey="row", constrained_layout=True)
    milliseconds = np.arange(RATE) / RATE * 1000
    shown = milliseconds < 2000 / LOW
    for name, wave, spectrum in zip(NAMES, *rows, strict=True):
        wave.plot(milliseconds[shown], clip(name, LOW, "none")[shown], color=RED, lw=0.9, label="naive")
        wave.plot(milliseconds[shown], clip(name, LOW, "additive")[shown], color=BLUE, lw=1.4, label="band-limited")
        wave.set(title=f"{name}, {LOW:g} Hz", xlabel="ms", ylim=(-1.05, 1.05))
        wave.grid(alpha=0.25)
        spectrum.plot(decibels(clip(name, HIGH, "none")), color=RED, lw=0.7, label="naive")
        spectrum.plot(decibels(clip(name, HIGH, "additive")), color=BLUE, lw=1.1, label="band-limited")
        spectrum.set(title=f"{name}, {HIGH:g} Hz", xlabel="Hz", xlim=(0, RATE / 2), ylim=(-130, 5))
        spectrum.grid(alpha=0.25)
    rows[0][0].set_ylabel("sample")
    rows[1][0].set_ylabel("dB of full scale")
    rows[1][0].legend(loc="upper right", fontsize=8)
    return figure


if __name__ == "__main__":
    # Without metadata, so that the same picture gives the same file.
    draw().savefig(Path(__file__).with_suffix(".png"), dpi=110, metadata={"Software": None})
