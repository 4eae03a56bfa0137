"""Statistics over the batches of all processes, with right gradients; with one process they are those of its batch.

Data-parallel training averages gradients over processes. Where every process computes the same loss from what was
gathered, the gradient of a sum over processes flows back to each as the sum of what all processes send; after the
average it is the gradient of that one loss.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
import torch.distributed.nn.functional as collective
from torch import Tensor

__all__ = ["all_mean", "gather", "rank", "world_size"]


def world_size() -> int:
    """Number of processes that train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Number of this process among them, from 0."""
    return dist.get_rank() if world_size() > 1 else 0


def gather(x: Tensor) -> Tensor:
    """Rows of all processes [R B, ...] from those of each [B, ...], in the order of the processes."""
    if world_size() == 1:
        return x
    return torch.cat(collective.all_gather(x.contiguous()))  # type: ignore[no-untyped-call]


def all_mean(x: Tensor) -> Tensor:
    """Mean over processes of a tensor that each has, elementwise."""
    size = world_size()
    return x if size == 1 else collective.all_reduce(x.clone()) / size  # type: ignore[no-untyped-call]
