"""The `Recipe` record: everything that a dataset is made from."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, model_validator

from synthkit.recipe.base import Record
from synthkit.recipe.designs import Correlated, Design, Grid, HeldOut, LatinHypercube
from synthkit.recipe.factors import Categorical, Factor, FactorBase, Values
from synthkit.records import FactorValue

__all__ = ["HELD_OUT", "Output", "Recipe"]

HELD_OUT = "held_out"
_SPLIT_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_USUAL_ORDER = ("train", "validation", "test")
_FRACTIONS_TOLERANCE = 1e-9


def _check_split_size(size: Any) -> int | float | str:
    if isinstance(size, int) and not isinstance(size, bool):
        if size >= 1:
            return size
    elif isinstance(size, float):
        if 0 < size <= 1:
            return size
    elif size == HELD_OUT:
        return HELD_OUT
    raise ValueError(f'must be a share (0 < share <= 1), a number of examples (>= 1) or "held_out", not {size!r}')


def _check_split_name(name: Any) -> str:
    if not isinstance(name, str) or not _SPLIT_NAME.fullmatch(name):
        raise ValueError(f"a split's name is lower-case letters, digits and underscores, not {name!r}")
    return name


SplitName = Annotated[str, BeforeValidator(_check_split_name)]
SplitSize = Annotated[int | float | Literal["held_out"], BeforeValidator(_check_split_size)]


class Output(Record):
    """How a dataset is written. Nothing here changes an example or the fingerprint.

    Attributes:
        format: ``parquet`` or ``webdataset`` (a tar of files); for audio also ``wav`` or ``flac`` (files with their
            metadata), for text ``jsonl`` or ``tsv``.
        shard_size: Examples in a shard; None chooses about 128 MB of audio, 32 MB of text.
    """

    format: Literal["parquet", "wav", "flac", "jsonl", "tsv", "webdataset"] = "parquet"
    shard_size: int | None = Field(default=None, ge=1)


class Recipe(Record):
    """A dataset as data: checked into a paper, it gives the same examples anywhere.

    Attributes:
        name: Name of the dataset: lower-case letters, digits, ``_`` and ``-``. Part of every random key.
        version: Semantic version of the recipe.
        description: What the dataset is; its first line is the title.
        notes: Known defects and cautions, shown on the card.
        generator: Name of the generator that turns factor values into an example.
        params: The generator's settings; what is left out takes the generator's default.
        factors: What varies, in grid order: the first varies slowest. Tasks with random draws need none.
        design: Which combinations of factor values occur.
        splits: Split name -> share of the examples (float, all together 1), number of them (int), or
            ``"held_out"`` with the design of that name.
        seed: Seed of every random choice, 0 to 2^63 - 1.
        output: How it is written.
        license: SPDX identifier of the data's licence.
        citation: What to cite.
        smoke: Changes for a size that shows that everything runs, dotted path -> value; no part of a resolved recipe.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    version: str = Field(default="1.0.0", pattern=r"^\d+\.\d+\.\d+$")
    description: str = ""
    notes: tuple[str, ...] = Field(default=(), strict=False)
    generator: str = Field(min_length=1)
    params: dict[str, JsonValue] = Field(default_factory=dict)
    factors: tuple[Factor, ...] = Field(default=(), max_length=256, strict=False)
    design: Design = Field(default_factory=Grid)
    splits: dict[SplitName, SplitSize] = Field(default={"train": 1.0}, min_length=1)
    seed: int = Field(default=0, ge=0, lt=2**63)
    output: Output = Field(default_factory=Output)
    license: str = Field(default="CC0-1.0", pattern=r"^[A-Za-z0-9.+-]+$")
    citation: str = ""
    smoke: dict[str, JsonValue] = Field(default_factory=dict, repr=False)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [*_factor_problems(self), *_split_problems(self), *_design_problems(self)]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def title(self) -> str:
        """First line of the description, or the name."""
        lines = self.description.strip().splitlines()
        return lines[0].rstrip(".") if lines else self.name

    @property
    def split_names(self) -> tuple[str, ...]:
        """Names of the splits: train, validation, test, then all others by name (JSON objects have no order)."""
        usual = [name for name in _USUAL_ORDER if name in self.splits]
        return (*usual, *sorted(set(self.splits) - set(usual)))

    def factor(self, name: str) -> Factor:
        """The factor of that name; KeyError where there is none."""
        for factor in self.factors:
            if factor.name == name:
                return factor
        raise KeyError(name)

    def canonical_json(self) -> str:
        """The recipe as canonical JSON: all defaults filled, keys sorted, no spaces."""
        return json.dumps(self._plain(), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    def pretty_json(self) -> str:
        """The same content as `canonical_json`, for people: this is what ``recipe.json`` holds."""
        return json.dumps(self._plain(), sort_keys=True, indent=2, ensure_ascii=False) + "\n"

    def _plain(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"smoke"})


