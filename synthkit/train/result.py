"""What came of a training, and how it tells of its progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["OnProgress", "TrainResult"]

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
