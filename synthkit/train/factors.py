"""Which factors are scored, and as what: names as classes, numbers as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.records import FactorInfo, FactorKind
from synthkit.train.clips import Clips

__all__ = ["Factor", "factor_table", "scored_factors"]


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor that is scored.

    Attributes:
        name: Its name.
        kind: ``categorical``, ``ordinal`` or ``continuous``.
        levels: Number of levels; None where there are none.
        values: Names of the levels, where they are names.
    """

    name: str
    kind: FactorKind
    levels: int | None
    values: tuple[str, ...] | None

    @property
    def is_class(self) -> bool:
        """Whether it is recognised, not measured."""
        return self.kind == "categorical"

    @property
    def column(self) -> str:
        """Where a file of codes has it: the level of a class, else the value."""
        return f"{self.name}_index" if self.is_class else self.name

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def scored_factors(
    infos: Sequence[FactorInfo], wanted: Sequence[str] | None, source: str, field: str = "evaluation.factors"
) -> tuple[Factor, ...]:
    """The factors to be scored, in the order of the dataset; by default all that vary and mean something.

    Args:
        infos: What is known of each clip.
        wanted: Names; None for the default.
        source: Of the clips, for messages.
        field: Of the experiment, for messages.

    Raises:
        InputError: The clips do not have one of them.
    """
    known = {info.name: info for info in infos}
    missing = [name for name in wanted or () if name not in known]
    if missing:
        has = f"has {', '.join(known)}" if known else "has none"
        raise InputError(f"{field}: {source} has no factor {missing[0]!r}; it {has}")
    chosen = [i for i in infos if (i.name in wanted if wanted is not None else _by_default(i))]
    return tuple(Factor(i.name, _kind(i), i.levels, _names(i)) for i in chosen)


def _by_default(info: FactorInfo) -> bool:
    return not info.repetition and not info.measured and (info.levels is None or info.levels > 1)


def _kind(info: FactorInfo) -> FactorKind:
    return "categorical" if info.dtype == "string" else info.kind


def _names(info: FactorInfo) -> tuple[str, ...] | None:
    return tuple(str(v) for v in info.values) if info.values is not None and info.dtype == "string" else None


def factor_table(clips: Clips, factors: Sequence[Factor]) -> npt.NDArray[np.float64]:
    """Factors of all clips as numbers, float64 [N, K]: the level of a class, else the value."""
    names = [info.name for info in clips.factors]
    levels = clips.levels()
    columns = [
        levels[:, names.index(f.name)] if f.is_class else clips.values(f.name).astype(np.float64) for f in factors
    ]
    if not columns:
        return np.empty((len(clips), 0))
    return np.stack([column.astype(np.float64) for column in columns], axis=1)
