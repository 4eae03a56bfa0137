"""ResNet encoders for mel spectra (He et al. 2016)."""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from synthkit.models.batch_norm import BatchNorm

__all__ = ["LAYERS", "ResNet"]

# Name -> blocks of each stage, and whether blocks have a bottleneck.
LAYERS: dict[str, tuple[tuple[int, int, int, int], bool]] = {
    "resnet18": ((2, 2, 2, 2), False),
    "resnet34": ((3, 4, 6, 3), False),
    "resnet50": ((3, 4, 6, 3), True),
}
_EXPANSION = 4


class ResNet(nn.Module):
    """[B, bands, frames] -> [B, size]: four stages of residual blocks, then the mean over bands and frames.

    Each stage but the first halves the spectrum. Against the network for photographs the stem is a 3 x 3 convolution
    without pooling: spectra are small.

    Args:
        name: One of `LAYERS`.
        width: Channels of the first stage; 64 is the usual.

    Attributes:
        size: Numbers for each example.
    """

    def __init__(self, name: str, width: int) -> None:
        super().__init__()
        counts, bottleneck = LAYERS[name]
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, padding=1, bias=False), BatchNorm(width), nn.ReLU())
        blocks: list[nn.Module] = []
        channels = width
        for stage, count in enumerate(counts):
            for block in range(count):
                inner = width * 2**stage
                stride = 2 if stage and not block else 1
                blocks.append(_Block(channels, inner, stride, bottleneck=bottleneck))
                channels = inner * (_EXPANSION if bottleneck else 1)
        self.blocks = nn.Sequential(*blocks)
        self.size = channels

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.blocks(self.stem(x[:, None])).mean((2, 3))
        return found


class _Block(nn.Module):
    """x + convolutions of x."""

    def __init__(self, channels: int, inner: int, stride: int, *, bottleneck: bool) -> None:
        super().__init__()
        out = inner * (_EXPANSION if bottleneck else 1)
        if bottleneck:
            layers = [*_conv(channels, inner, 1, 1), nn.ReLU(), *_conv(inner, inner, 3, stride), nn.ReLU()]
            layers += _conv(inner, out, 1, 1)
        else:
            layers = [*_conv(channels, inner, 3, stride), nn.ReLU(), *_conv(inner, out, 3, 1)]
        self.body = nn.Sequential(*layers)
        same = stride == 1 and channels == out
        self.shortcut = nn.Identity() if same else nn.Sequential(*_conv(channels, out, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.shortcut(x))


def _conv(channels: int, out: int, kernel: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, out, kernel, stride, padding=kernel // 2, bias=False), BatchNorm(out)]
