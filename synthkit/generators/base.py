"""What a generator is: a class with its parameters, the factors it knows, its checks, and one method that renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self

import numpy as np
import numpy.typing as npt

from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import AudioLayout, Rows

__all__ = ["AudioGenerator", "FactorSpec"]


@dataclass(frozen=True, slots=True)
class FactorSpec:
    """A factor that a generator knows.

    Attributes:
        unit: Unit of its values; ``1`` for pure numbers, empty for names.
        description: What it is, one line.
        low: Smallest allowed number.
        high: Largest allowed number.
        low_open: The smallest number itself is refused.
        high_open: The largest number itself is refused.
        names: Allowed names, for a categorical factor; None for numbers.
    """

    unit: str
    description: str
    low: float = -np.inf
    high: float = np.inf
    low_open: bool = False
    high_open: bool = False
    names: tuple[str, ...] | None = None


class AudioGenerator(Protocol):
    """A generator of audio clips, bound to one recipe.

    The same row gives the same samples whatever batch it is in: everything is a function of the row's factor values
    and of keys derived from (recipe seed, recipe name, split, index).
    """

    name: ClassVar[str]
    content: ClassVar[Literal["audio"]]
    Params: ClassVar[type[Record]]
    factors: ClassVar[Mapping[str, FactorSpec]]

    @property
    def layout(self) -> AudioLayout:
        """Shape of every clip."""

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        """The generator for one recipe; ``params`` is an instance of ``Params``."""

    def problems(self) -> list[str]:
        """What is wrong with the recipe as a whole, one line each, ``path: what``; empty where nothing is."""

    def render(self, rows: Rows, out: npt.NDArray[Any]) -> None:
        """Write the clips of the rows.

        Args:
            rows: Factor values of n examples.
            out: [n, num_samples] of the layout's dtype; rows may be apart in memory, samples are not.
        """
