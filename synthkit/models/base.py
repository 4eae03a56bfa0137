"""What a model is: a module with its losses, the turns in which they are minimised, and the codes that it makes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

__all__ = ["MAIN", "Batch", "Inputs", "Model", "ModelConfig", "OptimizerChoice", "Trainable"]

Batch = Mapping[str, Tensor]

MAIN = "model"


class ModelConfig(BaseModel):
    """Settings of a model: a frozen record that refuses unknown keys and wrong types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class OptimizerChoice(ModelConfig):
    """Settings of one optimiser (Adam); what is None is as the training says.

    Attributes:
        learning_rate: Step size.
        betas: Decay of the running means of the gradient and of its square.
    """

    learning_rate: float | None = Field(default=None, gt=0)
    betas: tuple[float, float] | None = Field(default=None, strict=False)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a model is made for.

    Attributes:
        shape: Of one example as it reaches the model: (bands, frames) of a mel spectrum, (samples,) of a waveform.
        sample_rate: Of the audio, Hz.
        num_examples: Examples in the training set.
    """

    shape: tuple[int, ...]
    sample_rate: int
    num_examples: int


class Trainable(nn.Module, ABC):
    """A module with its losses: all that the training loop knows of it.

    A training step runs the turns in order; each minimises ``loss`` of its terms over its own parameters, with an
    optimiser of its own. All randomness comes from torch's default generators, which the training seeds at each step.
    """

    def turns(self, step: int) -> tuple[str, ...]:
        """Names of what is minimised at a step (counted from 0), in order."""
        del step
        return (MAIN,)

    def turn_parameters(self) -> Mapping[str, list[nn.Parameter]]:
        """Turn -> the parameters that it trains; together all that are trained."""
        return {MAIN: list(self.parameters())}

    def optimizers(self) -> Mapping[str, OptimizerChoice]:
        """Turn -> settings of its optimiser, for those that differ from the training's."""
        return {}

    @abstractmethod
    def terms(self, batch: Batch, turn: str, step: int) -> dict[str, Tensor]:
        """Loss terms of a batch, scalars: ``loss`` is minimised, the others are logged.

        Args:
            batch: What the model is trained on, tensors whose first axis is the examples.
            turn: One of `turns`.
            step: Steps done so far.
        """

    def forward(self, batch: Batch, turn: str, step: int) -> dict[str, Tensor]:
        """The same as `terms`: what data-parallel training wraps."""
        return self.terms(batch, turn, step)

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint holds of the model, name -> tensor: all that training changes."""
        return dict(self.state_dict())

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """The other way round.

        Raises:
            RuntimeError: The state is of another model; the last line of the message says how.
        """
        self.load_state_dict(dict(state))


class Model(Trainable):
    """A model of clips that makes codes of them.

    Attributes:
        partners: Whether a batch must hold ``partner`` beside ``x``: a second example or view of each, same shape.
        waveforms: Whether it takes waveforms [B, T]; else mel spectra [B, bands, frames].
    """

    partners: ClassVar[bool] = False
    waveforms: ClassVar[bool] = False
    Config: ClassVar[type[ModelConfig]]

    @classmethod
    @abstractmethod
    def build(cls, config: Any, inputs: Inputs) -> Self:
        """A new model with random weights.

        Args:
            config: An instance of ``Config``.
            inputs: What it is made for.

        Raises:
            ValueError: It cannot be made for such inputs; the message says why, as ``field: what``.
        """

    @abstractmethod
    def terms(self, batch: Batch, turn: str, step: int) -> dict[str, Tensor]:
        """Loss terms of a batch, scalars: ``loss`` is minimised, the others are logged.

        Each is summed over what an example holds and averaged over examples.

        Args:
            batch: ``x`` float32 [B, ...], perhaps ``partner`` of the same shape.
            turn: One of `turns`.
            step: Steps done so far.
        """

    @abstractmethod
    def codes(self, x: Tensor) -> Tensor:
        """What the model makes of examples, without randomness.

        Args:
            x: [B, ...], as in a batch.

        Returns:
            float32 [B, D].
        """

    def conclude(self, examples: Iterable[Tensor]) -> None:
        """Measure what the codes need on training examples [n, ...], once, when the training has ended."""
        del examples

    def reconstruct(self, x: Tensor) -> Tensor | None:
        """The examples as the model gives them back, the shape of ``x``; None for models that do not."""
        del x
        return None

    def decode(self, z: Tensor) -> Tensor | None:
        """Examples of codes [B, D]; None for models without a decoder that takes one code an example."""
        del z
        return None
