"""Designs: which combinations of factor values a dataset holds."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from synthkit.recipe.base import Record

__all__ = ["Correlated", "Design", "Grid", "HeldOut", "LatinHypercube", "Random"]

_MAX_EXAMPLES = 2**48


class DesignBase(Record):
    """What all designs have.

    Attributes:
        limit: Make only that many examples: the first ones of each split, in proportion.
    """

    limit: int | None = Field(default=None, ge=1)


class Grid(DesignBase):
    """All combinations of all levels, or ``size`` of them drawn without replacement.

    Attributes:
        size: Number of combinations, None for all.
        repeats: How often each combination occurs; more than once where examples of one combination differ (random
            tasks, items of a pool).
        shuffle: Spread the grid over the splits by a keyed permutation; False keeps the grid's own order (the first
            factor varies slowest), so that a split is a contiguous piece of it.
    """

    kind: Literal["grid"] = "grid"
    size: int | None = Field(default=None, ge=1, le=_MAX_EXAMPLES)
    repeats: int = Field(default=1, ge=1, le=_MAX_EXAMPLES)
    shuffle: bool = True

    @model_validator(mode="after")
    def _sampled(self) -> Self:
        if self.size is not None and not self.shuffle:
            raise ValueError("size needs shuffle = true: the first cells of a grid in order are no sample of it")
        return self


class Random(DesignBase):
    """Each factor drawn apart.

    Where the factors alone make an example and all of them have levels, combinations are drawn without replacement.

    Attributes:
        size: Number of examples; None for all items of a finite pool.
    """

    kind: Literal["random"] = "random"
    size: int | None = Field(default=None, ge=1, le=_MAX_EXAMPLES)


class LatinHypercube(DesignBase):
    """Each factor's range is cut into ``size`` equal strata and each stratum is used once (McKay et al. 1979).

    Attributes:
        factors: The factors that are stratified; the others are drawn. None for all.
    """

    kind: Literal["latin_hypercube"] = "latin_hypercube"
    size: int = Field(ge=1, le=_MAX_EXAMPLES)
    factors: tuple[str, ...] | None = Field(default=None, strict=False)


class Correlated(DesignBase):
    """Two factors with a stated rank correlation (Gaussian copula), all others drawn apart.

    Attributes:
        factors: The two factors' names.
        correlation: Spearman's rank correlation, in (-1, 1).
        splits: Splits where it holds; in the others all factors are independent. None for all.
    """

    kind: Literal["correlated"] = "correlated"
    size: int = Field(ge=1, le=_MAX_EXAMPLES)
    factors: tuple[str, str] = Field(strict=False)
    correlation: float = Field(gt=-1, lt=1)
    splits: tuple[str, ...] | None = Field(default=None, strict=False)

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.factors[0] == self.factors[1]:
            raise ValueError(f"factors: two different factors are needed, not {self.factors[0]!r} twice")
        return self


class HeldOut(DesignBase):
    """A grid where some combinations of two or more factors occur in the held-out split alone.

    The split whose size is ``"held_out"`` gets every cell that has one of the combinations; the other splits share
    the rest. So a model meets each value in training, and the combination in the test only.

    Attributes:
        factors: The factors that are combined, two or more.
        combinations: The held-out combinations, one value for each of ``factors``.
        fraction: Instead of a list: this share of all combinations, chosen by the seed so that every value of every
            factor stays in training.
    """

    kind: Literal["held_out"] = "held_out"
    factors: tuple[str, ...] = Field(min_length=2, strict=False)
    combinations: tuple[Annotated[tuple[str | int | float, ...], Field(strict=False)], ...] | None = Field(
        default=None, strict=False
    )
    fraction: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len(set(self.factors)) != len(self.factors):
            raise ValueError("factors: a factor is named twice")
        if (self.combinations is None) == (self.fraction is None):
            raise ValueError("give either combinations or fraction")
        for combination in self.combinations or ():
            if len(combination) != len(self.factors):
                raise ValueError(
                    f"combinations: {list(combination)} has {len(combination)} values for {len(self.factors)} factors"
                )
        if self.combinations is not None and not self.combinations:
            raise ValueError("combinations: holds nothing")
        return self


Design = Annotated[
    Grid | Random | LatinHypercube | Correlated | HeldOut,
    Field(discriminator="kind"),
]
