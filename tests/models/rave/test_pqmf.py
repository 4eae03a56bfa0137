"""The filter bank gives back what it is given, and keeps frequencies in their bands."""

from __future__ import annotations

import math

import pytest
import torch

from synthkit.models.rave.pqmf import Pqmf, prototype

BANDS = [2, 4, 8, 16]


def made(name, length):
    t = torch.arange(length, dtype=torch.float32)
    match name:
        case "noise":
            return torch.randn(length, generator=torch.Generator().manual_seed(0))
        case "sine":
            return torch.sin(0.3 * t)
        case "chirp":
            return torch.sin(math.pi * t**2 / (2 * length))
        case _:
            return (t == length // 2).float()


@pytest.mark.parametrize("bands", BANDS)
@pytest.mark.parametrize("name", ["noise", "sine", "chirp", "impulse"])
def test_reconstruction_is_below_minus_60_db(bands, name):
    bank = Pqmf(bands)
    x = made(name, bands * 256)[None, None]
    y = bank.inverse(bank(x))
    edge = bands * 32  # what lies before and after the sound is not known to the bank
    x, y = x[..., edge:-edge], y[..., edge:-edge]
    error = 10 * math.log10(float((x - y).square().sum() / x.square().sum()))
    assert error < -60


@pytest.mark.parametrize("bands", BANDS)
def test_a_sine_is_in_its_band_and_at_most_a_neighbour(bands):
    bank = Pqmf(bands)
    t = torch.arange(bands * 256)
    for band in range(bands):
        frequency = (band + 0.5) / bands * math.pi
        powers = bank(torch.sin(frequency * t)[None, None])[0, :, 32:-32].square().mean(1)
        assert int(powers.argmax()) == band
        others = torch.cat([powers[: max(band - 1, 0)], powers[band + 2 :]])
        assert others.sum() < 1e-6 * powers[band]


@pytest.mark.parametrize("bands", BANDS)
def test_white_noise_keeps_its_power(bands):
    bank = Pqmf(bands)
    x = made("noise", bands * 4096)[None, None]
    assert float(bank(x).square().sum(1).mean()) == pytest.approx(1.0, abs=0.03)


def test_the_prototype_is_symmetric_and_low_pass():
    h = prototype(8)
    assert h == pytest.approx(h[::-1], abs=1e-15)
    response = torch.fft.rfft(torch.from_numpy(h), 4096).abs()
    response /= response[0].clone()
    # Pass band to half of a band's width, stop band from one and a half of it.
    assert response[: 4096 // 64].min() > 0.9
    assert response[3 * 4096 // 32 :].max() < 10 ** (-75 / 20)


def test_no_multiple_of_the_bands():
    with pytest.raises(ValueError, match="1001 samples are no multiple of 8 bands"):
        Pqmf(8)(torch.zeros(1, 1, 1001))


def test_one_band_is_no_bank():
    with pytest.raises(ValueError, match="bands: must be >= 2, not 1"):
        Pqmf(1)