def _factor_problems(recipe: Recipe) -> list[str]:
    names = [factor.name for factor in recipe.factors]
    repeated = sorted({name for name in names if names.count(name) > 1})
    problems = [f"factors.{name}: occurs twice" for name in repeated]
    taken = {"id", "split", "audio", "sample_rate", "file_name", "input", "target", "rationale", "Source", "Target"}
    columns = set(names)
    for name in names:
        if name in taken:
            problems.append(f"factors.{name}: the name is taken by a column of the dataset")
        if name.endswith("_index") and name.removesuffix("_index") in columns:
            problems.append(f"factors.{name}: the name is taken by the level column of {name.removesuffix('_index')}")
    return problems


def _split_problems(recipe: Recipe) -> list[str]:
    sizes = list(recipe.splits.values())
    held = [name for name, size in recipe.splits.items() if size == HELD_OUT]
    if isinstance(recipe.design, HeldOut):
        if len(held) != 1:
            return ['splits: with the held_out design exactly one split has the size "held_out"']
    elif held:
        return [f'splits.{held[0]}: the size "held_out" needs design.kind = "held_out"']
    rest = [size for size in sizes if size != HELD_OUT]
    if not rest:
        return ["splits: no split is left for training"]
    shares = [size for size in rest if isinstance(size, float)]
    if shares and len(shares) != len(rest):
        return ["splits: give shares (0.8, 0.1, 0.1) or numbers of examples (800, 100, 100), not both"]
    if shares and abs(sum(shares) - 1) > _FRACTIONS_TOLERANCE:
        return [f"splits: the shares add up to {sum(shares):g}, not 1"]
    return []


def _design_problems(recipe: Recipe) -> list[str]:
    design = recipe.design
    problems: list[str] = []
    names = {factor.name for factor in recipe.factors}
    if isinstance(design, Correlated | HeldOut | LatinHypercube):
        chosen = design.factors or ()
        problems += [f"design.factors: no factor is named {name!r}" for name in chosen if name not in names]
    if isinstance(design, Correlated):
        problems += [f"design.splits: no split is named {n!r}" for n in design.splits or () if n not in recipe.splits]
    if isinstance(design, Grid | HeldOut):
        problems += [
            f"factors.{factor.name}.type: {factor.type} has no levels, and design {design.kind!r} needs levels; "
            "use linspace or values, or another design"
            for factor in recipe.factors
            if factor.levels is None
        ]
    if isinstance(design, HeldOut) and not problems:
        problems += _combination_problems(recipe, design)
    return problems


def _combination_problems(recipe: Recipe, design: HeldOut) -> list[str]:
    problems = []
    for combination in design.combinations or ():
        for name, value in zip(design.factors, combination, strict=True):
            if level_of(recipe.factor(name), value) is None:
                problems.append(f"design.combinations: {value!r} is not a value of factor {name!r}")
    return problems


def level_of(factor: FactorBase, value: FactorValue) -> int | None:
    """Level of a value of a factor with levels, None where it is none of its values."""
    if isinstance(factor, Categorical | Values):
        return factor.values.index(value) if value in factor.values else None
    info = factor.info()
    if info.values is None or value not in info.values:
        return None
    return info.values.index(value)
