"""Run by tests: losses and gradients of two processes with half of a batch each, against those of the whole batch."""

from __future__ import annotations

import sys

import torch
import torch.distributed as dist
from torch import nn

from synthkit.models.barlow_loss import barlow_terms
from synthkit.models.base import Inputs
from synthkit.models.batch_norm import BatchNorm
from synthkit.models.beta_tcvae import BetaTcVae, BetaTcVaeConfig
from synthkit.models.dip_vae import DipVae2, DipVae2Config
from synthkit.models.gaussian import Gaussian


def barlow(network, x):
    terms = barlow_terms(network(x[:, :3]), network(x[:, 3:]), normalize_latents=True)
    return terms.invariance + 0.1 * terms.redundancy


def family(kind, config):
    model = kind.build(config(latent=2, channels=(2,), hidden=(4,)), Inputs((4, 4), 8000, 100)).double()

    def loss(network, x):
        q = Gaussian(network(x[:, :3]), network(x[:, 3:]))
        return model.penalty(q, q.mean + 0.1, 0)[0]

    return loss


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 5), BatchNorm(5), nn.Tanh(), nn.Linear(5, 2)).double()


def main(store: str, rank: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(12, 6, dtype=torch.float64)
    losses = [barlow, family(BetaTcVae, BetaTcVaeConfig), family(DipVae2, DipVae2Config)]
    whole = []
    for loss in losses:
        net = network()
        value = loss(net, x)
        value.backward()
        whole.append((value.detach(), [p.grad for p in net.parameters()]))
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    for loss, (value, gradients) in zip(losses, whole, strict=True):
        net = network()
        mine = loss(net, x[rank * 6 : rank * 6 + 6])
        mine.backward()
        both = mine.detach().clone()
        dist.all_reduce(both)
        torch.testing.assert_close(both / 2, value, rtol=1e-10, atol=1e-12)
        for parameter, gradient in zip(net.parameters(), gradients, strict=True):
            dist.all_reduce(parameter.grad)
            torch.testing.assert_close(parameter.grad / 2, gradient, rtol=1e-9, atol=1e-11)
    dist.destroy_process_group()
    print("same")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
