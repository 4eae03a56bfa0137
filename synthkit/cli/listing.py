"""``synthkit list`` and ``synthkit schema``."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Callable

from synthkit.cli.extras import needs_extra
from synthkit.cli.output import console, print_json
from synthkit.errors import InputError

__all__ = ["run", "schema"]


def run(what: str, *, as_json: bool) -> None:
    """List what there is of a kind, each with a line about it."""
    if what not in _LISTS:
        near = difflib.get_close_matches(what, sorted(_LISTS), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(_LISTS)}"
        raise InputError(f"list: nothing is called {what!r}; {hint}")
    found = _LISTS[what]()
    if as_json:
        print_json(found)
        return
    from rich.table import Table

    table = Table("policy" if what == "policies" else what.removesuffix("s"), "what it is", box=None, pad_edge=False)
    for name, text in found.items():
        table.add_row(name, text)
    console().print(table, markup=False)


def schema() -> None:
    """Print the JSON schema of a recipe."""
    from synthkit.recipe import Recipe

    print(json.dumps(Recipe.model_json_schema(), indent=2, sort_keys=True))


def _recipes() -> dict[str, str]:
    from synthkit.recipe.load import load_recipe, recipe_names

    return {name: load_recipe(name).title for name in recipe_names()}


def _experiments() -> dict[str, str]:
    from synthkit.train import experiment_names, load_experiment

    return {name: load_experiment(name).title for name in experiment_names()}


def _models() -> dict[str, str]:
    with needs_extra("train", "torch"):
        from synthkit.models.registry import MODELS
    return {name: _first_line(sys.modules[kind.__module__]) for name, kind in MODELS.items()}


def _augmentations() -> dict[str, str]:
    with needs_extra("train", "torch"):
        from synthkit.augment import AUGMENTATIONS
    return {
        name: f"{_first_line(kind)} Changes: {', '.join(sorted(kind.changes)) or 'nothing'}"
        for name, kind in AUGMENTATIONS.items()
    }


def _policies() -> dict[str, str]:
    with needs_extra("train", "torch"):
        from synthkit.models.language.freezing import POLICIES
    return dict(POLICIES)


def _generators() -> dict[str, str]:
    from synthkit.generators import generator_class, generator_names

    found = {}
    for name in generator_names():
        cls = generator_class(name)
        factors = f"; factors: {', '.join(cls.factors)}" if cls.factors else ""
        found[name] = f"{cls.content}{factors}"
    return found


def _designs() -> dict[str, str]:
    from synthkit.recipe import Correlated, Grid, HeldOut, LatinHypercube, Random

    classes = (Grid, Random, LatinHypercube, Correlated, HeldOut)
    return {str(c.model_fields["kind"].default): _first_line(c) for c in classes}


def _formats() -> dict[str, str]:
    from synthkit.shards.formats import WRITERS

    found: dict[str, str] = {}
    for content, writers in WRITERS.items():
        for name, writer in writers.items():
            said = f"{content}: {_first_line(writer)}"
            found[name] = f"{found[name]} {said}" if name in found else said
    return found


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]


_LISTS: dict[str, Callable[[], dict[str, str]]] = {
    "recipes": _recipes,
    "experiments": _experiments,
    "models": _models,
    "augmentations": _augmentations,
    "policies": _policies,
    "generators": _generators,
    "designs": _designs,
    "formats": _formats,
}
