"""Settings of a ListOps dataset."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from synthkit.ops.listops import OPERATORS
from synthkit.recipe.base import Record

__all__ = ["EXPLANATIONS", "OPERATOR_SETS", "ListOpsParams", "operator_mask"]

EXPLANATIONS = ("none", "answer", "short", "medium", "long")
OPERATOR_SETS = tuple(
    " ".join(chosen) for size in range(1, len(OPERATORS) + 1) for chosen in combinations(OPERATORS, size)
)
_MOST_TOKENS = 1_000_000
Window = Annotated[tuple[int, int], Field(strict=False)]


def operator_mask(names: str) -> int:
    """Bit mask of a set of operators written as ``MIN MAX MED SM``."""
    return sum(1 << OPERATORS.index(name) for name in names.split())


class ListOpsParams(Record):
    """Settings of a ListOps dataset. The second part holds the value of each factor that the recipe does not vary.

    A tree is drawn from its root: a node is an operator with probability ``operator_probability`` (never below
    ``max_depth`` nested operators), with a number of arguments drawn evenly from ``min_args`` to ``max_args``;
    otherwise it is a value drawn evenly from 0 to ``base`` - 1. What is drawn is conditioned on all that follows,
    exactly.

    Attributes:
        min_tokens: Fewest tokens: a value counts 1, an operator 2 (its name and its closing bracket).
        max_tokens: Most tokens.
        windows: Split -> [fewest, most] tokens there, instead of the two above.
        min_depth: Fewest nested operators; a bare value has 0.
        max_depth: Most nested operators.
        balanced: All answers equally often: each run of ``base`` examples in index order has each answer once.
        rendering: ``prefix``: ``[MAX 2 9 [MIN 4 7 ] 0 ]``. ``parens``: the reference's binary form,
            ``( ( ( [MAX 2 ) 9 ) ] )``. ``tokens``: ids of a fixed vocabulary.
        names: Operator -> its name in the texts, e.g. ``{"SM": "SUM", "MED": "MEDIAN"}``.
        explained: Share of the examples that have a rationale.
        explained_splits: Splits whose examples may have one; None for all.
        operators: Which operators, out of MIN, MAX, MED, SM, FIRST, LAST and PM.
        operator_probability: Probability that a node is an operator.
        min_args: Fewest arguments of an operator.
        max_args: Most arguments of an operator.
        base: Number of values; SM and PM count modulo it.
        tokens: Exactly that many tokens; None for the window.
        depth: Exactly that many nested operators; None for the range.
        explanation: ``none``; or step by step, post-order, one line an operator: ``long`` with its arguments in words,
            ``medium`` with its arguments, ``short`` with its result alone; or ``answer``: no steps.
    """

    min_tokens: int = Field(default=1, ge=1, le=_MOST_TOKENS)
    max_tokens: int = Field(default=_MOST_TOKENS, ge=1, le=_MOST_TOKENS)
    windows: dict[str, Window] = Field(default_factory=dict)
    min_depth: int = Field(default=0, ge=0, le=_MOST_TOKENS)
    max_depth: int = Field(default=19, ge=0, le=_MOST_TOKENS)
    balanced: bool = False
    rendering: Literal["prefix", "parens", "tokens"] = "prefix"
    names: dict[str, str] = Field(default_factory=dict)
    explained: float = Field(default=1.0, ge=0, le=1)
    explained_splits: tuple[str, ...] | None = Field(default=None, strict=False)

    operators: str = "MIN MAX MED SM"
    operator_probability: float = Field(default=0.25, ge=0, le=1)
    min_args: int = Field(default=2, ge=1, le=255)
    max_args: int = Field(default=5, ge=1, le=255)
    base: int = Field(default=10, ge=2, le=256)
    tokens: int | None = Field(default=None, ge=1, le=_MOST_TOKENS)
    depth: int | None = Field(default=None, ge=0, le=_MOST_TOKENS)
    explanation: Literal["none", "answer", "short", "medium", "long"] = "none"

    @field_validator("operators")
    @classmethod
    def _known_operators(cls, value: str) -> str:
        names = value.split()
        unknown = [name for name in names if name not in OPERATORS]
        if unknown or not names or len(set(names)) < len(names):
            raise ValueError(f"must be different ones of {' '.join(OPERATORS)}, with spaces between, not {value!r}")
        return " ".join(name for name in OPERATORS if name in names)

    @field_validator("names")
    @classmethod
    def _distinct_names(cls, value: dict[str, str]) -> dict[str, str]:
        for name, shown in value.items():
            if name not in OPERATORS:
                raise ValueError(f"{name!r} is none of {' '.join(OPERATORS)}")
            if not shown or not all(c.isalnum() or c in "_-" for c in shown):
                raise ValueError(f"{name} must be named with letters, digits, _ and -, not {shown!r}")
        used = [value.get(name, name) for name in OPERATORS]
        if len(set(used)) < len(used):
            raise ValueError("two operators have the same name")
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        problems = [
            f"{low_name}: must be <= {high_name} ({high}), not {low}"
            for low_name, low, high_name, high in (
                ("min_args", self.min_args, "max_args", self.max_args),
                ("min_tokens", self.min_tokens, "max_tokens", self.max_tokens),
                ("min_depth", self.min_depth, "max_depth", self.max_depth),
            )
            if low > high
        ]
        problems += [
            f"windows.{split}: must be [fewest, most] with 1 <= fewest <= most <= {_MOST_TOKENS}, not {[low, high]}"
            for split, (low, high) in self.windows.items()
            if not 1 <= low <= high <= _MOST_TOKENS
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def shown_names(self) -> tuple[str, ...]:
        """Names of all operators as the texts have them."""
        return tuple(self.names.get(name, name) for name in OPERATORS)

    def window(self, split: str) -> tuple[int, int]:
        """Fewest and most tokens in a split."""
        return self.windows.get(split, (self.min_tokens, self.max_tokens))
