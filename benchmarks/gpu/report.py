"""What a group of GPU benchmarks has found: answers that were checked, rows that were measured, notes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from benchmarks.table import Row

__all__ = ["Measured", "Report", "WrongAnswerError", "timed"]

T = TypeVar("T")


class WrongAnswerError(Exception):
    """The GPU's answer is not the CPU's."""


@dataclass(frozen=True)
class Measured:
    """One measured thing, and what was said of it before.

    Attributes:
        name: What was timed.
        value: Its own figure.
        unit: Of the figure.
        against: What it is compared with.
        ratio: The comparison as a number.
        predicted: What the ratio was expected to be.
        target: What was promised of the ratio, e.g. ``>= 0.85``; empty where nothing was.
        more: Other figures, by name.
    """

    name: str
    value: float
    unit: str
    against: str
    ratio: float
    predicted: str
    target: str = ""
    more: Mapping[str, float] = field(default_factory=dict)

    def row(self) -> Row:
        """As a row of the table."""
        figures = [f"{self.value:.4g} {self.unit}", *(f"{value:.3g} {name}" for name, value in self.more.items())]
        return Row(
            self.name, ", ".join(figures), f"{self.against}; predicted {self.predicted}", self.ratio, self.target
        )

    def data(self) -> dict[str, Any]:
        """As plain data; ``met`` is None where nothing was promised."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "against": self.against,
            "ratio": self.ratio,
            "target": self.target or None,
            "met": self.row().met if self.target else None,
            "predicted": self.predicted,
            **({"more": dict(self.more)} if self.more else {}),
        }


@dataclass
class Report:
    """One group.

    Attributes:
        title: Of its table.
        rows: What was measured.
        checked: What was compared with the CPU's answers, and was equal to them.
        notes: What was left out, and why.
    """

    title: str
    rows: list[Measured] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def check(self, what: str, found: Any, wanted: Any) -> None:
        """Compare two arrays bit for bit.

        Raises:
            WrongAnswerError: They differ.
        """
        one, other = np.ascontiguousarray(found), np.ascontiguousarray(wanted)
        if one.dtype != other.dtype or one.shape != other.shape:
            raise WrongAnswerError(
                f"{what}: {one.dtype} {list(one.shape)} on the GPU, {other.dtype} {list(other.shape)} on the CPU"
            )
        bits = np.dtype(f"u{one.dtype.itemsize}")
        different = np.argwhere(one.view(bits) != other.view(bits))
        if len(different):
            raise WrongAnswerError(
                f"{what}: {len(different)} of {one.size} numbers differ, the first at {different[0].tolist()}"
            )
        self.checked.append(what)


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """What a call gives, and its seconds."""
    started = time.perf_counter()
    found = call()
    return found, time.perf_counter() - started
