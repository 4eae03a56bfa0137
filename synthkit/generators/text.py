"""What generators of texts share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.records import FactorInfo, FactorKind, Rows, TextExample, Verdict

__all__ = [
    "Unexplained",
    "compare_steps",
    "exact_match",
    "measured_names",
    "measured_numbers",
    "with_measured",
]

_MOST_LEVELS = 1000


def measured_numbers(
    name: str, description: str, *, low: int, high: int, unit: str = "1", kind: FactorKind = "ordinal"
) -> FactorInfo:
    """A measured factor of whole numbers from ``low`` to ``high``; it has levels where there are 1000 or fewer."""
    levels = high - low + 1 if high - low < _MOST_LEVELS else None
    values = None if levels is None else tuple(range(low, high + 1))
    spec = f"measured, {low} to {high}"
    return FactorInfo(name, kind, unit, spec, levels, values, "int64", description, measured=True)


def measured_names(name: str, description: str, values: Sequence[str]) -> FactorInfo:
    """A measured factor of names: its level is the position among ``values``."""
    spec = f"measured, {len(values)} names"
    return FactorInfo(name, "categorical", "", spec, len(values), tuple(values), "string", description, measured=True)


def with_measured(rows: Rows, measured: Sequence[FactorInfo], found: Mapping[str, npt.NDArray[Any]]) -> Rows:
    """Rows with measured factors after their own.

    Args:
        rows: The recipe's factors of n examples.
        measured: What was measured.
        found: Factor name -> integers [n]: the number itself, or the position among the names.
    """
    values: dict[str, npt.NDArray[Any]] = dict(rows.values)
    indices = np.full((len(rows), len(measured)), -1, np.int64)
    for k, info in enumerate(measured):
        column = found[info.name].astype(np.int64)
        if info.dtype == "string":
            indices[:, k] = column
            values[info.name] = np.array(info.values, dtype=object)[column]
        else:
            values[info.name] = column
            if info.values:
                indices[:, k] = column - np.int64(info.values[0])
    return replace(rows, values=values, indices=np.concatenate([rows.indices, indices], axis=1))


def exact_match(prediction: str, example: TextExample) -> float:
    """1.0 where the prediction is the target, but for spaces around it; else 0.0."""
    return float(prediction.strip() == example.target.strip())


def compare_steps(explanation: str, right: str) -> Verdict:
    """Compare an explanation with the only right one, line by line; the lines are its steps."""
    said, wanted = explanation.rstrip("\n").split("\n"), right.split("\n")
    for step, (line, other) in enumerate(zip(said, wanted, strict=False), start=1):
        if line != other:
            return Verdict(ok=False, step=step, reason=f"must be {other!r}, not {line[:80]!r}")
    if len(said) < len(wanted):
        return Verdict(ok=False, step=len(said) + 1, reason=f"is missing: {wanted[len(said)]!r}")
    if len(said) > len(wanted):
        return Verdict(ok=False, step=len(wanted) + 1, reason=f"is one too many: {said[len(wanted)][:80]!r}")
    return Verdict(ok=True)


class Unexplained:
    """A task without explanations, as far as they go."""

    def explain(self, example: TextExample) -> str | None:  # noqa: ARG002
        """There is none."""
        return None

    def check(self, explanation: str, example: TextExample) -> Verdict:  # noqa: ARG002
        """No text is one."""
        return Verdict(ok=False, reason="this task has no explanations")
