"""Loss terms against float64 formulas worked out apart, loop by loop, in NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from synthkit.models.ada_gvae import AdaGvae, AdaGvaeConfig, shared_posteriors
from synthkit.models.ae import Ae
from synthkit.models.annealed_vae import AnnealedVae, AnnealedVaeConfig
from synthkit.models.autoencoder import AutoencoderConfig
from synthkit.models.base import Inputs
from synthkit.models.beta_tcvae import BetaTcVae, BetaTcVaeConfig
from synthkit.models.beta_vae import BetaVae, BetaVaeConfig
from synthkit.models.dip_vae import DipVae1, DipVae1Config, DipVae2, DipVae2Config, covariance
from synthkit.models.factor_vae import FactorVae, FactorVaeConfig, permute_dimensions
from synthkit.models.gaussian import Gaussian, log_density, sample, standard_kl
from synthkit.models.registry import MODELS
from synthkit.models.total_correlation import decompose
from synthkit.models.vae import Vae, VaeConfig

B, D = 6, 3
SMALL = {"latent": D, "channels": (4, 4), "hidden": (8,)}
INPUTS = Inputs((8, 8), 16000, 50)


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def made(kind, config, inputs=INPUTS):
    return kind.build(config, inputs).double()


def x_batch(n=B, shape=(8, 8)):
    return torch.randn(n, *shape, dtype=torch.float64)


def posterior(n=B):
    return Gaussian(torch.randn(n, D, dtype=torch.float64), torch.randn(n, D, dtype=torch.float64) * 0.5)


def arrays(q):
    return q.mean.detach().numpy(), q.log_variance.detach().numpy()


def kl_by_hand(mean, log_variance):
    """Per example, summed over the code."""
    total = []
    for m, lv in zip(mean, log_variance, strict=True):
        total.append(sum(0.5 * (math.exp(v) + a * a - 1 - v) for a, v in zip(m, lv, strict=True)))
    return total


def density(z, m, lv):
    return -0.5 * (math.log(2 * math.pi) + lv + (z - m) ** 2 / math.exp(lv))


def test_kl_of_a_shifted_and_of_a_narrow_gaussian():
    q = Gaussian(torch.tensor([[0.0, 2.0, 0.0]]), torch.tensor([[0.0, 0.0, math.log(0.25)]]))
    assert standard_kl(q)[0].tolist() == pytest.approx([0.0, 2.0, 0.5 * (0.25 - 1 - math.log(0.25))], rel=1e-6)


def test_kl_is_the_integral_of_the_densities():
    m, lv = 0.7, -0.4
    z = np.linspace(-12, 12, 200_001)
    q = np.exp([density(v, m, lv) for v in z])
    p = np.array([density(v, 0.0, 0.0) for v in z])
    integral = np.trapezoid(q * (np.log(np.maximum(q, 1e-300)) - p), z)
    assert float(standard_kl(Gaussian(torch.tensor(m), torch.tensor(lv)))) == pytest.approx(integral, rel=1e-5)


def test_log_density_is_scipys():
    from scipy.stats import norm

    q = posterior()
    z = torch.randn(B, D, dtype=torch.float64)
    expected = norm.logpdf(z.numpy(), q.mean.numpy(), np.exp(0.5 * q.log_variance.numpy()))
    assert log_density(z, q).numpy() == pytest.approx(expected, rel=1e-12)


def test_draws_have_the_mean_and_variance():
    q = Gaussian(torch.full((200_000, 1), 1.5), torch.full((200_000, 1), math.log(0.09)))
    z = sample(q)
    assert z.mean() == pytest.approx(1.5, abs=0.005)
    assert z.std() == pytest.approx(0.3, abs=0.005)


def test_vae_is_reconstruction_plus_kl_on_the_scale_of_an_example():
    model = made(Vae, VaeConfig(**SMALL, noise=0.5))
    x = x_batch()
    torch.manual_seed(3)
    terms = model({"x": x}, "model", 0)
    torch.manual_seed(3)
    q = model.posterior(x)
    again = model.decoder(sample(q)).detach().numpy()
    errors = [((again[i] - x[i].numpy()) ** 2).sum() / (2 * 0.5**2) for i in range(B)]
    kl = kl_by_hand(*arrays(q))
    assert float(terms["reconstruction"]) == pytest.approx(np.mean(errors), rel=1e-12)
    assert float(terms["kl"]) == pytest.approx(np.mean(kl), rel=1e-12)
    assert float(terms["loss"].detach()) == pytest.approx(np.mean(errors) + np.mean(kl), rel=1e-12)


@pytest.mark.parametrize("n", [2, 6, 12])
def test_the_balance_of_the_terms_does_not_depend_on_the_batch(n):
    """A batch of copies has the terms of one example, whatever its size; the known defect divides one by it."""
    one = x_batch(1)
    right, wrong = (made(BetaVae, BetaVaeConfig(**SMALL, beta=4.0, penalty_over_batch=d)) for d in (False, True))
    wrong.load_state_dict(right.state_dict())
    q = right.posterior(one)
    kl = np.mean(kl_by_hand(*arrays(q)))
    x = one.repeat(n, 1, 1)
    terms, defect = right({"x": x}, "model", 0), wrong({"x": x}, "model", 0)
    assert float((terms["loss"] - terms["reconstruction"]).detach()) == pytest.approx(4 * kl, rel=1e-10)
    assert float((defect["loss"] - defect["reconstruction"]).detach()) == pytest.approx(4 * kl / n, rel=1e-10)


def test_ae_has_nothing_but_reconstruction():
    model = made(Ae, AutoencoderConfig(**SMALL))
    x = x_batch()
    expected = ((model.reconstruct(x) - x) ** 2).detach().numpy().reshape(B, -1).sum(1).mean() / 2
    assert float(model({"x": x}, "model", 0)["loss"].detach()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("step", "capacity"), [(0, 0.0), (50, 2.5), (100, 5.0), (1000, 5.0)])
def test_annealed_vae_grows_its_capacity(step, capacity):
    model = made(AnnealedVae, AnnealedVaeConfig(**SMALL, gamma=7.0, capacity=5.0, capacity_steps=100))
    q = posterior()
    penalty, named = model.penalty(q, q.mean, step)
    assert float(penalty) == pytest.approx(7.0 * abs(np.mean(kl_by_hand(*arrays(q))) - capacity), rel=1e-12)
    assert float(named["capacity"]) == pytest.approx(capacity)


def weights_by_hand(i, batch, n, by):
    """Weight of each example of a batch in the density at a draw of example i (Chen et al. 2018, appendix C)."""
    if by == "weighted":
        return [1 / (n * batch)] * batch
    m = batch - 1
    weights = [1 / m] * batch
    weights[i] = 1 / n
    weights[(i + 1) % batch] = (n - m) / (n * m)
    return weights


@pytest.mark.parametrize("by", ["stratified", "weighted"])
def test_total_correlation_by_loops(by):
    q, n = posterior(), 50
    z = sample(q)
    m, lv = arrays(q)
    zs = z.numpy()
    mi = tc = dim = 0.0
    for i in range(B):
        w = weights_by_hand(i, B, n, by)
        joint = math.log(
            sum(w[j] * math.exp(sum(density(zs[i, d], m[j, d], lv[j, d]) for d in range(D))) for j in range(B))
        )
        product = sum(
            math.log(sum(w[j] * math.exp(density(zs[i, d], m[j, d], lv[j, d])) for j in range(B))) for d in range(D)
        )
        given = sum(density(zs[i, d], m[i, d], lv[i, d]) for d in range(D))
        prior = sum(density(zs[i, d], 0, 0) for d in range(D))
        mi, tc, dim = mi + (given - joint) / B, tc + (joint - product) / B, dim + (product - prior) / B
    parts = decompose(z, q, q, 0, n, by)
    assert float(parts.mutual_information) == pytest.approx(mi, rel=1e-10)
    assert float(parts.total_correlation) == pytest.approx(tc, rel=1e-10)
    assert float(parts.dimension_kl) == pytest.approx(dim, rel=1e-10)


def test_stratified_weights_sum_to_one_and_give_the_exact_density_of_a_whole_set():
    assert sum(weights_by_hand(2, 7, 1000, "stratified")) == pytest.approx(1)
    q = posterior()
    z = sample(q)
    parts = decompose(z, q, q, 0, B, "stratified")
    # With the whole set as the batch the weights are 1/N but for one of 1/(N (N - 1)) and others of 1/(N - 1).
    assert sum(weights_by_hand(0, B, B, "stratified")) == pytest.approx(1)
    assert math.isfinite(float(parts.total_correlation))


def test_the_parts_of_the_kl_divergence_add_up():
    q = posterior(64)
    z = sample(q)
    parts = decompose(z, q, q, 0, 64, "stratified")
    whole = (log_density(z, q).sum(1) - log_density(z, Gaussian(z * 0, z * 0)).sum(1)).mean()
    total = parts.mutual_information + parts.total_correlation + parts.dimension_kl
    assert float(total) == pytest.approx(float(whole), rel=1e-12)


def test_beta_tcvae_weighs_the_three_parts():
    config = BetaTcVaeConfig(**SMALL, alpha=2.0, beta=5.0, gamma=3.0)
    model = made(BetaTcVae, config)
    q = posterior()
    z = sample(q)
    parts = decompose(z, q, q, 0, INPUTS.num_examples, "stratified")
    expected = 2 * parts.mutual_information + 5 * parts.total_correlation + 3 * parts.dimension_kl
    assert float(model.penalty(q, z, 0)[0].detach()) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize(("kind", "config"), [(DipVae1, DipVae1Config), (DipVae2, DipVae2Config)])
def test_dip_vae_by_loops(kind, config):
    model = made(kind, config(**SMALL, off_diagonal=3.0, diagonal=7.0))
    q = posterior()
    m, lv = arrays(q)
    c = np.cov(m.T, bias=True)
    if kind is DipVae2:
        c = c + np.diag(np.exp(lv).mean(0))
    off = sum(c[i, j] ** 2 for i in range(D) for j in range(D) if i != j)
    on = sum((c[i, i] - 1) ** 2 for i in range(D))
    expected = np.mean(kl_by_hand(m, lv)) + 3 * off + 7 * on
    assert float(model.penalty(q, q.mean, 0)[0]) == pytest.approx(expected, rel=1e-12)


def test_covariance_of_two_points_by_hand():
    found = covariance(torch.tensor([[0.0, 1.0], [2.0, 5.0]], dtype=torch.float64))
    assert found.tolist() == [[1.0, 2.0], [2.0, 4.0]]


def test_factor_vae_uses_the_difference_of_the_logits():
    model = made(FactorVae, FactorVaeConfig(**SMALL, units=16, gamma=6.0))
    q = posterior()
    z = sample(q)
    logits = model.discriminator(z).detach().numpy()
    expected = np.mean(kl_by_hand(*arrays(q))) + 6 * np.mean(logits[:, 0] - logits[:, 1])
    assert float(model.penalty(q, z, 0)[0].detach()) == pytest.approx(expected, rel=1e-12)


def test_the_discriminators_loss_is_the_mean_cross_entropy():
    model = made(FactorVae, FactorVaeConfig(**SMALL, units=16))
    z = torch.randn(B, D, dtype=torch.float64)
    torch.manual_seed(1)
    found = float(model.discriminator_loss(z))
    torch.manual_seed(1)
    both = torch.cat([z[: B // 2], permute_dimensions(z[B // 2 :])])
    logits = model.discriminator(both).detach().numpy()
    losses = [
        math.log(math.exp(a) + math.exp(b)) - (a if i < B // 2 else b) for i, (a, b) in enumerate(logits.tolist())
    ]
    assert found == pytest.approx(np.mean(losses), rel=1e-12)


@pytest.mark.parametrize("reaches", [False, True])
def test_the_discriminators_loss_reaches_the_encoder_only_as_the_known_defect(reaches):
    config = FactorVaeConfig(**SMALL, units=16, gamma=0.0, discriminator_reaches_encoder=reaches)
    model = made(FactorVae, config)
    plain = made(Vae, VaeConfig(**SMALL))
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("discriminator")})
    x = x_batch()
    for m in (model, plain):
        torch.manual_seed(5)
        m({"x": x}, "model", 0)["loss"].backward()
    mine = torch.cat([p.grad.flatten() for p in model.encoder.parameters()])
    theirs = torch.cat([p.grad.flatten() for p in plain.encoder.parameters()])
    assert torch.allclose(mine, theirs, rtol=1e-9, atol=1e-12) is not reaches


def test_the_discriminators_turn_leaves_the_autoencoder_alone():
    model = made(FactorVae, FactorVaeConfig(**SMALL, units=16))
    model({"x": x_batch()}, "discriminator", 0)["loss"].backward()
    assert all(p.grad is None for p in [*model.encoder.parameters(), *model.decoder.parameters()])
    assert all(p.grad is not None for p in model.discriminator.parameters())


def test_shuffled_dimensions_keep_each_dimension_and_break_their_tie():
    z = torch.arange(2000.0)[:, None].repeat(1, 2)
    shuffled = permute_dimensions(z)
    assert torch.equal(shuffled.sort(0).values, z)
    assert abs(float(torch.corrcoef(shuffled.T)[0, 1])) < 0.1


def test_ada_gvae_averages_what_pairs_share():
    first = Gaussian(torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 0.0]]))
    both = Gaussian(torch.tensor([[0.0, 0.0], [0.2, 3.0]]), torch.tensor([[0.0, 0.0], [math.log(3.0), 0.0]]))
    q, shared = shared_posteriors(both)
    assert shared.tolist() == [[True, False]]
    assert q.mean.tolist() == [[pytest.approx(0.1), 0.0], [pytest.approx(0.1), 3.0]]
    assert q.log_variance[0, 0] == pytest.approx(math.log(2.0))  # the mean of the variances 1 and 3
    assert q.log_variance[1].tolist() == [pytest.approx(math.log(2.0)), 0.0]
    assert first.mean.shape == (1, 2)


def test_ada_gvae_is_the_mean_over_both_members():
    model = made(AdaGvae, AdaGvaeConfig(**SMALL, beta=2.0))
    x, partner = x_batch(), x_batch()
    torch.manual_seed(2)
    terms = model({"x": x, "partner": partner}, "model", 0)
    torch.manual_seed(2)
    q, _ = shared_posteriors(model.posterior(torch.cat([x, partner])))
    again = model.decoder(sample(q)).detach().numpy()
    target = torch.cat([x, partner]).numpy()
    errors = ((again - target) ** 2).reshape(2 * B, -1).sum(1) / 2
    expected = errors.mean() + 2 * np.mean(kl_by_hand(*arrays(q)))
    assert float(terms["loss"].detach()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", [n for n, kind in MODELS.items() if issubclass(kind, (Ae, Vae))])
@pytest.mark.parametrize("shape", [(8, 8), (11, 7), (100,), (64,)])
def test_every_model_keeps_shapes_and_trains_all_its_parameters(name, shape):
    kind = MODELS[name]
    model = kind.build(kind.Config(**SMALL), Inputs(shape, 8000, 40))
    x = torch.randn(4, *shape)
    assert model.codes(x).shape == (4, D)
    assert model.reconstruct(x).shape == x.shape
    assert model.decode(torch.zeros(2, D)).shape == (2, *shape)
    trained = set()
    for turn in model.turns(0):
        model.zero_grad()
        terms = model({"x": x, "partner": x.flip(0)}, turn, 0)
        assert all(value.ndim == 0 for value in terms.values())
        terms["loss"].backward()
        of_turn = model.turn_parameters()[turn]
        assert all(p.grad is not None and bool((p.grad != 0).any()) for p in of_turn if p.numel() > 8)
        trained |= {id(p) for p in of_turn}
    assert trained == {id(p) for p in model.parameters()}


def test_codes_do_not_depend_on_random_numbers():
    model = made(Vae, VaeConfig(**SMALL))
    x = x_batch()
    assert torch.equal(model.codes(x), model.codes(x))


def test_a_shape_that_no_network_takes():
    with pytest.raises(ValueError, match=r"features: an autoencoder takes mel spectra or waveforms"):
        Vae.build(VaeConfig(), Inputs((2, 3, 4), 8000, 10))
