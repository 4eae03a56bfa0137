"""Numbers as input: some at a time through one linear layer, in place of the table of tokens (Lu et al. 2021)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["Patches"]


class Patches(nn.Module):
    """Vectors for a transformer: those of the tokens before, one for each patch of numbers, those of the tokens after.

    Args:
        table: The model's table of tokens.
        patch: Numbers in a patch.
        scale: Largest number, which becomes 1.
        before: Ids of the tokens before the patches.
        after: Ids of the tokens after them.
    """

    def __init__(
        self, table: nn.Embedding, patch: int, scale: float, before: Sequence[int], after: Sequence[int]
    ) -> None:
        super().__init__()
        self.project = nn.Linear(patch, table.embedding_dim)
        nn.init.orthogonal_(self.project.weight, gain=2**0.5)
        nn.init.zeros_(self.project.bias)
        self._table = [table]  # in a list: it stays a part of the model alone
        self._scale, self._before, self._after = scale, list(before), list(after)

    def forward(self, patches: Tensor) -> Tensor:
        """Vectors [B, before + T + after, width] of patches [B, T, patch]."""
        middle = self.project(patches / self._scale)
        ends = [
            self._table[0](torch.tensor(ids, dtype=torch.long, device=patches.device)).expand(len(patches), -1, -1)
            for ids in (self._before, self._after)
        ]
        return torch.cat([ends[0], middle, ends[1]], 1)
