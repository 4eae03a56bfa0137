"""Building blocks of encoder and decoder."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

__all__ = ["SLOPE", "ResidualStack", "upsampling"]

SLOPE = 0.2


class ResidualStack(nn.Module):
    """[B, C, L] -> [B, C, L]: dilated convolutions, each added to what it was given.

    Args:
        channels: C.
        dilations: One convolution for each.
    """

    def __init__(self, channels: int, dilations: Sequence[int]) -> None:
        super().__init__()
        self.units = nn.ModuleList(
            nn.Sequential(
                nn.LeakyReLU(SLOPE),
                nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation),
                nn.LeakyReLU(SLOPE),
                nn.Conv1d(channels, channels, 1),
            )
            for dilation in dilations
        )

    def forward(self, x: Tensor) -> Tensor:
        for unit in self.units:
            x = x + unit(x)
        return x


def upsampling(channels: int, out: int, ratio: int) -> nn.Module:
    """[B, channels, L] -> [B, out, ratio L]."""
    if ratio == 1:
        return nn.Conv1d(channels, out, 3, padding=1)
    return nn.ConvTranspose1d(channels, out, 2 * ratio, ratio, padding=ratio // 2 + ratio % 2, output_padding=ratio % 2)
