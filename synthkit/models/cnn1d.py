"""A 1-D convolutional encoder for waveforms."""

from __future__ import annotations

from torch import Tensor, nn

from synthkit.models.batch_norm import BatchNorm

__all__ = ["Cnn1d"]

_STAGES = 5
_STRIDE, _KERNEL = 4, 9


class Cnn1d(nn.Module):
    """[B, T] -> [B, size]: five convolutions of stride 4, channels doubling, then the mean over time.

    Args:
        width: Channels of the first convolution.

    Attributes:
        size: Numbers for each example.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 1
        for stage in range(_STAGES):
            out = width * 2**stage
            layers += [nn.Conv1d(channels, out, _KERNEL, _STRIDE, padding=_KERNEL // 2, bias=False), BatchNorm(out)]
            layers.append(nn.ReLU())
            channels = out
        self.layers = nn.Sequential(*layers)
        self.size = channels

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layers(x[:, None]).mean(2)
        return found
