"""A page for each generator: its parameters, its factors, the recipes that use it."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Iterable
from typing import Any

from reference.pages import Folder, attribute_docs, first_line, prose, rest, table, toctree
from reference.records import fields_table
from synthkit.generators import FactorSpec, generator_class, generator_names
from synthkit.recipe.load import load_recipe, recipe_names

__all__ = ["write"]

_INTRODUCTION = """# Generators

What turns factor values into examples, as `synthkit list generators` names them. A recipe names one, sets its
parameters and says which of its factors vary. [Add one](../../generators.md).

"""


def write(pages: Folder) -> None:
    """Write ``generators/``."""
    users: dict[str, list[str]] = {}
    for name in recipe_names():
        users.setdefault(load_recipe(name).generator, []).append(name)
    names = generator_names()
    rows = []
    for name in names:
        cls = generator_class(name)
        rows.append((f"[`{name}`]({name}.md)", cls.content, first_line(sys.modules[cls.__module__])))
        pages.write(f"generators/{name}.md", _page(name, cls, users.get(name, [])))
    listed = table(("generator", "makes", "what it is"), rows)
    pages.write("generators/index.md", _INTRODUCTION + listed + "\n" + toctree(names))


def _page(name: str, cls: Any, recipes: list[str]) -> str:
    parts = [f"# `{name}`\n", prose(inspect.getdoc(sys.modules[cls.__module__]) or ""), ""]
    if recipes:
        listed = ", ".join(f"[`{recipe}`](../datasets/{recipe}.md)" for recipe in recipes)
        parts += [f"Recipes: {listed}.\n"]
    parts += _parameters(cls)
    parts += _factors(cls)
    parts += ["## Class\n", rest(f".. autoclass:: {cls.__module__}.{cls.__qualname__}\n   :members:\n")]
    return "\n".join(parts) + "\n"


def _parameters(cls: Any) -> Iterable[str]:
    said = dict(attribute_docs(cls.Params))
    for name, spec in cls.factors.items():
        said.setdefault(name, f"{spec.description}; also a factor")
    yield "## Parameters\n"
    yield "`params` of a recipe; `--set params.NAME=VALUE` changes one.\n"
    yield fields_table(cls.Params, said)


def _factors(cls: Any) -> Iterable[str]:
    if not cls.factors:
        yield "## Factors\n"
        yield "None of its own to choose: its factors are measured on the finished examples.\n"
        return
    yield "## Factors\n"
    yield "What a recipe may vary, within these ranges.\n"
    rows = [(f"`{name}`", spec.unit, _range(spec), spec.description) for name, spec in cls.factors.items()]
    yield table(("factor", "unit", "values", "what it is"), rows)


def _range(spec: FactorSpec) -> str:
    if spec.names:
        return ", ".join(f"`{name}`" for name in spec.names)
    ends = []
    if math.isfinite(spec.low):
        ends.append(f"{'above' if spec.low_open else 'from'} {spec.low:g}")
    if math.isfinite(spec.high):
        ends.append(f"{'below' if spec.high_open else 'to'} {spec.high:g}")
    return " ".join([*(["whole,"] if spec.whole else []), *(ends or ["any"])])
