"""The loss of Barlow Twins against a formula worked out apart, alone and over two processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from synthkit.models.barlow_loss import barlow_terms, cross_correlation
from synthkit.models.barlow_twins import BarlowTwins, BarlowTwinsConfig
from synthkit.models.base import Inputs
from synthkit.models.batch_norm import BatchNorm
from synthkit.models.resnet import ResNet

SMALL = {"width": 4, "projector": (16, 16)}


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def test_correlation_is_numpys():
    a, b = torch.randn(40, 5, dtype=torch.float64) * 3 + 1, torch.randn(40, 5, dtype=torch.float64)
    expected = np.corrcoef(a.numpy().T, b.numpy().T)[:5, 5:]
    # A hundred-thousandth of the power is added to each variance.
    assert cross_correlation(a, b).numpy() == pytest.approx(expected, abs=5e-5)


def test_terms_of_two_by_two_by_hand():
    """Views (1, -1), (1, 1) and their swap: C is [[0, 1], [1, 0]] for zero-mean columns."""
    a = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]], dtype=torch.float64)
    terms = barlow_terms(a, a.flip(1))
    assert float(terms.invariance) == pytest.approx(2.0, abs=1e-4)
    assert float(terms.redundancy) == pytest.approx(2.0, abs=1e-4)
    same = barlow_terms(a, a)
    assert float(same.invariance) == pytest.approx(0.0, abs=1e-8)
    assert float(same.redundancy) == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize(("terms", "weights"), [("both", (1, 0.3)), ("invariance", (1, 0)), ("redundancy", (0, 0.3))])
def test_the_loss_is_the_sum_that_the_ablation_says(terms, weights):
    model = BarlowTwins(BarlowTwinsConfig(**SMALL, redundancy_weight=0.3, terms=terms))
    batch = {"x": torch.randn(8, 12, 9), "partner": torch.randn(8, 12, 9)}
    found = model(batch, "model", 0)
    expected = weights[0] * found["invariance"] + weights[1] * found["redundancy"]
    assert float(found["loss"].detach()) == pytest.approx(float(expected), rel=1e-5)


def test_normalised_latents_do_not_depend_on_the_scale_of_an_example():
    a, b = torch.randn(32, 6, dtype=torch.float64), torch.randn(32, 6, dtype=torch.float64)
    louder = a * torch.rand(32, 1, dtype=torch.float64).add(0.5)
    for normalize, changes in ((True, False), (False, True)):
        before, after = (barlow_terms(x, b, normalize_latents=normalize).redundancy for x in (a, louder))
        assert torch.allclose(before, after, rtol=1e-9) is not changes


def test_dimensions_that_do_not_vary_correlate_with_nothing():
    a = torch.randn(16, 4)
    a[:, 2] = 3.0
    a.requires_grad_()
    c = cross_correlation(a, a)
    assert c[2].abs().max() == 0
    c.square().sum().backward()
    assert torch.isfinite(a.grad).all()


@pytest.mark.parametrize("shape", [(6, 4), (6, 4, 9), (6, 4, 5, 3)])
def test_batch_norm_is_torchs(shape):
    mine = BatchNorm(4).double()
    theirs = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}[len(shape)](4).double()
    for _ in range(3):
        x = torch.randn(shape, dtype=torch.float64) * 2 + 1
        a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
        assert torch.allclose(mine(a), theirs(b), rtol=1e-9, atol=1e-12)
        mine(a).pow(3).sum().backward()
        theirs(b).pow(3).sum().backward()
        assert torch.allclose(a.grad, b.grad, rtol=1e-6, atol=1e-9)
    assert not torch.allclose(mine.running_mean, torch.zeros(4, dtype=torch.float64))
    mine.reset_parameters()
    assert torch.equal(mine.running_mean, torch.zeros(4, dtype=torch.float64))


def test_running_statistics_are_torchs():
    mine, theirs = BatchNorm(3), nn.BatchNorm1d(3)
    for _ in range(4):
        x = torch.randn(5, 3) * 4 - 2
        mine(x), theirs(x)
    assert torch.allclose(mine.running_mean, theirs.running_mean, rtol=1e-5)
    assert torch.allclose(mine.running_var, theirs.running_var, rtol=1e-5)
    x = torch.randn(5, 3)
    assert torch.allclose(mine.eval()(x), theirs.eval()(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "size"), [("resnet18", 32), ("resnet34", 32), ("resnet50", 128)])
def test_resnet_sizes(name, size):
    encoder = ResNet(name, 4)
    assert encoder.size == size
    assert encoder(torch.randn(2, 20, 17)).shape == (2, size)


def test_a_resnet18_of_the_usual_width_has_the_usual_number_of_weights():
    count = sum(p.numel() for p in ResNet("resnet18", 64).parameters())
    # torchvision's has 11,689,512: less its last layer (513,000), its stem for colours (9,408 to 576 weights).
    assert count == 11_689_512 - 513_000 - 9_408 + 576


def test_encoders_for_waveforms_and_spectra():
    wave = BarlowTwins.build(BarlowTwinsConfig(encoder="cnn1d", **SMALL), Inputs((4000,), 16000, 10))
    assert wave.codes(torch.randn(3, 4000)).shape == (3, 64)
    with pytest.raises(ValueError, match=r"encoder: resnet18 takes mel spectra, not examples of shape \(4000,\)"):
        BarlowTwins.build(BarlowTwinsConfig(**SMALL), Inputs((4000,), 16000, 10))
    with pytest.raises(ValueError, match="encoder: cnn1d takes waveforms"):
        BarlowTwins.build(BarlowTwinsConfig(encoder="cnn1d"), Inputs((40, 10), 16000, 10))


TWO = Path(__file__).with_name("two_processes.py")


def test_two_processes_have_the_loss_and_the_gradient_of_the_whole_batch(tmp_path):
    """Each process has half of the batch; gradients are averaged, as data-parallel training does."""
    command = [sys.executable, str(TWO), str(tmp_path / "store")]
    processes = [
        subprocess.Popen([*command, str(rank)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    found = [process.communicate(timeout=600) for process in processes]
    assert [p.returncode for p in processes] == [0, 0], found
    assert [out.split()[-1] for out, _ in found] == ["same", "same"]
