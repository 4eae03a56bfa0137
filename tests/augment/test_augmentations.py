"""Each augmentation does what it says, measured on tones and noise, and changes only the factors that it names."""

from __future__ import annotations

import math

import pytest
import torch

from synthkit.augment import AUGMENTATIONS, check_keeps, read_augmentations
from synthkit.augment.level import Gain, Noise
from synthkit.augment.masks import FrequencyMask, TimeMask
from synthkit.augment.reverb import Reverb
from synthkit.augment.stretch import PitchShift, TimeStretch
from synthkit.augment.time import TimeShift
from synthkit.errors import InputError

RATE = 16000
ALL = list(AUGMENTATIONS.values())


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def tones(n=8, frequency=500.0, amplitude=0.5, length=8000):
    t = torch.arange(length) / RATE
    return (amplitude * torch.sin(2 * math.pi * frequency * t)).repeat(n, 1)


def rms(x):
    return x.square().mean(1).sqrt()


def peak_hz(x):
    middle = x[:, x.shape[1] // 4 : -x.shape[1] // 4]
    spectrum = torch.fft.rfft(middle * torch.hann_window(middle.shape[1]), 1 << 17).abs()
    return spectrum.argmax(1) * RATE / (1 << 17)


def batch_for(kind, n=16):
    return torch.randn(n, 4000) * 0.1 if kind.domain == "waveform" else torch.randn(n, 20, 30)


@pytest.mark.parametrize("kind", ALL)
def test_shape_is_kept_and_all_is_finite(kind):
    x = batch_for(kind)
    before = x.clone()
    y = kind()(x, RATE)
    assert y.shape == x.shape
    assert torch.isfinite(y).all()
    assert torch.equal(x, before)  # what was given is not written to


@pytest.mark.parametrize("kind", ALL)
def test_every_clip_has_its_own_draw_and_a_seed_repeats_all(kind):
    x = batch_for(kind, 1).repeat(16, *[1] * (1 if kind.domain == "waveform" else 2))
    torch.manual_seed(3)
    y = kind()(x, RATE)
    torch.manual_seed(3)
    assert torch.equal(y, kind()(x, RATE))
    assert len({tuple(row.flatten().tolist()) for row in y}) > 3


@pytest.mark.parametrize("kind", ALL)
def test_probability(kind):
    x = batch_for(kind, 400)
    assert torch.equal(kind(probability=0.0)(x, RATE), x)
    changed = (kind(probability=0.5)(x, RATE) != x).flatten(1).any(1).float().mean()
    always = (kind()(x, RATE) != x).flatten(1).any(1).float().mean()
    assert float(changed) == pytest.approx(0.5 * float(always), abs=0.1)


@pytest.mark.parametrize("kind", ALL)
def test_silence_stays_silence(kind):
    if kind.domain == "waveform":
        assert torch.equal(kind()(torch.zeros(4, 4000), RATE), torch.zeros(4, 4000))


@pytest.mark.parametrize("kind", ALL)
def test_settings_survive_json(kind):
    item = kind(probability=0.25)
    assert kind.model_validate_json(item.model_dump_json()) == item
    assert read_augmentations([item.model_dump()], kind.domain, "views")[0] == item


def test_gain_is_the_decibels_and_keeps_the_pitch():
    x = tones(400)
    y = Gain(decibels=(-6.0, 6.0))(x, RATE)
    decibels = 20 * torch.log10(rms(y) / rms(x))
    assert decibels.min() == pytest.approx(-6, abs=0.2)
    assert decibels.max() == pytest.approx(6, abs=0.2)
    assert torch.allclose(peak_hz(y), peak_hz(x))


@pytest.mark.parametrize("snr", [0.0, 20.0])
@pytest.mark.parametrize("amplitude", [0.01, 0.8])
def test_noise_has_the_ratio_asked_for_whatever_the_level(snr, amplitude):
    x = tones(amplitude=amplitude)
    y = Noise(snr=(snr, snr))(x, RATE)
    found = 20 * torch.log10(rms(x) / rms(y - x))
    assert found.tolist() == pytest.approx([snr] * 8, abs=0.3)


@pytest.mark.parametrize("semitones", [-4.0, -1.0, 3.0])
def test_pitch_shift_moves_a_sine_by_the_semitones(semitones):
    y = PitchShift(semitones=(semitones, semitones))(tones(), RATE)
    assert peak_hz(y).tolist() == pytest.approx([500 * 2 ** (semitones / 12)] * 8, rel=0.003)
    assert rms(y).tolist() == pytest.approx(rms(tones()).tolist(), rel=0.1)


@pytest.mark.parametrize("rate", [0.8, 1.25])
def test_time_stretch_keeps_the_pitch_and_moves_events(rate):
    y = TimeStretch(rate=(rate, rate))(tones(), RATE)
    assert peak_hz(y).tolist() == pytest.approx([500.0] * 8, rel=0.003)
    burst = torch.zeros(1, 16000)
    burst[0, 8000:9000] = torch.randn(1000)
    moved = TimeStretch(rate=(rate, rate))(burst, RATE)[0].square()
    centre = float((moved * torch.arange(16000)).sum() / moved.sum())
    assert centre == pytest.approx(8500 / rate, rel=0.03)  # a window is 64 ms


def test_time_shift_moves_and_fills_with_zeros():
    x = torch.arange(1, 101.0).repeat(200, 1)
    y = TimeShift(share=0.1)(x, RATE)
    for row in y:
        start = int((row != 0).int().argmax())
        shift = start if start else -(100 - int((row != 0).sum()))
        assert -10 <= shift <= 10
        source = torch.arange(100) - shift
        expected = torch.where((source >= 0) & (source < 100), source + 1.0, 0.0)
        assert torch.equal(row, expected)
    assert torch.equal(TimeShift(share=0.1, circular=True)(x, RATE).sort(1).values, x)


def test_reverb_has_a_tail_that_falls_by_60_db_in_its_time_and_keeps_the_level():
    x = torch.zeros(64, 16000)
    x[:, 0] = 1.0
    y = Reverb(t60=(0.4, 0.4), direct=(-20.0, -20.0))(x, RATE).square().mean(0)
    early, late = y[160:480].mean(), y[160 + 3200 : 480 + 3200].mean()  # 0.2 s apart: 30 dB
    assert 10 * math.log10(float(early / late)) == pytest.approx(30, abs=2)
    z = Reverb()(tones(16), RATE)
    assert rms(z).tolist() == pytest.approx(rms(tones(16)).tolist(), rel=1e-4)


@pytest.mark.parametrize(("kind", "axis", "size"), [(FrequencyMask, 1, 20), (TimeMask, 2, 30)])
def test_masks_hide_neighbours_up_to_their_share(kind, axis, size):
    x = torch.rand(300, 20, 30) + 1
    x[:, 0, 0] = 0.5
    y = kind(share=0.25)(x, RATE)
    hidden = (y == 0.5).all(3 - axis)
    widths = hidden.sum(1)
    assert widths.max() == round(0.25 * size)
    assert widths.min() == 0
    edges = (hidden[:, 1:] != hidden[:, :-1]).sum(1)
    assert edges.max() <= 2  # one run
    kept = ~hidden.unsqueeze(3 - axis).expand_as(x)
    assert torch.equal(y[kept], x[kept])


def test_what_is_declared_is_what_is_measured():
    """On tones: level and pitch change where, and only where, an augmentation says so."""
    x = tones(32)
    for kind in ALL:
        if kind.domain == "mel":
            continue
        y = kind()(x, RATE)
        pitch = (peak_hz(y) / 500 - 1).abs().max() > 0.01
        level = (rms(y) / rms(x)).log().abs().max() > 0.3
        assert bool(pitch) == ("frequency" in kind.changes), kind
        assert bool(level) == ("amplitude" in kind.changes), kind


def test_check_keeps():
    items = (Gain(), PitchShift())
    check_keeps(items, ("text",), "views.waveform")
    with pytest.raises(InputError, match=r"views.waveform.1: pitch_shift changes speaker, which the views must keep"):
        check_keeps(items, ("text", "speaker"), "views.waveform")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"name": "echo"}, "v.0.name: no augmentation is named 'echo'; there are: gain"),
        ({}, "v.0.name: no augmentation is named None"),
        ({"name": "time_mask"}, "v.0: time_mask is for mel clips; put it under views.mel"),
        ({"name": "gain", "decibel": 3}, "v.0.decibel: Extra inputs are not permitted"),
        ({"name": "gain", "decibels": (6.0, -6.0)}, "v.0.decibels: .*first end must not be above the second"),
        ({"name": "noise", "probability": 1.5}, "v.0.probability: .*less than or equal to 1"),
    ],
)
def test_wrong_settings(item, message):
    with pytest.raises(InputError, match=message):
        read_augmentations([item], "waveform", "v")
