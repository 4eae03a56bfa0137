"""peak_bound holds for everything that can be rendered, and is not wasteful where it can be close."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.ops import tone


@pytest.mark.parametrize("waveform", tone.WAVEFORMS)
@pytest.mark.parametrize("mode", tone.ANTIALIAS)
def test_bound_over_numbers_of_harmonics(waveform, mode):
    # f just below rate / (2 K): K harmonics. A high rate of samples a period finds the crests.
    frequency = 7999.9 / np.arange(1, 60)
    y = tone.render(waveform, frequency, 1.0, sample_rate=16000, num_samples=8000, antialias=mode)
    bound = tone.peak_bound(waveform, antialias=mode)
    assert np.abs(y).max() <= bound * (1 + 1e-6)


@pytest.mark.parametrize("duty", np.linspace(0.02, 0.98, 25))
def test_square_of_any_duty(duty):
    frequency = 7999.9 / np.arange(1, 60)
    y = tone.render("square", frequency, 1.0, sample_rate=16000, num_samples=8000, antialias="additive", duty=duty)
    assert np.abs(y).max() <= tone.peak_bound("square", antialias="additive", duty=duty)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(tone.WAVEFORMS),
    st.floats(50, 7000),
    st.floats(0.05, 0.95),
    st.floats(0, 20),
    st.floats(-10, 60),
    st.integers(0, 2**64 - 1),
)
def test_bound_with_everything(waveform, frequency, duty, rolloff, snr, key):
    y = tone.render(
        waveform, frequency, 0.5, duty=duty, rolloff=rolloff, sample_rate=16000, num_samples=4000,
        antialias="additive", tremolo=(5.0, 0.5), envelope=(0.05, 0.05, 0.7, 0.05), noise=(snr, key),
    )  # fmt: skip
    bound = tone.peak_bound(waveform, antialias="additive", duty=duty, snr=snr)
    assert np.abs(y).max() <= 0.5 * bound * (1 + 1e-6)
