"""The plain autoencoder: nothing but reconstruction."""

from __future__ import annotations

from torch import Tensor

from synthkit.models.autoencoder import Autoencoder
from synthkit.models.base import Batch

__all__ = ["Ae"]


class Ae(Autoencoder):
    """An autoencoder without a prior: its code is whatever reconstructs best."""

    def terms(self, batch: Batch, turn: str, step: int) -> dict[str, Tensor]:
        del turn, step
        loss = self.reconstruction(batch["x"], self.codes(batch["x"]))
        return {"loss": loss, "reconstruction": loss.detach()}
