"""What `render` refuses, and what its messages name."""

import re
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops import tone, tone_input

GOOD = dict(waveform="square", frequency=440.0, amplitude=0.5, sample_rate=16000, num_samples=100)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"waveform": "sinus"}, "waveform: 'sinus' is none of: sine"),
        ({"waveform": ["sine", "x"], "frequency": [1.0, 2.0]}, "waveform: 'x' is none of"),
        ({"waveform": np.array([0, 4])}, "waveform: numbers must be 0 to 3"),
        ({"frequency": 8000.0}, "frequency: row 0: 8000 Hz is at or above the Nyquist frequency, 8000 Hz"),
        ({"frequency": [100.0, 9000.0]}, "frequency: row 1: 9000 Hz"),
        ({"frequency": 0.0}, "frequency: row 0: must be > 0 Hz, not 0"),
        ({"frequency": -3.0}, "frequency: row 0: must be > 0 Hz"),
        ({"frequency": [100.0, np.nan]}, "frequency: row 1: must be > 0 Hz, not nan"),
        ({"frequency": np.inf}, "frequency: row 0"),
        ({"frequency": "high"}, "frequency: must be a number"),
        ({"frequency": [[1.0]]}, "frequency: must be a number or of shape"),
        ({"frequency": [1.0, 2.0], "amplitude": [0.1, 0.2, 0.3]}, "arrays of different lengths: 2, 3"),
        ({"amplitude": 1.01}, "amplitude: row 0: must be from 0 to 1, not 1.01"),
        ({"amplitude": [0.5, -0.1]}, "amplitude: row 1: must be from 0 to 1"),
        ({"amplitude": np.nan}, "amplitude: row 0"),
        ({"phase": np.inf}, "phase: row 0: must be finite"),
        ({"duty": 0.0}, r"duty: row 0: must be inside of \(0, 1\)"),
        ({"duty": 1.0}, "duty: row 0"),
        ({"rolloff": 3.0}, "rolloff: needs antialias='additive'"),
        ({"rolloff": -1.0, "antialias": "additive"}, "rolloff: row 0: must be >= 0"),
        ({"antialias": "best"}, "antialias: 'best' is none of: none, polyblep, additive"),
        ({"sample_rate": 0}, "sample_rate: must be > 0 Hz"),
        ({"sample_rate": np.nan}, "sample_rate"),
        ({"num_samples": 0}, "num_samples: must be a whole number from 1"),
        ({"num_samples": 1.5}, "num_samples"),
        ({"dtype": "float64"}, "dtype: 'float64' is none of"),
        ({"device": "tpu"}, "device: 'tpu' is none of: cpu"),
        ({"threads": 0}, "threads: must be a whole number from 1"),
        ({"threads": "two"}, "threads"),
        ({"threads": 10**12}, "threads"),
        ({"num_samples": "many"}, "num_samples"),
        ({"sample_rate": "fast"}, "sample_rate"),
        ({"device": ["cpu"]}, "device"),
        ({"vibrato": (1e30, 1.0)}, "vibrato.rate: row 0: 1e.30 Hz is at or above half the sample rate"),
        ({"tremolo": (8000.0, 0.5)}, "tremolo.rate: row 0"),
        ({"noise": (-1e4, 1)}, "noise.snr: row 0: must be >= -200 dB"),
        ({"out": np.zeros(402, np.uint8)[1:401].view(np.float32)}, "aligned"),
        ({"envelope": (0.1, 0.2)}, "envelope: must be Envelope"),
        ({"envelope": (-0.1, 0, 1, 0)}, "envelope.attack: row 0"),
        ({"envelope": (0, 0, 1.5, 0)}, "envelope.sustain: row 0: must be from 0 to 1"),
        ({"envelope": (0.005, 0.001, 1, 0.001)}, "envelope: row 0: attack"),
        ({"vibrato": (5.0, -1.0)}, "vibrato.depth"),
        ({"vibrato": (5.0, 1200.0), "frequency": 4000.0}, r"4000 Hz \(8000 Hz with vibrato\) is at or above"),
        ({"vibrato": (1e-6, 1000.0), "frequency": 4000.0}, "vibrato: row 0: too slow and deep"),
        ({"tremolo": (5.0, 1.5)}, "tremolo.depth"),
        ({"noise": (np.nan, 1)}, "noise.snr"),
        ({"noise": (10.0, -1)}, "noise.key: must be a whole number"),
        ({"noise": (10.0, 2**64)}, "noise.key"),
        ({"noise": (10.0, 1, [-1])}, "noise.index"),
        ({"noise": (10.0, 1, None, 2**32)}, "noise.stream"),
        ({"frequency": 0.0001, "antialias": "additive"}, "harmonics below Nyquist"),
        ({"out": [1]}, "out: must be a NumPy array"),
        ({"out": np.empty(99, np.float32)}, r"out: must be float32 \[100\], not float32 \[99\]"),
        ({"out": np.empty(100, np.float64)}, "out: must be float32"),
        ({"out": np.empty(200, np.float32)[::2]}, "side by side"),
        ({"out": np.broadcast_to(np.float32(0), (100,))}, "read-only"),
    ],
)
@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_refused(change, message, backend):
    with pytest.raises(InputError, match=message):
        tone.render(**(GOOD | {"device": backend} | change))


def test_overlapping_rows_are_refused():
    raw = np.zeros(300, np.float32)
    rows = np.lib.stride_tricks.as_strided(raw, (2, 100), (40, 4))
    with pytest.raises(InputError, match="overlap"):
        tone.render(**(GOOD | {"frequency": [1.0, 2.0], "out": rows}))


