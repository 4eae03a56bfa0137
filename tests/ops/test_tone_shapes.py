"""Tones against tables worked by hand, scipy.signal and textbook sums in float64."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from synthkit.ops import tone

HALF = np.sqrt(0.5)
BACKENDS = sorted(tone.BACKENDS)


@pytest.mark.parametrize("device", BACKENDS)
@pytest.mark.parametrize(
    ("waveform", "wanted"),
    [
        ("sine", [0, HALF, 1, HALF, 0, -HALF, -1, -HALF]),
        ("square", [1, 1, 1, 1, -1, -1, -1, -1]),
        ("sawtooth", [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75]),
        ("triangle", [-1, -0.5, 0, 0.5, 1, 0.5, 0, -0.5]),
    ],
)
def test_one_period_of_eight_samples(device, waveform, wanted):
    y = tone.render(waveform, 1000.0, 1.0, sample_rate=8000, num_samples=24, device=device)
    np.testing.assert_allclose(y, np.tile(wanted, 3), atol=3e-7, rtol=0)


@pytest.mark.parametrize("waveform", ["square", "sawtooth", "triangle"])
@pytest.mark.parametrize("frequency", [440.0, 1000.0, 3123.4])
def test_naive_is_scipy(waveform, frequency):
    rate, count = 48000, 48000
    angle = 2 * np.pi * frequency * np.arange(count) / rate + 0.3
    wanted = {
        "square": lambda: signal.square(angle),
        "sawtooth": lambda: signal.sawtooth(angle),
        "triangle": lambda: signal.sawtooth(angle, 0.5),
    }[waveform]()
    y = tone.render(waveform, frequency, 1.0, phase=0.3, sample_rate=rate, num_samples=count)
    np.testing.assert_allclose(y, wanted, atol=5e-7, rtol=0)


def test_edges_fall_on_their_right_side_for_an_hour():
    # Eight samples a period: every fourth is an edge exactly; scipy's own float phase would have drifted over it.
    y = tone.render("square", 1000.0, 1.0, sample_rate=8000, num_samples=8000 * 3600 // 4)
    assert np.array_equal(y.reshape(-1, 8), np.broadcast_to(np.repeat([1, -1], 4), (len(y) // 8, 8)))


@pytest.mark.parametrize("frequency", [27.5, 997.0, 12345.678])
def test_sine_for_a_minute(frequency):
    rate = 48000
    n = np.arange(60 * rate)
    cycles = np.modf(frequency * n.astype(np.longdouble) / rate)[0].astype(np.float64)
    y = tone.render("sine", frequency, 1.0, sample_rate=rate, num_samples=len(n))
    assert np.max(np.abs(y - np.sin(2 * np.pi * cycles))) <= 1e-6


def _partial_sum(waveform, cycles, count, duty, rolloff):
    """The textbook series, float64: sums of `count` harmonics of the wave at `cycles`."""
    y = np.full_like(cycles, 2 * duty - 1 if waveform == "square" else 0.0)
    for k in range(1, count + 1):
        angle = 2 * np.pi * k * cycles
        term = {
            "sine": np.sin(angle) * (k == 1),
            "square": 4 / (np.pi * k) * np.sin(np.pi * k * duty) * np.cos(angle - np.pi * k * duty),
            "sawtooth": -2 / (np.pi * k) * np.sin(angle),
            "triangle": -8 / (np.pi * k) ** 2 * np.cos(angle) * (k % 2),
        }[waveform]
        y = y + term * 10 ** (-rolloff * np.log2(k) / 20)
    return y


@pytest.mark.parametrize("waveform", tone.WAVEFORMS)
@pytest.mark.parametrize(("duty", "rolloff"), [(0.5, 0.0), (0.2, 0.0), (0.7, 4.5)])
@pytest.mark.parametrize(("frequency", "count"), [(1000.0, 7), (311.1, 25), (5000.0, 1)])
def test_additive_is_the_partial_sum(waveform, duty, rolloff, frequency, count):
    n = np.arange(3000)
    cycles = frequency * n / 16000 + 0.4 / (2 * np.pi)
    y = tone.render(
        waveform, frequency, 0.5, phase=0.4, sample_rate=16000, num_samples=3000, antialias="additive", duty=duty,
        rolloff=rolloff,
    )  # fmt: skip
    np.testing.assert_allclose(y, 0.5 * _partial_sum(waveform, cycles, count, duty, rolloff), atol=3e-6, rtol=0)


def _off_grid(y, period_bins):
    """Share of the energy that is on no harmonic (nor at 0), for a frequency that is an exact bin."""
    power = np.abs(np.fft.rfft(y.astype(np.float64))) ** 2
    return power[np.arange(len(power)) % period_bins != 0].sum() / power[1:].sum()


@pytest.mark.parametrize("waveform", ["square", "sawtooth", "triangle"])
def test_aliases(waveform):
    # 2,999 Hz in 16,000 bins of 1 Hz is prime: aliases of its harmonics fall beside the grid.
    energy = {
        mode: _off_grid(tone.render(waveform, 2999.0, 0.7, sample_rate=16000, num_samples=16000, antialias=mode), 2999)
        for mode in tone.ANTIALIAS
    }
    assert 10 * np.log10(energy["additive"]) < -90
    assert energy["polyblep"] < 0.5 * energy["none"]


@pytest.mark.parametrize("waveform", ["square", "sawtooth", "triangle"])
def test_polyblep_is_naive_away_from_edges_and_the_middle_on_them(waveform):
    settings = {"sample_rate": 32000, "num_samples": 320}
    naive = tone.render(waveform, 1000.0, 0.5, **settings)
    smooth = tone.render(waveform, 1000.0, 0.5, antialias="polyblep", **settings)
    edges = np.arange(320) % 32 == 0
    if waveform != "sawtooth":
        edges |= np.arange(320) % 32 == 16
    assert np.array_equal(naive[~edges], smooth[~edges])
    if waveform != "triangle":
        np.testing.assert_allclose(smooth[edges], 0, atol=1e-6)
