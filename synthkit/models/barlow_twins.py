"""Barlow Twins for audio (Zbontar et al. 2021; for speech Brima et al. 2023)."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field
from torch import Tensor, nn

from synthkit.models.barlow_loss import barlow_terms
from synthkit.models.base import Batch, Inputs, Model, ModelConfig
from synthkit.models.batch_norm import BatchNorm
from synthkit.models.cnn1d import Cnn1d
from synthkit.models.resnet import ResNet

__all__ = ["BarlowTwins", "BarlowTwinsConfig"]


class BarlowTwinsConfig(ModelConfig):
    """Settings.

    Attributes:
        encoder: ``resnet18``, ``resnet34`` or ``resnet50`` for mel spectra, ``cnn1d`` for waveforms.
        width: Channels of the encoder's first stage.
        projector: Widths of the projector's layers; the original has three of 8192.
        redundancy_weight: Lambda, the weight of the redundancy term.
        normalize_latents: Scale each embedding to length 1 before the loss (Modified Barlow Twins).
        terms: ``both``, or one of them alone: ``invariance`` or ``redundancy``.
    """

    encoder: Literal["resnet18", "resnet34", "resnet50", "cnn1d"] = "resnet18"
    width: int = Field(default=64, ge=1)
    projector: tuple[int, ...] = Field(default=(8192, 8192, 8192), min_length=1, strict=False)
    redundancy_weight: float = Field(default=5e-3, ge=0)
    normalize_latents: bool = False
    terms: Literal["both", "invariance", "redundancy"] = "both"


class BarlowTwins(Model):
    """loss = sum_i (1 - C_ii)^2 + lambda sum_{i != j} C_ij^2, C the correlation of the two views' embeddings.

    The code of a clip is what the encoder gives; the projector is for training only.
    """

    partners: ClassVar[bool] = True
    Config: ClassVar[type[ModelConfig]] = BarlowTwinsConfig

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config
        self.encoder = Cnn1d(config.width) if config.encoder == "cnn1d" else ResNet(config.encoder, config.width)
        layers: list[nn.Module] = []
        size = self.encoder.size
        for width in config.projector[:-1]:
            layers += [nn.Linear(size, width, bias=False), BatchNorm(width), nn.ReLU()]
            size = width
        self.projector = nn.Sequential(*layers, nn.Linear(size, config.projector[-1], bias=False))

    @classmethod
    def build(cls, config: Any, inputs: Inputs) -> Self:
        wanted = 1 if config.encoder == "cnn1d" else 2
        if len(inputs.shape) != wanted:
            takes = "waveforms" if wanted == 1 else "mel spectra"
            raise ValueError(f"encoder: {config.encoder} takes {takes}, not examples of shape {inputs.shape}")
        return cls(config)

    def terms(self, batch: Batch, turn: str, step: int) -> dict[str, Tensor]:
        del turn, step
        c = self.config
        # Each view by itself, as in the original: batch statistics are those of one view.
        first, second = (self.projector(self.encoder(batch[name])) for name in ("x", "partner"))
        found = barlow_terms(first, second, normalize_latents=c.normalize_latents)
        loss = first.new_zeros(())
        if c.terms != "redundancy":
            loss = loss + found.invariance
        if c.terms != "invariance":
            loss = loss + c.redundancy_weight * found.redundancy
        return {"loss": loss, "invariance": found.invariance.detach(), "redundancy": found.redundancy.detach()}

    def codes(self, x: Tensor) -> Tensor:
        found: Tensor = self.encoder(x)
        return found
