"""The audio chain: each step against what it should do to sounds that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.errors import InputError, UtteranceError
from synthkit.speech.chain import ChainOptions, finish, problems, to_samples
from synthkit.speech.loudness import integrated_loudness

RATE = 22050


def tone(frequency, seconds, level=-20.0, rate=RATE):
    """A sine whose peak is at a level in dBFS."""
    time = np.arange(round(seconds * rate)) / rate
    return (10 ** (level / 20) * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def decibels(ratio):
    return 20 * np.log10(ratio)


@pytest.mark.parametrize("quality", ["MQ", "HQ", "VHQ"])
@pytest.mark.parametrize("frequency", [100, 1000, 5000, 7000])
def test_resampling_keeps_what_it_can(frequency, quality):
    done = finish(tone(frequency, 1.0), RATE, ChainOptions(duration=1.0, resampler=quality))
    middle = done.audio[2000:14000].astype(np.float64)
    assert decibels(np.sqrt(2 * np.square(middle).mean())) == pytest.approx(-20, abs=0.1)


def test_resampling_lets_no_alias_through():
    done = finish(tone(9000, 1.0), RATE, ChainOptions(duration=1.0))
    assert decibels(np.abs(done.audio[2000:14000]).max()) < -100


def test_resampling_leaves_a_click_where_it_was():
    audio = np.zeros(RATE, np.float32)
    audio[11025] = 0.5
    done = finish(audio, RATE, ChainOptions(duration=1.0))
    assert int(np.abs(done.audio).argmax()) == 8000


@pytest.mark.parametrize("length", [221, 1000, 22049, 22050, 22051])
def test_resampling_gives_the_length_that_it_should(length):
    done = finish(tone(500, length / RATE), RATE, ChainOptions(duration=2.0))
    assert done.duration * 16000 == pytest.approx(length * 16000 / RATE, abs=1)


def test_nothing_is_done_that_is_not_asked_for():
    audio = tone(500, 0.5, rate=16000)
    done = finish(audio, 16000, ChainOptions(duration=1.0))
    np.testing.assert_array_equal(done.audio[:8000], audio)
    assert not done.audio[8000:].any()
    assert (done.duration, done.offset, done.gain, done.limited, done.cropped) == (0.5, 0.0, 0.0, False, 0.0)


def test_trimming_cuts_silence_and_says_where_it_began():
    quiet = np.zeros(4000, np.float32)
    audio = np.concatenate([quiet, tone(500, 0.25, rate=16000), quiet])
    done = finish(audio, 16000, ChainOptions(duration=1.0, trim=-40.0))
    # Frames of 160 samples, 80 apart: the first with sound begins at 3920 (its last 80 samples) or 3840.
    assert done.offset == pytest.approx(-3920 / 16000, abs=80 / 16000)
    assert done.duration == pytest.approx(0.25, abs=0.011)
    padded = finish(audio, 16000, ChainOptions(duration=1.0, trim=-40.0, trim_padding=0.1))
    assert padded.duration == pytest.approx(done.duration + 0.2)
    assert padded.offset == pytest.approx(done.offset + 0.1)


def test_trimming_leaves_pauses_alone():
    quiet = np.zeros(4000, np.float32)
    sound = tone(500, 0.1, rate=16000)
    done = finish(np.concatenate([sound, quiet, sound]), 16000, ChainOptions(duration=1.0, trim=-40.0))
    assert done.duration == pytest.approx(0.45, abs=0.006)


@pytest.mark.parametrize("peak", [-1.0, -6.0, -20.0])
def test_peak(peak):
    done = finish(tone(400, 1.0), RATE, ChainOptions(duration=1.0, peak=peak))
    assert decibels(np.abs(done.audio).max()) == pytest.approx(peak, abs=0.001)
    assert not done.limited


@pytest.mark.parametrize("loudness", [-16.0, -23.0, -40.0])
def test_loudness(loudness):
    done = finish(tone(997, 2.0), RATE, ChainOptions(duration=2.0, loudness=loudness))
    assert integrated_loudness(done.audio.astype(np.float64), 16000) == pytest.approx(loudness, abs=0.1)


def test_loudness_of_the_standard():
    # BS.1770-4: a 997 Hz sine of full scale in one channel reads -3.01 LKFS; one of -20 dBFS peak -23.01.
    audio = tone(997, 3.0, rate=48000).astype(np.float64)
    assert integrated_loudness(audio, 48000) == pytest.approx(
        -23.01, abs=0.06
    )  # its filters are not quite the standard's


def test_a_clip_shorter_than_a_block_has_a_loudness():
    assert integrated_loudness(tone(997, 0.2, rate=48000).astype(np.float64), 48000) == pytest.approx(-23.0, abs=0.3)


def test_what_is_too_soft_has_no_loudness():
    with pytest.raises(UtteranceError, match="too soft"):
        finish(tone(997, 1.0, level=-110.0), RATE, ChainOptions(duration=1.0, loudness=-23.0))


def test_nothing_clips():
    done = finish(tone(400, 1.0, level=-1.0), RATE, ChainOptions(duration=1.0, gain=12.0))
    assert done.limited
    assert decibels(np.abs(done.audio).max()) == pytest.approx(-0.1, abs=0.001)
    # From a peak of -1 dBFS (resampled, within a few thousandths) to the ceiling of -0.1.
    assert done.gain == pytest.approx(0.9, abs=0.02)
    assert np.abs(to_samples(done.audio, "pcm16")).max() < 32767


@given(gain=st.floats(-60, 60), level=st.floats(-60, 0), ceiling=st.floats(-20, 0), seconds=st.floats(0.01, 0.4))
@settings(max_examples=60, deadline=None)
def test_never_above_the_ceiling_whatever_is_asked(gain, level, ceiling, seconds):
    done = finish(tone(300, seconds, level), RATE, ChainOptions(duration=0.25, gain=gain, ceiling=ceiling))
    assert np.abs(done.audio).max() <= 10 ** (ceiling / 20) * (1 + 1e-6)
    assert done.audio.shape == (4000,)
    to_samples(done.audio, "pcm16")


def test_cropping_is_reported_and_fades():
    done = finish(tone(500, 1.0, rate=16000), 16000, ChainOptions(duration=0.5))
    assert (done.duration, done.cropped) == (1.0, 0.5)
    assert done.audio[-1] == 0
    np.testing.assert_array_equal(done.audio[:7920], tone(500, 1.0, rate=16000)[:7920])


def test_center():
    done = finish(tone(500, 0.5, rate=16000), 16000, ChainOptions(duration=1.0, align="center"))
    assert done.offset == 0.25
    assert not done.audio[:4000].any()
    assert not done.audio[12000:].any()


def test_refusing_what_is_too_long():
    with pytest.raises(UtteranceError, match=r"takes 1\.000 s, which is more than the clip's 0\.5 s"):
        finish(tone(500, 1.0), RATE, ChainOptions(duration=0.5, fit="refuse"))


@pytest.mark.parametrize(
    ("audio", "error", "said"),
    [
        (np.zeros(0, np.float32), UtteranceError, "no audio"),
        (np.zeros(100, np.float32), UtteranceError, "silence"),
        (np.array([0.1, np.nan, 0.1], np.float32), UtteranceError, "no numbers"),
        (np.array([0.1, np.inf], np.float32), UtteranceError, "infinite"),
        (np.ones((10, 2), np.float32), InputError, "one channel"),
        (np.ones(10, np.int16), InputError, "floating-point"),
    ],
)
def test_audio_that_is_none(audio, error, said):
    with pytest.raises(error, match=said):
        finish(audio, 16000, ChainOptions(duration=0.5))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (ChainOptions(duration=0.50001), "params.audio.duration: 0.50001 s at 16000 Hz is no whole number"),
        (ChainOptions(loudness=-23.0, peak=-1.0), "give either loudness or peak"),
        (ChainOptions(peak=-1.0, gain=3.0), "params.audio.gain: has no place beside peak"),
        (ChainOptions(peak=0.0), "above the ceiling"),
    ],
)
def test_settings_that_contradict_each_other(options, said):
    (found,) = problems(options)
    assert said in found


def test_usual_settings_are_fine():
    assert problems(ChainOptions()) == []


def test_samples():
    assert to_samples(np.array([1.0, -1.0, 0.5, -0.5, 1e-5], np.float32), "pcm16").tolist() == [
        32767, -32767, 16384, -16384, 0,
    ]  # fmt: skip
    with pytest.raises(UtteranceError, match="beyond full scale"):
        to_samples(np.array([1.01], np.float32), "pcm16")
    audio = np.array([1.5], np.float32)
    assert to_samples(audio, "float32") is audio


def test_an_utterance_does_not_depend_on_those_before():
    options = ChainOptions(duration=1.0, trim=-50.0, loudness=-23.0)
    clips = [tone(200 + 50 * i, 0.6 + 0.1 * i) for i in range(5)]
    forward = [finish(clip, RATE, options).audio for clip in clips]
    backward = [finish(clip, RATE, options).audio for clip in reversed(clips)][::-1]
    for one, other in zip(forward, backward, strict=True):
        np.testing.assert_array_equal(one, other)
