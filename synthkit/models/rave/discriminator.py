"""Discriminators at several rates, and the losses of adversarial training."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from synthkit.models.rave.blocks import SLOPE

__all__ = ["MultiScaleDiscriminator", "discriminator_hinge", "feature_matching", "generator_hinge"]

_STAGES = 4
_STRIDE, _KERNEL = 4, 15

Features = list[Tensor]


class MultiScaleDiscriminator(nn.Module):
    """Convolutional discriminators of the waveform at its rate, half of it, a quarter (after Kumar et al. 2019).

    Args:
        scales: How many there are.
        capacity: Channels of their first layer.
    """

    def __init__(self, scales: int, capacity: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(_network(capacity) for _ in range(scales))

    def forward(self, audio: Tensor) -> list[Features]:
        """Features of every layer of every discriminator for audio [B, 1, T]; the last of each are its logits."""
        found = []
        for network in self.scales:
            features = []
            x = audio
            for layer in network:  # type: ignore[attr-defined]
                x = layer(x)
                features.append(x)
            found.append(features)
            audio = F.avg_pool1d(audio, 2)
        return found


def _network(capacity: int) -> nn.ModuleList:
    layers: list[nn.Module] = []
    channels = 1
    for stage in range(_STAGES):
        out = capacity * 2 ** min(stage, 2)
        conv = nn.Conv1d(channels, out, _KERNEL, 1 if stage == 0 else _STRIDE, padding=_KERNEL // 2)
        layers.append(nn.Sequential(conv, nn.LeakyReLU(SLOPE)))
        channels = out
    return nn.ModuleList([*layers, nn.Conv1d(channels, 1, 3, padding=1)])


def discriminator_hinge(real: Sequence[Features], made: Sequence[Features]) -> Tensor:
    """Mean over scales of E[max(0, 1 - D(x))] + E[max(0, 1 + D(y))] (paper, section 3.1)."""
    losses = [F.relu(1 - r[-1]).mean() + F.relu(1 + m[-1]).mean() for r, m in zip(real, made, strict=True)]
    return torch.stack(losses).mean()


def generator_hinge(made: Sequence[Features]) -> Tensor:
    """Mean over scales of -E[D(y)]."""
    return torch.stack([-m[-1].mean() for m in made]).mean()


def feature_matching(real: Sequence[Features], made: Sequence[Features]) -> Tensor:
    """Mean absolute difference of the features, logits left out, averaged over layers and scales."""
    distances = [
        (a.detach() - b).abs().mean()
        for r, m in zip(real, made, strict=True)
        for a, b in zip(r[:-1], m[:-1], strict=True)
    ]
    return torch.stack(distances).mean()
