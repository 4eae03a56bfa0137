"""Which weights are evaluated: the last, or their running mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from synthkit.models.base import Trainable

__all__ = ["Evaluated", "averaged", "evaluated_weights"]


class Evaluated:
    """Within it the model has its averaged weights."""

    def __init__(self, model: Trainable, ema: Mapping[str, Tensor]) -> None:
        self._model, self._ema = model, ema

    def __enter__(self) -> None:
        self._kept = {name: value.clone() for name, value in self._model.state().items()} if self._ema else {}
        if self._ema:
            self._model.load_state(evaluated_weights(self._model, self._ema))

    def __exit__(self, *_: object) -> None:
        if self._kept:
            self._model.load_state(self._kept)


def averaged(model: Trainable) -> Iterator[tuple[str, Tensor]]:
    """Weights and running statistics, which are averaged; counters are not."""
    return ((name, value) for name, value in model.state().items() if value.is_floating_point())


def evaluated_weights(model: Trainable, ema: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A copy of the weights to be evaluated."""
    return {name: ema.get(name, value).detach().clone() for name, value in model.state().items()}
