"""Early stopping on the validation loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor

__all__ = ["EarlyStopping"]


class EarlyStopping:
    """Remembers the best weights, and says when there has been no better loss for long enough.

    Args:
        patience: Validations without a better loss that end a training; None never ends it, and remembers nothing.

    Attributes:
        weights: The best so far.
    """

    def __init__(self, patience: int | None) -> None:
        self._patience = patience
        self._best, self._step, self._since = math.inf, 0, 0
        self.weights: Mapping[str, Tensor] | None = None

    def better(self, loss: float) -> bool:
        """Take note of a validation; True where it is the best so far."""
        if self._patience is None:
            return False
        if loss < self._best:
            self._best, self._since = loss, 0
            return True
        self._since += 1
        return False

    def remember(self, step: int, weights: Mapping[str, Tensor]) -> None:
        """Keep the weights of the best validation."""
        self._step, self.weights = step, weights

    @property
    def over(self) -> bool:
        """Whether the training should end."""
        return self._patience is not None and self._since >= self._patience

    def numbers(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return {"best": None if math.isinf(self._best) else self._best, "step": self._step, "since": self._since}

    def restore(self, numbers: Mapping[str, Any], weights: Mapping[str, Tensor] | None) -> None:
        """The other way round."""
        self._best = math.inf if numbers["best"] is None else numbers["best"]
        self._step, self._since, self.weights = numbers["step"], numbers["since"], weights
