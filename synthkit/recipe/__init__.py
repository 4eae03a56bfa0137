"""What a recipe file is written with: the `Recipe` record, its factors and designs."""

from __future__ import annotations

from synthkit.recipe.designs import Correlated, Design, Grid, HeldOut, LatinHypercube, Random
from synthkit.recipe.factors import (
    Categorical,
    Factor,
    Integers,
    Linspace,
    Logspace,
    LogUniform,
    Uniform,
    Values,
)
from synthkit.recipe.model import Output, Recipe

__all__ = [
    "Categorical",
    "Correlated",
    "Design",
    "Factor",
    "Grid",
    "HeldOut",
    "Integers",
    "LatinHypercube",
    "Linspace",
    "LogUniform",
    "Logspace",
    "Output",
    "Random",
    "Recipe",
    "Uniform",
    "Values",
]
