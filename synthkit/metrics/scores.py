"""The record of what `evaluate` found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Interval", "Scores", "plain"]

Value = float | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """What resampling the rows says of a metric; floats, or float64 [B] for a batch.

    Attributes:
        low: Lower end of the 95 % interval.
        high: Upper end.
        standard_error: Standard deviation over resamples.
    """

    low: Value
    high: Value
    standard_error: Value


@dataclass(frozen=True, eq=False)
class Scores:
    """Metrics of one model (floats), or of a batch of B models (float64 [B]).

    Attributes:
        convention: Name of the convention.
        settings: All fields of the convention, and what else was set: seed, train rows, sizes, kinds.
        metrics: Metric -> value; NaN where there is none, see `undefined`.
        per_factor: Metric -> value of each factor, [K] or [B, K].
        per_code: Metric -> value of each code, [D] or [B, D]; NaN for codes that take no part.
        matrices: ``mutual_information``, ``importance``, ... -> [K, D] or [B, K, D], factors by codes.
        factor_names: K names.
        factor_kinds: K kinds.
        intervals: Metric -> Interval, where resamples were asked for.
        warnings: What a reader of the numbers must know, a sentence each.
        undefined: Metric -> why it has no value.
        model_names: What the models are called, if they are.
    """

    convention: str
    settings: Mapping[str, Any]
    metrics: Mapping[str, Value]
    per_factor: Mapping[str, npt.NDArray[np.float64]]
    per_code: Mapping[str, npt.NDArray[np.float64]]
    matrices: Mapping[str, npt.NDArray[np.float64]]
    factor_names: tuple[str, ...]
    factor_kinds: tuple[str, ...]
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    undefined: Mapping[str, str] = field(default_factory=dict)
    model_names: tuple[str, ...] = ()

    def __getitem__(self, metric: str) -> Value:
        return self.metrics[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self.metrics)

    def __len__(self) -> int:
        return len(self.metrics)

    @property
    def num_models(self) -> int | None:
        """B, or None for a single model."""
        return next((len(v) for v in self.metrics.values() if isinstance(v, np.ndarray)), None)

    def model(self, index: int) -> Scores:
        """One model of a batch, 0 <= index < B. Warnings are those of the whole batch."""

        def pick(values: Mapping[str, Any]) -> dict[str, Any]:
            return {name: v[index].item() if np.ndim(v) == 1 else v[index] for name, v in values.items()}

        ends = ("low", "high", "standard_error")
        return replace(
            self,
            metrics=pick(self.metrics),
            per_factor=pick(self.per_factor),
            per_code=pick(self.per_code),
            matrices=pick(self.matrices),
            intervals={
                n: Interval(*(getattr(i, end)[index].item() for end in ends)) for n, i in self.intervals.items()
            },
            undefined={name: why for name, why in self.undefined.items() if np.isnan(pick(self.metrics)[name])},
            model_names=self.model_names[index : index + 1],
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and texts; NaN and infinity become None."""
        return {
            "convention": self.convention,
            "metrics": plain(self.metrics),
            "intervals": {
                name: plain({"low": i.low, "high": i.high, "standard_error": i.standard_error})
                for name, i in self.intervals.items()
            },
            "undefined": dict(self.undefined),
            "warnings": list(self.warnings),
            "per_factor": plain(self.per_factor),
            "per_code": plain(self.per_code),
            "matrices": plain(self.matrices),
            "factor_names": list(self.factor_names),
            "factor_kinds": list(self.factor_kinds),
            "settings": plain(self.settings),
        }

    def to_json(self, *, indent: int | None = 2) -> str:
        """`to_dict` as JSON text (RFC 8259; no NaN)."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)

    def __rich__(self) -> Any:
        from synthkit.metrics.table import rich_table

        return rich_table(self)

    def __str__(self) -> str:
        from synthkit.metrics.table import text_table

        return text_table(self)

    def _repr_html_(self) -> str:
        from synthkit.metrics.table import html_table

        return html_table(self)

    def plot(self, path: str | Path | None = None) -> Any:
        """Bars of the metrics, with intervals where there are any, and a heat map of each matrix.

        Args:
            path: Where to save the picture; the ending chooses the format.

        Returns:
            A matplotlib Figure.

        Raises:
            WorkError: matplotlib is not installed.
        """
        from synthkit.metrics.plots import plot_scores

        return plot_scores(self, path)


def plain(value: Any) -> Any:
    """Plain numbers, lists and dictionaries; NaN and infinity become None."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
