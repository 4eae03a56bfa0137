"""How good a dataset's saliency rationales are: faithful to the teacher, and on the known evidence, against chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from synthkit.records import TextExample

__all__ = ["Gain", "SaliencyReport", "saliency_report_of"]

_Z = 1.959963984540054  # 95 %
# Measure -> its control, and whether more is better.
_CONTROLS = {
    "evidence_precision": ("random_precision", True),
    "evidence_recall": ("random_recall", True),
    "comprehensiveness": ("random_comprehensiveness", True),
    "sufficiency": ("random_sufficiency", False),
}


@dataclass(frozen=True, slots=True)
class Gain:
    """A measure beside that of as many words that were drawn, over the same examples.

    Attributes:
        mean: Of the chosen words.
        control: Of the drawn ones.
        difference: Mean difference, positive where the chosen words are better.
        low: Lower end of its 95 % interval, by the normal distribution.
        high: Upper end.
        examples: With this measure.
    """

    mean: float
    control: float
    difference: float
    low: float
    high: float
    examples: int


@dataclass(slots=True)
class SaliencyReport:
    """Of all saliency rationales of a dataset.

    Attributes:
        examples: How many.
        teacher_accuracy: Share of them that the teacher answers right.
        words: Chosen words, on average.
        average_precision: Of the scores for the known evidence, on average; None where none is known.
        gains: Measure -> how it is beside the control.
        delta: Miss of integrated gradients on average, nats; None for other methods.
        largest_delta: The largest miss.
        windowed: Texts that were read in windows.
    """

    examples: int = 0
    teacher_accuracy: float = 0.0
    words: float = 0.0
    average_precision: float | None = None
    gains: dict[str, Gain] = field(default_factory=dict)
    delta: float | None = None
    largest_delta: float | None = None
    windowed: int = 0


def saliency_report_of(examples: Iterable[TextExample]) -> SaliencyReport:
    """The report of examples."""
    found = SaliencyReport()
    right = words = 0
    pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in _CONTROLS}
    precisions: list[float] = []
    deltas: list[float] = []
    for example in examples:
        beside: Mapping[str, Any] = example.annotations
        found.examples += 1
        right += beside["teacher_agrees"]
        words += len(beside["chosen"])
        found.windowed += beside["windows"] > 1
        known = beside["evidence_ap"] >= 0
        if known:
            precisions.append(beside["evidence_ap"])
        if beside["delta"] >= 0:
            deltas.append(beside["delta"])
        for name, (control, _) in _CONTROLS.items():
            if known or not name.startswith("evidence"):
                pairs[name].append((beside[name], beside[control]))
    if found.examples:
        found.teacher_accuracy, found.words = right / found.examples, words / found.examples
    found.average_precision = math.fsum(precisions) / len(precisions) if precisions else None
    if deltas:
        found.delta, found.largest_delta = math.fsum(deltas) / len(deltas), max(deltas)
    found.gains = {name: _gain(values, more=_CONTROLS[name][1]) for name, values in pairs.items() if values}
    return found


def _gain(pairs: list[tuple[float, float]], *, more: bool) -> Gain:
    n = len(pairs)
    differences = [(own - control) if more else (control - own) for own, control in pairs]
    mean = math.fsum(differences) / n
    spread = math.sqrt(math.fsum((d - mean) ** 2 for d in differences) / max(n - 1, 1) / n)
    own, control = (math.fsum(values) / n for values in zip(*pairs, strict=True))
    return Gain(own, control, mean, mean - _Z * spread, mean + _Z * spread, n)
