"""Optimisers of a model's turns, and how large their steps are."""

from __future__ import annotations

import math

from torch.optim import AdamW, Optimizer

from synthkit.models.base import Trainable
from synthkit.train.experiment import Training

__all__ = ["learning_rate", "make_optimizers"]


def make_optimizers(model: Trainable, training: Training) -> dict[str, Optimizer]:
    """AdamW for each turn, with the settings that the model has for it or else the training's."""
    choices = model.optimizers()
    found: dict[str, Optimizer] = {}
    for turn, parameters in model.turn_parameters().items():
        choice = choices.get(turn)
        betas = choice.betas if choice is not None and choice.betas is not None else training.betas
        found[turn] = AdamW(parameters, lr=training.learning_rate, betas=betas, weight_decay=training.weight_decay)
    return found


def learning_rate(training: Training, step: int) -> float:
    """Share of the peak at a step: grows over the warm-up, then stays or falls as half a cosine."""
    if step < training.warmup_steps:
        return (step + 1) / training.warmup_steps
    if training.schedule == "constant":
        return 1.0
    done = (step - training.warmup_steps) / max(training.steps - training.warmup_steps, 1)
    return 0.5 * (1 + math.cos(math.pi * done))
