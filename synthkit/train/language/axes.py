"""The `Axis` and `Sweep` records: what a sweep varies, how often, and what it compares; needs no torch."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from synthkit.recipe.base import Record
from synthkit.train.experiment import NAME, Variant, refuse_repeated

__all__ = ["EVERY_LAYER", "Axis", "Sweep"]

EVERY_LAYER = "layer:*"


class Axis(Record):
    """One thing that a sweep varies.

    Attributes:
        name: Of the thing.
        points: Its values, as changes; ``layer:*`` in a value stands for each layer of the model in turn.
    """

    name: str = Field(pattern=NAME)
    points: tuple[Variant, ...] = Field(min_length=1, strict=False)

    @model_validator(mode="after")
    def _points_differ(self) -> Self:
        refuse_repeated("points", [point.name for point in self.points])
        return self


class Sweep(Record):
    """All combinations of the points of some axes, each with some seeds.

    Attributes:
        axes: What varies.
        seeds: Trainings of each combination.
        baseline: Axis -> its point that the others are compared with, seed by seed; empty for no comparison.
    """

    axes: tuple[Axis, ...] = Field(min_length=1, strict=False)
    seeds: int = Field(default=1, ge=1)
    baseline: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _axes_differ(self) -> Self:
        refuse_repeated("axes", [axis.name for axis in self.axes])
        return self

    @model_validator(mode="after")
    def _baseline_is_there(self) -> Self:
        points = {axis.name: [point.name for point in axis.points] for axis in self.axes}
        for axis, point in self.baseline.items():
            if axis not in points:
                raise ValueError(f"baseline.{axis}: no axis has this name; there are: {', '.join(points)}")
            if point not in points[axis]:
                raise ValueError(f"baseline.{axis}: no point is named {point!r}; there are: {', '.join(points[axis])}")
            chosen = next(one for of in self.axes if of.name == axis for one in of.points if one.name == point)
            if EVERY_LAYER in str(chosen.set.get("freezing", "")):
                raise ValueError(f"baseline.{axis}: {point!r} stands for each layer in turn; name a single training")
        return self
