"""Checks a recipe against its generator and fills in the generator's defaults."""

from __future__ import annotations

import difflib
import json

from pydantic import ValidationError

from synthkit.errors import InputError
from synthkit.generators.base import FactorSpec, Generator
from synthkit.generators.registry import generator_class
from synthkit.recipe import Categorical, Integers, Recipe, Values
from synthkit.recipe.base import Record
from synthkit.recipe.factors import FactorBase
from synthkit.recipe.problems import describe

__all__ = ["bind", "extreme_field", "needs_factors", "resolve"]


def resolve(recipe: Recipe) -> Recipe:
    """The recipe with its generator's defaults filled in, all of it checked.

    Parameters that a factor varies are left out of ``params``.

    Raises:
        InputError: All problems, each with its path.
    """
    cls = generator_class(recipe.generator)
    params, problems = _params(recipe, cls)
    problems += [line for factor in recipe.factors for line in _factor_problems(factor, cls)]
    varied = {factor.name for factor in recipe.factors}
    for name in sorted(varied & set(recipe.params)):
        problems.append(f"params.{name}: is also a factor; leave it out of params")
    if not recipe.factors and needs_factors(cls):
        problems.append(f"factors: must not be empty: generator {cls.name!r} makes its examples from them alone")
    _refuse(recipe, problems)
    filled = params.model_dump(mode="json", exclude=varied)
    factors = tuple(_with_unit(factor, cls.factors[factor.name]) for factor in recipe.factors)
    resolved = recipe.model_copy(update={"params": filled, "factors": factors})
    _refuse(recipe, bind(resolved).problems())
    return resolved


def bind(recipe: Recipe) -> Generator:
    """The generator of a resolved recipe, ready to render."""
    cls = generator_class(recipe.generator)
    params, problems = _params(recipe, cls)
    _refuse(recipe, problems)
    return cls.bind(recipe, params)


def needs_factors(cls: type[Generator]) -> bool:
    """Whether the factor values alone make an example, so that equal values would give equal examples."""
    return cls.content == "audio" or cls.source == "factors"


def extreme_field(factor: FactorBase, *, largest: bool) -> str:
    """Path of the field that holds a factor's smallest or largest value, e.g. ``factors.frequency.stop``."""
    dump = factor.model_dump()
    low, high = factor.extremes or (None, None)
    value = high if largest else low
    for field in ("low", "high", "start", "stop"):
        if field in dump and dump[field] == value:
            return f"factors.{factor.name}.{field}"
    return f"factors.{factor.name}.values"


def _params(recipe: Recipe, cls: type[Generator]) -> tuple[Record, list[str]]:
    try:
        return cls.Params.model_validate_json(json.dumps(recipe.params)), []
    except ValidationError as error:
        return cls.Params(), describe(error, recipe.params, cls.Params, prefix="params")


def _factor_problems(factor: FactorBase, cls: type[Generator]) -> list[str]:
    path = f"factors.{factor.name}"
    spec = cls.factors.get(factor.name)
    if spec is None:
        near = difflib.get_close_matches(factor.name, sorted(cls.factors), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(cls.factors)}"
        return [f"{path}: generator {cls.name!r} has no such factor; {hint}"]
    problems = []
    if factor.unit and factor.unit != spec.unit:
        problems.append(f"{path}.unit: must be {spec.unit!r}, not {factor.unit!r}")
    if spec.names is not None:
        problems += _name_problems(factor, spec)
    elif factor.extremes is None:
        problems.append(f"{path}.type: holds names, but {factor.name} takes numbers ({spec.unit})")
    else:
        problems += _range_problems(factor, spec)
    return problems


def _name_problems(factor: FactorBase, spec: FactorSpec) -> list[str]:
    names = spec.names or ()
    if not isinstance(factor, Categorical):
        return [f"factors.{factor.name}.type: must be 'categorical', with values out of: {', '.join(names)}"]
    return [
        f"factors.{factor.name}.values: {value!r} is none of: {', '.join(names)}"
        for value in factor.values
        if value not in names
    ]


def _range_problems(factor: FactorBase, spec: FactorSpec) -> list[str]:
    low, high = factor.extremes or (0.0, 0.0)
    unit = "" if spec.unit == "1" else f" {spec.unit}"
    problems = []
    if spec.whole and not _is_whole(factor):
        problems.append(f"factors.{factor.name}.type: holds numbers that are not whole; use integers or whole values")
    if low < spec.low or (spec.low_open and low == spec.low):
        sign = ">" if spec.low_open else ">="
        problems.append(f"{extreme_field(factor, largest=False)}: must be {sign} {spec.low:g}{unit}, not {low:g}")
    if high > spec.high or (spec.high_open and high == spec.high):
        sign = "<" if spec.high_open else "<="
        problems.append(f"{extreme_field(factor, largest=True)}: must be {sign} {spec.high:g}{unit}, not {high:g}")
    return problems


def _is_whole(factor: FactorBase) -> bool:
    if isinstance(factor, Integers):
        return True
    return isinstance(factor, Values) and all(value == int(value) for value in factor.values)


def _with_unit(factor: FactorBase, spec: FactorSpec) -> FactorBase:
    return factor.model_copy(
        update={"unit": factor.unit or spec.unit, "description": factor.description or spec.description}
    )


def _refuse(recipe: Recipe, problems: list[str]) -> None:
    if not problems:
        return
    if len(problems) == 1:
        raise InputError(f"recipe {recipe.name}: {problems[0]}")
    raise InputError(f"recipe {recipe.name}: {len(problems)} problems\n" + "\n".join(f"  {line}" for line in problems))
