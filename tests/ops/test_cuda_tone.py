"""Tones on a GPU have the bits of the CPU's. Without a GPU the emulator stands in for one: the same kernels, slowly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.errors import InputError, WorkError
from synthkit.ops import tone
from synthkit.ops.cuda import arrays

pytestmark = [pytest.mark.gpu, pytest.mark.usefixtures("cuda")]

RATE = 16000
DTYPES = ["float32", "int16", "bfloat16"]
MODULATION = {
    "none": {},
    "envelope": {"envelope": tone.Envelope(0.01, 0.02, 0.6, 0.03)},
    "vibrato": {"vibrato": tone.Vibrato(5.5, 40.0)},
    "tremolo": {"tremolo": tone.Tremolo(7.0, 0.5)},
    "noise": {"noise": tone.Noise(20.0, 0x0123456789ABCDEF, None, 42)},
    "all": {
        "envelope": tone.Envelope(0.01, 0.02, 0.6, 0.03),
        "vibrato": tone.Vibrato(5.5, 40.0),
        "tremolo": tone.Tremolo(7.0, 0.5),
        "noise": tone.Noise(20.0, 3),
    },
}


class Borrowed:
    """An array of another library."""

    def __init__(self, array, **changes):
        self.array, self.changes = array, changes

    @property
    def __cuda_array_interface__(self):
        return {**self.array.__cuda_array_interface__, **self.changes}


def both(*arguments, **keywords):
    """The bytes of the CPU and of the GPU."""
    cpu = tone.render(*arguments, **keywords)
    gpu = tone.render(*arguments, **keywords, device="cuda")
    assert gpu.shape == cpu.shape
    return cpu.tobytes(), gpu.numpy().tobytes()


@pytest.mark.parametrize("modulation", MODULATION)
@pytest.mark.parametrize("antialias", tone.ANTIALIAS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_bytes_are_the_cpus(dtype, antialias, modulation):
    waveforms = np.repeat(np.arange(4), 3)
    frequency = np.tile([61.7, 523.25, 3100.0], 4)
    cpu, gpu = both(
        waveforms,
        frequency,
        0.4,
        phase=0.7,
        duty=0.3,
        rolloff=3.0 if antialias == "additive" else None,
        sample_rate=RATE,
        num_samples=1500,
        antialias=antialias,
        dtype=dtype,
        **MODULATION[modulation],
    )
    assert cpu == gpu


@settings(max_examples=40, deadline=None)
@given(
    waveform=st.lists(st.sampled_from(tone.WAVEFORMS), min_size=1, max_size=5),
    frequency=st.floats(1e-3, 7900),
    amplitude=st.floats(0, 0.5),
    phase=st.floats(-20, 20),
    duty=st.floats(0.01, 0.99),
    samples=st.integers(1, 700),
    antialias=st.sampled_from(("none", "polyblep")),
    depth=st.floats(0, 10),
    snr=st.floats(0, 90),
)
def test_any_tone(waveform, frequency, amplitude, phase, duty, samples, antialias, depth, snr):
    cpu, gpu = both(
        waveform,
        frequency,
        amplitude,
        phase=phase,
        duty=duty,
        sample_rate=RATE,
        num_samples=samples,
        antialias=antialias,
        vibrato=tone.Vibrato(3.0, depth),
        noise=tone.Noise(snr, 5),
    )
    assert cpu == gpu


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_array_of_the_host_gets_a_copy(dtype):
    wanted = tone.render(["sine", "square"], 440.0, 0.3, sample_rate=RATE, num_samples=777, dtype=dtype)
    rows = np.zeros((2, 800), wanted.dtype)
    found = tone.render(
        ["sine", "square"], 440.0, 0.3, sample_rate=RATE, num_samples=777, dtype=dtype, out=rows[:, :777], device="cuda"
    )
    assert found.base is rows
    np.testing.assert_array_equal(rows[:, :777], wanted)
    assert not rows[:, 777:].any()


@pytest.mark.parametrize("pitch", [100, 103, 128])
@pytest.mark.parametrize("offset", [0, 1, 4])
def test_into_another_librarys_array(pitch, offset):
    """Rows apart by any number of samples, from any sample on."""
    memory = arrays.to_device(np.full(3 * pitch + offset, 9.0, np.float32), 0, 0)
    out = Borrowed(memory, shape=(3, 100), strides=(4 * pitch, 4), data=(memory.address + 4 * offset, False))
    arguments = (["sine", "square", "triangle"], 440.0, 0.3)
    assert tone.render(*arguments, sample_rate=RATE, num_samples=100, out=out, device="cuda") is out
    found = memory.numpy()[offset:].reshape(3, pitch)
    np.testing.assert_array_equal(found[:, :100], tone.render(*arguments, sample_rate=RATE, num_samples=100))
    assert (found[:, 100:] == 9.0).all()


def test_one_tone_has_one_axis():
    gpu = tone.render("sine", 440.0, 0.5, sample_rate=RATE, num_samples=50, device="cuda")
    assert gpu.shape == (50,)
    out = arrays.allocate((50,), "float32", 0, 0)
    tone.render("sine", 440.0, 0.5, sample_rate=RATE, num_samples=50, device="cuda:0", out=out)
    np.testing.assert_array_equal(out.numpy(), gpu.numpy())


def test_no_tones():
    gpu = tone.render([], np.empty(0), 0.5, sample_rate=RATE, num_samples=50, device="cuda")
    assert gpu.numpy().shape == (0, 50)


def test_what_would_clip_is_refused():
    with pytest.raises(InputError, match=r"amplitude: row 1: a square of amplitude 1 reaches 1\.\d+ of full scale"):
        tone.render(
            "square",
            440.0,
            np.array([0.5, 1.0]),
            sample_rate=RATE,
            num_samples=500,
            antialias="additive",
            dtype="int16",
            device="cuda",
        )


def wrong(**changes):
    memory = arrays.to_device(np.zeros((2, 40), np.float32), 0, 0)
    return Borrowed(memory, **changes) if changes else memory


def read_only(array):
    return Borrowed(array, data=(array.address, True))


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (lambda: wrong(shape=(2, 39)), r"out: must be float32 \[2, 40\], not float32 \[2, 39\]"),
        (lambda: wrong(typestr="<i4"), r"out: must be float32 \[2, 40\], not int32"),
        (lambda: wrong(strides=(4, 8)), "out: the samples of a row must lie side by side"),
        (lambda: wrong(strides=(100, 4)), "out: rows overlap"),
        (lambda: wrong(strides=(-160, 4)), "out: rows overlap, or are in reverse order"),
        (lambda: read_only(wrong()), "out: is read-only"),
        (lambda: [[0.0] * 40] * 2, "out: must be an array on a GPU, not list"),
    ],
)
def test_targets_that_are_refused(out, message):
    with pytest.raises(InputError, match=message):
        tone.render(["sine", "square"], 440.0, 0.5, sample_rate=RATE, num_samples=40, out=out(), device="cuda")


def test_a_stream_that_is_none():
    with pytest.raises(InputError, match="stream: must be a handle"):
        tone.render("sine", 440.0, 0.5, sample_rate=RATE, num_samples=40, device="cuda", stream="fast")


def test_too_little_memory_for_all_rows_at_once(cuda):
    if not hasattr(cuda, "emulator"):
        pytest.skip("needs a GPU that is full")
    wanted = tone.render("sine", np.linspace(100, 900, 64), 0.5, sample_rate=RATE, num_samples=1000)
    cuda.emulator.set_memory(cuda.emulator.in_use() + 150_000)
    rows = np.zeros_like(wanted)
    with pytest.warns(UserWarning, match="not the memory for 64 tones at once; going on with 32"):
        tone.render("sine", np.linspace(100, 900, 64), 0.5, sample_rate=RATE, num_samples=1000, out=rows, device="cuda")
    np.testing.assert_array_equal(rows, wanted)
    cuda.emulator.set_memory(cuda.emulator.in_use() + 1000)
    with pytest.raises(WorkError, match="not enough free memory"):
        tone.render("sine", 440.0, 0.5, sample_rate=RATE, num_samples=1000, out=rows[0], device="cuda")
    with pytest.raises(WorkError, match="not enough free memory"):
        tone.render("sine", 440.0, 0.5, sample_rate=RATE, num_samples=1000, device="cuda")


def test_prepared_tones_are_rendered_again_and_again():
    from synthkit.ops.cuda.tone import prepare
    from synthkit.ops.tone_input import gather

    given = dict.fromkeys(("rolloff", "envelope", "vibrato", "tremolo", "noise"))
    tones = gather(
        ["sine", "square"], 440.0, 0.3, phase=0.0, sample_rate=RATE, num_samples=64, antialias="none", duty=0.5,
        allow_above_nyquist=False, **given,
    )  # fmt: skip
    prepared = prepare(tones, device=0, stream=0)
    assert len(prepared) == 2
    wanted = tone.render(["sine", "square"], 440.0, 0.3, sample_rate=RATE, num_samples=64)
    for _ in range(2):
        out = arrays.to_device(np.zeros((2, 64), np.float32), 0, 0)
        prepared.into(out.address, pitch=64, format="float32", stream=0)
        np.testing.assert_array_equal(out.numpy(), wanted)
    with pytest.raises(ValueError, match="pitch: rows overlap"):
        prepared.into(out.address, pitch=63, format="float32", stream=0)
