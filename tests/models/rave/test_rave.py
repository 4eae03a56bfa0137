"""RAVE's parts against formulas, and its two phases."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from synthkit.models.base import Inputs
from synthkit.models.rave import Rave, RaveConfig
from synthkit.models.rave.discriminator import discriminator_hinge, feature_matching, generator_hinge
from synthkit.models.rave.export import export_rave
from synthkit.models.rave.fidelity import fit_truncation
from synthkit.models.rave.noise import filtered_noise
from synthkit.models.rave.spectral import spectral_distance
from synthkit.models.torchscript import TorchScriptEncoder

SMALL = {
    "bands": 4,
    "capacity": 4,
    "latent": 6,
    "ratios": (4, 2),
    "dilations": (1, 3),
    "noise_ratios": (4, 2),
    "windows": (256, 64),
    "scales": 2,
    "discriminator_capacity": 2,
}


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def small(**changes):
    return Rave.build(RaveConfig(**(SMALL | changes)), Inputs((1000,), 8000, 10))


def by_hand(x, y, windows):
    """The distance in NumPy, frame by frame."""
    total = 0.0
    for length in windows:
        hop, half = length // 4, length // 2
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
        spectra = []
        for sound in (x, y):
            padded = np.concatenate([np.zeros(half), sound, np.zeros(half)])
            starts = range(0, len(padded) - length + 1, hop)
            spectra.append(np.abs([np.fft.rfft(padded[s : s + length] * window) for s in starts]) / window.sum())
        a, b = spectra
        total += np.sqrt(((a - b) ** 2).sum()) / np.sqrt((a**2).sum()) + np.log(np.abs(a - b).sum())
    return total


def test_spectral_distance_is_the_papers_formula():
    x, y = torch.randn(3, 512, dtype=torch.float64), torch.randn(3, 512, dtype=torch.float64)
    expected = np.mean([by_hand(a, b, (128, 64)) for a, b in zip(x.numpy(), y.numpy(), strict=True)])
    assert float(spectral_distance(x, y, (128, 64))) == pytest.approx(expected, rel=1e-9)


def test_equal_sounds_have_the_least_distance_and_it_is_finite():
    x = torch.randn(2, 512)
    least = spectral_distance(x, x, (128,))
    assert float(least) == pytest.approx(math.log(1e-7), rel=1e-5)
    assert least < spectral_distance(x, 1.001 * x, (128,)) < spectral_distance(x, 1.1 * x, (128,))
    assert torch.isfinite(spectral_distance(torch.zeros(1, 512), torch.zeros(1, 512), (128,)))


def test_the_relative_part_does_not_depend_on_the_level():
    """Ten times as loud: the relative term stays, the logarithm grows by ln 10."""
    x, y = torch.randn(2, 512, dtype=torch.float64), torch.randn(2, 512, dtype=torch.float64)
    soft, loud = spectral_distance(x, y, (128,)), spectral_distance(10 * x, 10 * y, (128,))
    assert float(loud - soft) == pytest.approx(math.log(10), rel=1e-9)


def test_gradients_at_silence_are_finite():
    x, y = torch.zeros(1, 512), torch.zeros(1, 512, requires_grad=True)
    spectral_distance(x + 1e-3, y, (128,)).backward()
    assert torch.isfinite(y.grad).all()


def test_a_window_longer_than_the_sound():
    with pytest.raises(ValueError, match="windows: 1024 samples are more than the sound has, 512"):
        spectral_distance(torch.zeros(1, 512), torch.zeros(1, 512), (1024,))


@pytest.mark.parametrize("place", [0, 4, 8])
def test_noise_follows_the_amplitudes(place):
    """All energy asked for around one of nine frequencies is there in the spectrum."""
    amplitudes = torch.full((1, 1, 400, 9), 1e-7)
    amplitudes[..., place] = 1.0
    noise = filtered_noise(amplitudes, 64)[0, 0]
    power = torch.fft.rfft(noise).abs().square()
    bins = torch.linspace(0, 8, len(power))
    near = power[(bins - place).abs() <= 1.5].sum()
    assert near > 0.95 * power.sum()


def test_noise_with_flat_amplitudes_is_white_and_of_the_right_level():
    noise = filtered_noise(torch.full((1, 1, 2000, 9), 0.5), 64)
    assert float(noise.square().mean()) == pytest.approx(0.25 / 3, rel=0.05)  # uniform noise has a power of 1/3


def test_hinge_losses_by_hand():
    real = [[torch.zeros(1), torch.tensor([2.0, 0.5])]]
    made = [[torch.ones(1), torch.tensor([-3.0, 0.5])]]
    assert float(discriminator_hinge(real, made)) == pytest.approx((0 + 0.5) / 2 + (0 + 1.5) / 2)
    assert float(generator_hinge(made)) == pytest.approx(1.25)
    assert float(feature_matching(real, made)) == pytest.approx(1.0)


def test_fidelity_finds_the_rank_of_made_latents():
    basis = torch.linalg.qr(torch.randn(8, 8)).Q
    scales = torch.tensor([3.0, 2.0, 1.0])
    latents = torch.randn(5000, 3) * scales @ basis[:3] + 5.0
    shares = (scales.square() / scales.square().sum()).cumsum(0)  # 0.64, 0.93, 1
    assert [fit_truncation(latents, f).rank for f in (0.5, 0.9, 0.99)] == [1, 2, 3]
    assert shares[1] > 0.9
    found = fit_truncation(latents, 0.99)
    kept = (latents - found.mean) @ found.directions[:, :3]
    again = kept @ found.directions[:, :3].T + found.mean
    assert torch.allclose(again, latents, atol=1e-4)


def test_all_parameters_of_phase_1_learn():
    model = small()
    model({"x": torch.randn(2, 1000) * 0.1}, "model", 0)["loss"].backward()
    for part in (model.encoder, model.decoder):
        assert all(p.grad is not None and bool((p.grad != 0).any()) for p in part.parameters())
    assert all(p.grad is None for p in model.discriminator.parameters())


def test_the_terms_of_phase_1():
    model = small(beta=0.25, beta_warmup=100)
    x = torch.randn(2, 1000) * 0.1
    terms = model({"x": x}, "model", 50)
    expected = terms["spectral_distance"] + 0.125 * terms["kl"]
    assert float(terms["loss"].detach()) == pytest.approx(float(expected), rel=1e-6)


def test_the_encoder_is_frozen_in_phase_2():
    model = small(phase_1_steps=1)
    assert model.turns(0) == ("model",)
    assert model.turns(1) == ("generator", "discriminator")
    before = {name: value.clone() for name, value in model.encoder.state_dict().items()}
    decoder = [p.clone() for p in model.decoder.parameters()]
    optimizers = {turn: torch.optim.Adam(p, 1e-3) for turn, p in model.turn_parameters().items()}
    model.train()
    for step in range(1, 4):
        for turn in model.turns(step):
            optimizers[turn].zero_grad()
            model({"x": torch.randn(2, 1000) * 0.1}, turn, step)["loss"].backward()
            optimizers[turn].step()
    assert all(torch.equal(before[name], value) for name, value in model.encoder.state_dict().items())
    assert not any(torch.equal(a, b) for a, b in zip(decoder, model.decoder.parameters(), strict=True))


def test_the_discriminators_turn_leaves_the_decoder_alone():
    model = small(phase_1_steps=0)
    model({"x": torch.randn(2, 1000)}, "discriminator", 0)["loss"].backward()
    assert all(p.grad is None for p in [*model.encoder.parameters(), *model.decoder.parameters()])


@pytest.mark.parametrize("length", [1000, 1024, 777])
def test_shapes_of_odd_lengths(length):
    model = small().eval()
    x = torch.randn(3, length)
    assert model.reconstruct(x).shape == x.shape
    assert model.codes(x).shape == (3, 6)
    assert torch.equal(model.reconstruct(x), model.reconstruct(x))


def test_conclude_keeps_what_matters():
    model = small(fidelity=0.9)
    x = torch.randn(16, 1000) * 0.1
    model.conclude([x[:8], x[8:]])
    rank = int(model.rank)
    assert 1 <= rank <= 6
    assert model.codes(x).shape == (16, rank)
    with torch.no_grad():
        z = model.encode(model._padded(x))
        full = model.encoder(model.pqmf(model._padded(x))).chunk(2, dim=1)[0].transpose(1, 2).flatten(0, 1)
    kept = z.transpose(1, 2).flatten(0, 1)
    assert float(kept.var(0).sum() / full.var(0).sum()) >= 0.9


@pytest.mark.parametrize("noise", [False, True])
def test_an_export_gives_what_the_model_gives(tmp_path, noise):
    model = small(fidelity=0.9).eval()
    model.conclude([torch.randn(8, 1000) * 0.1])
    export_rave(model, tmp_path / "rave.ts", noise=noise)
    encoder = TorchScriptEncoder(tmp_path / "rave.ts", 8000)
    x = torch.randn(3, 1000) * 0.1  # other sizes than those of the export
    with torch.no_grad():
        assert torch.allclose(encoder(x), model.codes(x), atol=1e-5)
        z = model.encode(model._padded(x))
        again = encoder.module.decode(z)
        quiet = model.decode_latents(z, noise=False)
    assert again.shape == quiet.shape
    assert torch.allclose(again, quiet, atol=1e-5) is not noise


def test_training_lowers_the_distance_of_a_sound():
    model = small()
    t = torch.arange(1000) / 8000
    x = torch.stack([0.3 * torch.sin(2 * math.pi * f * t) for f in (300.0, 500.0, 700.0, 900.0)])
    optimizer = torch.optim.Adam([*model.encoder.parameters(), *model.decoder.parameters()], 3e-3)
    distances = []
    for step in range(150):
        optimizer.zero_grad()
        terms = model({"x": x}, "model", step)
        terms["loss"].backward()
        optimizer.step()
        distances.append(float(terms["spectral_distance"]))
    # The distance holds logarithms: its fall by 1.5 is a factor of e^1.5 spread over four spectra.
    assert np.mean(distances[-10:]) < np.mean(distances[:3]) - 1.5


@pytest.mark.parametrize(
    ("changes", "shape", "message"),
    [
        ({}, (8, 8), "RAVE takes waveforms"),
        ({"noise_ratios": (3,)}, (1000,), "noise_ratios: their product must divide that of ratios"),
        ({"windows": (4096, 64)}, (1000,), "windows: 4096 samples are more than a clip has, 1024"),
        ({"windows": (512,)}, (1000,), "windows: none fits the bands, which have 256 samples"),
    ],
)
def test_settings_that_do_not_fit(changes, shape, message):
    with pytest.raises(ValueError, match=message):
        Rave.build(RaveConfig(**(SMALL | changes)), Inputs(shape, 8000, 10))
