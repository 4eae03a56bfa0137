"""What came of a training, and how it tells of its progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from synthkit.train.loop import Fit

__all__ = ["OnProgress", "TrainResult", "fit_report", "stage_report"]

OnProgress = Callable[[str, int, int, Mapping[str, float]], None]


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What came of a training.

    Attributes:
        folder: Its directory.
        steps: Steps done.
        resumed_from: Step that it went on from; 0 where it began anew.
        stopped_early: Whether validation ended it.
        evaluation: What the evaluation found, plain data.
        warnings: What a user should know.
    """

    folder: Path
    steps: int
    resumed_from: int
    stopped_early: bool
    evaluation: dict[str, Any]
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path, done: Fit, evaluation: dict[str, Any], warnings: Sequence[str]) -> Self:
        """What a fit and an evaluation came to, with the warnings of both."""
        said = (*warnings, *evaluation.get("warnings", ()))
        return cls(folder, done.steps, done.resumed_from, done.stopped_early, evaluation, said)


def stage_report(on_progress: OnProgress | None, stage: str) -> Callable[[int, int], None] | None:
    """Tells of one stage that has no terms; None where nobody listens."""
    if on_progress is None:
        return None
    tell = on_progress
    return lambda done, total: tell(stage, done, total, {})


def fit_report(on_progress: OnProgress | None) -> Callable[[int, int, Mapping[str, float]], None] | None:
    """Tells of the steps of a training; None where nobody listens."""
    return None if on_progress is None else partial(on_progress, "training")
