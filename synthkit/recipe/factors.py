"""Factors: named values with a unit and a kind.

A factor either has *levels* (a finite list: categorical, values, linspace, logspace, integers) or is *drawn* from a
range (uniform, loguniform). `Factor.at(levels)` and `Factor.draw(u)` give values with the same bits on any machine:
they use nothing but IEEE + - * / and synthkit's own exponential.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from synthkit import exact
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, FactorKind, FactorValue

__all__ = [
    "Categorical",
    "Factor",
    "FactorBase",
    "Integers",
    "Linspace",
    "LogUniform",
    "Logspace",
    "Uniform",
    "Values",
]

_MAX_LISTED_LEVELS = 1000
_NAME = r"^[a-z][a-z0-9_]{0,63}$"


class FactorBase(Record):
    """What all factors have.

    Attributes:
        name: Column name: lower-case letters, digits and underscores.
        unit: Unit of the values, e.g. ``Hz``; the generator's own unit where empty.
        kind: ``categorical`` (no order), ``ordinal`` (ordered) or ``continuous``.
        description: What it is, one line.
    """

    name: str = Field(pattern=_NAME)
    unit: str = Field(default="", max_length=32)
    kind: FactorKind
    description: str = ""

    @property
    @abstractmethod
    def levels(self) -> int | None:
        """Number of levels, None where values are drawn from a range."""

    @property
    @abstractmethod
    def dtype(self) -> Literal["string", "int64", "float64"]:
        """Type of the values' column."""

    @property
    @abstractmethod
    def spec(self) -> str:
        """How the values were chosen, in words."""

    @property
    @abstractmethod
    def extremes(self) -> tuple[float, float] | None:
        """Smallest and largest value; None for names."""

    def at(self, levels: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Values of the given levels, shape [n]."""
        raise TypeError(f"{type(self).__name__} has no levels, so not {levels!r}")

    def draw(self, u: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        """Values for uniform numbers u in [0, 1), shape [n]: the inverse of the distribution function."""
        return self.at(self.level(u))

    def level(self, u: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Levels for uniform numbers u in [0, 1), shape [n]; -1 where the factor has none."""
        if self.levels is None:
            return np.full(len(u), -1, np.int64)
        return np.minimum(np.floor(u * self.levels), self.levels - 1).astype(np.int64)

    def info(self) -> FactorInfo:
        """The factor as cards and readers see it."""
        values: tuple[FactorValue, ...] | None = None
        if self.levels is not None and self.levels <= _MAX_LISTED_LEVELS:
            values = tuple(self.at(np.arange(self.levels, dtype=np.int64)).tolist())
        return FactorInfo(
            name=self.name,
            kind=self.kind,
            unit=self.unit,
            spec=self.spec,
            levels=self.levels,
            values=values,
            dtype=self.dtype,
            description=self.description,
        )


class Categorical(FactorBase):
    """Names without an order."""

    type: Literal["categorical"] = "categorical"
    kind: FactorKind = "categorical"
    values: tuple[str, ...] = Field(min_length=1, max_length=1_000_000, strict=False)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _refuse_repeats(self.values)
        return self

    @property
    def levels(self) -> int:
        return len(self.values)

    @property
    def dtype(self) -> Literal["string"]:
        return "string"

    @property
    def spec(self) -> str:
        return f"{len(self.values)} names"

    @property
    def extremes(self) -> None:
        return None

    def at(self, levels: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        return np.array(self.values, dtype=object)[levels]


class Values(FactorBase):
    """Numbers listed one by one."""

    type: Literal["values"] = "values"
    kind: FactorKind = "ordinal"
    values: tuple[float, ...] = Field(min_length=1, max_length=1_000_000, strict=False)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _refuse_repeats(self.values)
        return self

    @property
    def levels(self) -> int:
        return len(self.values)

    @property
    def dtype(self) -> Literal["float64"]:
        return "float64"

    @property
    def spec(self) -> str:
        return f"{len(self.values)} listed values"

    @property
    def extremes(self) -> tuple[float, float]:
        return min(self.values), max(self.values)

    def at(self, levels: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        return np.array(self.values, dtype=np.float64)[levels]


class Linspace(FactorBase):
    """``num`` evenly spaced numbers, both ends included: level i is start + i (stop - start) / (num - 1)."""

    type: Literal["linspace"] = "linspace"
    kind: FactorKind = "continuous"
    start: float
    stop: float
    num: int = Field(ge=1, le=2**40)

    @model_validator(mode="after")
    def _spread(self) -> Self:
        if self.num > 1 and self.start == self.stop:
            raise ValueError("start and stop are equal: the levels would all be the same")
        return self

    @property
    def levels(self) -> int:
        return self.num

    @property
    def dtype(self) -> Literal["float64"]:
        return "float64"

    @property
    def spec(self) -> str:
        return f"linspace {self.start:g} to {self.stop:g}, {self.num} levels"

    @property
    def extremes(self) -> tuple[float, float]:
        if self.num == 1:
            return self.start, self.start
        return min(self.start, self.stop), max(self.start, self.stop)

    def at(self, levels: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        steps = max(self.num - 1, 1)
        values = self.start + levels * (self.stop - self.start) / steps
        return np.where((levels == self.num - 1) & (self.num > 1), self.stop, values)


class Logspace(FactorBase):
    """``num`` numbers from ``start`` to ``stop`` (included) in equal ratios."""

    type: Literal["logspace"] = "logspace"
    kind: FactorKind = "continuous"
    start: float = Field(gt=0)
    stop: float = Field(gt=0)
    num: int = Field(ge=1, le=2**40)

    @model_validator(mode="after")
    def _spread(self) -> Self:
        if self.num > 1 and self.start == self.stop:
            raise ValueError("start and stop are equal: the levels would all be the same")
        return self

    @property
    def levels(self) -> int:
        return self.num

    @property
    def dtype(self) -> Literal["float64"]:
        return "float64"

    @property
    def spec(self) -> str:
        return f"logspace {self.start:g} to {self.stop:g}, {self.num} levels"

    @property
    def extremes(self) -> tuple[float, float]:
        if self.num == 1:
            return self.start, self.start
        return min(self.start, self.stop), max(self.start, self.stop)

    def at(self, levels: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        values = _geometric(self.start, self.stop, levels / max(self.num - 1, 1))
        values = np.where(levels == 0, self.start, values)
        return np.where((levels == self.num - 1) & (self.num > 1), self.stop, values)


class Integers(FactorBase):
    """Whole numbers from ``low`` to ``high``, both included, ``step`` apart."""

    type: Literal["integers"] = "integers"
    kind: FactorKind = "ordinal"
    low: int = Field(ge=-(2**53), le=2**53)
    high: int = Field(ge=-(2**53), le=2**53)
    step: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high < self.low:
            raise ValueError(f"high ({self.high}) must be >= low ({self.low})")
        if (self.high - self.low) % self.step:
            raise ValueError(f"high ({self.high}) must be low ({self.low}) and a number of steps of {self.step}")
        return self

    @property
    def levels(self) -> int:
        return (self.high - self.low) // self.step + 1

    @property
    def dtype(self) -> Literal["int64"]:
        return "int64"

    @property
    def spec(self) -> str:
        steps = f" in steps of {self.step}" if self.step > 1 else ""
        return f"integers {self.low} to {self.high}{steps}"

    @property
    def extremes(self) -> tuple[float, float]:
        return float(self.low), float(self.high)

    def at(self, levels: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        return levels * np.int64(self.step) + np.int64(self.low)


class Uniform(FactorBase):
    """Drawn evenly from [low, high)."""

    type: Literal["uniform"] = "uniform"
    kind: FactorKind = "continuous"
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _refuse_empty_range(self.low, self.high)
        return self

    @property
    def levels(self) -> None:
        return None

    @property
    def dtype(self) -> Literal["float64"]:
        return "float64"

    @property
    def spec(self) -> str:
        return f"uniform {self.low:g} to {self.high:g}"

    @property
    def extremes(self) -> tuple[float, float]:
        return self.low, self.high

    def draw(self, u: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        return np.minimum(self.low + u * (self.high - self.low), self.high)


class LogUniform(FactorBase):
    """Drawn from [low, high) so that equal ratios are equally likely."""

    type: Literal["loguniform"] = "loguniform"
    kind: FactorKind = "continuous"
    low: float = Field(gt=0)
    high: float = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _refuse_empty_range(self.low, self.high)
        return self

    @property
    def levels(self) -> None:
        return None

    @property
    def dtype(self) -> Literal["float64"]:
        return "float64"

    @property
    def spec(self) -> str:
        return f"loguniform {self.low:g} to {self.high:g}"

    @property
    def extremes(self) -> tuple[float, float]:
        return self.low, self.high

    def draw(self, u: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        return np.clip(_geometric(self.low, self.high, u), self.low, self.high)


Factor = Annotated[
    Categorical | Values | Linspace | Logspace | Integers | Uniform | LogUniform,
    Field(discriminator="type"),
]


def _geometric(low: float, high: float, u: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Low (high / low)^u, elementwise."""
    octaves = exact.log2(np.array([high / low]))[0]
    return low * exact.exp2(u * octaves)


def _refuse_repeats(values: tuple[FactorValue, ...]) -> None:
    seen: set[FactorValue] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"values: {value!r} occurs twice")
        seen.add(value)


def _refuse_empty_range(low: float, high: float) -> None:
    if not low < high:
        raise ValueError(f"high ({high:g}) must be > low ({low:g})")