def test_clipping_is_refused_and_says_what_fits():
    case = GOOD | {"antialias": "additive", "dtype": "int16", "frequency": [100.0, 3000.0], "num_samples": 4000}
    with pytest.raises(
        InputError, match=r"amplitude: row 0: a square of amplitude 0.9 reaches .* in 2 row\(s\); at most"
    ) as e:
        tone.render(**(case | {"amplitude": 0.9}))
    fits = float(str(e.value).rsplit("most ", 1)[1].split()[0])
    assert 0.7 < fits < 0.9
    tone.render(**(case | {"amplitude": 0.999 * min(fits, np.pi / 4)}))


def test_floats_may_exceed_full_scale():
    y = tone.render("square", 3000.0, 1.0, sample_rate=16000, num_samples=1000, antialias="additive")
    assert 1.2 < y.max() < 1.28


def test_above_nyquist_on_request():
    y = tone.render("sine", 9000.0, 0.5, sample_rate=16000, num_samples=100, allow_above_nyquist=True)
    exact = 0.5 * np.sin(2 * np.pi * 9000 * np.arange(100) / 16000)
    assert np.max(np.abs(y - exact)) < 1e-6
    with pytest.raises(InputError, match="sample rate"):
        tone.render("sine", 16000.0, 0.5, sample_rate=16000, num_samples=100, allow_above_nyquist=True)


@pytest.mark.parametrize("duty", [0.05, 0.2, 0.5, 0.7, 0.95])
@pytest.mark.parametrize("rolloff", [0.0, 3.0, 12.0, 40.0])
@pytest.mark.parametrize("waveform", tone.WAVEFORMS)
def test_peak_bound_holds(waveform, duty, rolloff):
    """Over all numbers of harmonics: from the one of 7,900 Hz to the 100 of 79 Hz."""
    frequency = 7900.0 / np.arange(1, 101)
    y = tone.render(
        waveform, frequency, 1.0, sample_rate=16000, num_samples=8000, antialias="additive", duty=duty, rolloff=rolloff
    )
    bound = tone.peak_bound(waveform, antialias="additive", duty=duty)
    assert np.abs(y).max() <= bound + 1e-6
    if rolloff == 0 and duty == 0.5:
        assert np.abs(y).max() > 0.95 * bound


def test_peak_bound_with_noise_holds():
    y = tone.render("square", [440.0] * 50, 1.0, sample_rate=16000, num_samples=20000, noise=(10.0, 3))
    assert np.abs(y).max() <= tone.peak_bound("square", antialias="none", snr=10.0)


def test_settings_and_extremes_by_hand():
    columns = [1.0, np.array([3.0, -1.0]), np.array([7.0])] + [0.5] * 11
    table, least, most = _core.tone.settings(columns, 2)
    np.testing.assert_array_equal(table, [[1, 3, 7] + [0.5] * 11, [1, -1, 7] + [0.5] * 11])
    assert least == [1, -1, 7] + [0.5] * 11
    assert most == [1, 3, 7] + [0.5] * 11


@pytest.mark.parametrize("place", [0, 1, 2])
def test_nan_spoils_both_extremes(place):
    column = np.array([2.0, 1.0, 3.0])
    column[place] = np.nan
    _, least, most = _core.tone.settings([column] + [0.0] * 13, 3)
    assert np.isnan(least[0])
    assert np.isnan(most[0])


@pytest.mark.parametrize("columns", [[0.0] * 13, [np.zeros(3)] + [0.0] * 13, [np.zeros((2, 1))] + [0.0] * 13])
def test_wrong_columns(columns):
    with pytest.raises(ValueError, match="columns: "):
        _core.tone.settings(columns, 2)


NEAR_A_LIMIT = {
    "frequency": st.sampled_from([1e-5, 1.0, 3999.0, 4000.0, 4001.0, 0.0]),
    "amplitude": st.sampled_from([0.0, 0.5, 1.0, 1.0000001, -0.1, np.nan]),
    "duty": st.sampled_from([0.5, 0.0, 1.0]),
    "envelope": st.tuples(*[st.sampled_from([0.0, 0.004, 0.007, 0.0125, -1.0])] * 2, st.just(1.0), st.just(0.0)),
    "vibrato": st.tuples(st.sampled_from([0.0, 5.0, 4000.0]), st.sampled_from([0.0, 50.0, 1200.0])),
    "tremolo": st.tuples(st.sampled_from([0.0, 5.0, 3999.0, 4000.0]), st.sampled_from([0.0, 1.0, 1.1])),
    "antialias": st.sampled_from(["none", "polyblep", "additive"]),
}


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries(NEAR_A_LIMIT), st.integers(0, 2))
def test_one_bad_row_among_good_ones_is_refused_as_alone(arguments, row):
    """What the extremes let pass at once is what the checks of each row let pass."""

    def refused(pack):
        # A second, harmless row in the same batch: the extremes are then those of different rows.
        good = {"frequency": 440.0, "amplitude": 0.5, "duty": 0.5}
        values = {name: pack(good[name], arguments[name]) for name in good}
        groups = {
            name: tuple(pack(calm, value) for calm, value in zip(rest, arguments[name], strict=True))
            for name, rest in {"envelope": (0, 0, 1, 0), "vibrato": (0, 0), "tremolo": (0, 0)}.items()
        }
        try:
            tone.render(
                "square", **values, **groups, antialias=arguments["antialias"], sample_rate=8000, num_samples=100
            )
        except InputError as error:
            return re.sub(r"row \d", "row", str(error))
        return None

    def alone(_, value):
        return value

    def among(calm, value):
        return np.insert(np.full(2, float(calm)), row, value)

    with mock.patch.object(tone_input, "_surely_good", return_value=False):
        by_rows = refused(alone)
        assert refused(among) == by_rows
    assert refused(alone) == by_rows
    assert refused(among) == by_rows
