"""The loss on the validation split."""

from __future__ import annotations

import numpy as np
import torch

from synthkit.models.base import Trainable
from synthkit.seeds import derive_key
from synthkit.train.experiment import BaseExperiment
from synthkit.train.loop import StepBatches

__all__ = ["Validation"]

_STEPS = 20


class Validation:
    """Mean loss of the first turn over up to 20 batches, the same batches and random numbers every time.

    Args:
        experiment: Its batch size, seed and name.
        batches: Of the validation split, whole ones.
        num_examples: Examples in the split.
    """

    def __init__(self, experiment: BaseExperiment, batches: StepBatches, num_examples: int) -> None:
        self._key = derive_key(experiment.seed, experiment.name, "train-validation")
        self._batches = batches
        self._steps = min(-(-num_examples // experiment.training.batch_size), _STEPS)

    @torch.no_grad()
    def __call__(self, model: Trainable) -> float:
        """The loss of a model, which is left in evaluation mode."""
        model.eval()
        turn = model.turns(0)[0]
        with torch.random.fork_rng():
            torch.manual_seed(self._key)
            losses = [float(model.terms(self._batches.at(step)[0], turn, 0)["loss"]) for step in range(self._steps)]
        return float(np.mean(losses))
