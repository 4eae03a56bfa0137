"""Batch normalisation over the batches of all processes, on any device."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from synthkit.models.distributed import all_mean

__all__ = ["BatchNorm"]


class BatchNorm(nn.Module):
    """As torch's BatchNorm, for [B, C], [B, C, T] and [B, C, H, W]; with one process it gives the same.

    In training the mean and the variance are those of all processes together (torch's SyncBatchNorm does that on GPUs
    only): two processes with half of a batch each normalise as one with the whole.

    Args:
        channels: C.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def reset_parameters(self) -> None:
        """Back to what it is at first."""
        with torch.no_grad():
            for value, start in ((self.weight, 1), (self.bias, 0), (self.running_mean, 0), (self.running_var, 1)):
                value.fill_(start)

    def forward(self, x: Tensor) -> Tensor:
        wide = (1, -1, *[1] * (x.ndim - 2))
        mean, variance = self._statistics(x, wide) if self.training else (self.running_mean, self.running_var)
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return x * scale.reshape(wide) + (self.bias - mean * scale).reshape(wide)

    def _statistics(self, x: Tensor, wide: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        axes = [axis for axis in range(x.ndim) if axis != 1]
        mean = all_mean(x.mean(axes))
        variance = all_mean((x - mean.reshape(wide)).square().mean(axes))
        with torch.no_grad():
            count = x.numel() / x.shape[1]
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(variance.detach() * count / max(count - 1, 1), self.momentum)
        return mean, variance
