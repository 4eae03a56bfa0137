"""Finds and reads recipes: by name among those that synthkit carries, or a ``.py``, ``.toml`` or ``.json`` file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from synthkit.errors import InputError
from synthkit.recipe import overrides
from synthkit.recipe.designs import Design
from synthkit.recipe.factors import Factor
from synthkit.recipe.files import checked, find, read_data, read_python
from synthkit.recipe.model import Recipe

__all__ = ["from_data", "load_recipe", "recipe_names", "recipes_folder"]

_PACKAGE = Path(__file__).resolve().parent.parent


def recipes_folder() -> Path:
    """Folder of the recipes that synthkit carries: of the checkout where it runs from one, else the installed one."""
    checkout = _PACKAGE.parent / "recipes"
    if (_PACKAGE.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return _PACKAGE / "recipes"


def recipe_names() -> list[str]:
    """Names of the recipes that synthkit carries."""
    return sorted(path.stem for path in recipes_folder().glob("*.py") if not path.stem.startswith("_"))


def load_recipe(name_or_path: str, sets: Sequence[str | tuple[str, Any]] = (), *, smoke: bool = False) -> Recipe:
    """Read a recipe and apply changes to it.

    Args:
        name_or_path: Name of a recipe that synthkit carries, or path of a ``.py``, ``.toml`` or ``.json`` file.
        sets: Changes in order, ``"design.size=1000"`` or ``("design.size", 1000)``. A parameter that the recipe states
            itself needs no ``params.`` before its name.
        smoke: Make the recipe's own changes for a small size first.

    Raises:
        InputError: No such recipe, unreadable file, or anything wrong in it: all problems, each with its path.
    """
    path = find(name_or_path, "recipe", recipes_folder(), recipe_names())
    recipe: Recipe = (
        read_python(path, "recipe", Recipe) if path.suffix == ".py" else from_data(read_data(path), str(path))
    )
    if smoke and not recipe.smoke:
        raise InputError(f"recipe {recipe.name}: has no small size of its own; use --limit N")
    changes = [*(recipe.smoke.items() if smoke else ()), *sets]
    if not changes:
        return recipe
    data = recipe.model_dump(mode="json")
    for item in changes:
        key, value = overrides.parse(item) if isinstance(item, str) else item
        _change(data, key, value)
    return from_data(data, f"{name_or_path} with the changes given")


def from_data(data: Any, source: str) -> Recipe:
    """Check plain data against the recipe's schema.

    Raises:
        InputError: All problems, each with its path.
    """
    return checked(data, source, "recipe", Recipe)


def _change(data: dict[str, Any], path: str, value: Any) -> None:
    """Apply a change; a design or factor of another kind keeps only the fields that the new kind has."""
    first = path.partition(".")[0]
    if first not in Recipe.model_fields and first in data["params"]:
        path = f"params.{path}"
    record = overrides.apply(data, path, value)
    steps = path.split(".")
    if path == "design.kind":
        _keep_known(record, "kind", Design)
    elif len(steps) == 3 and steps[0] == "factors" and steps[2] == "type":
        _keep_known(record, "type", Factor)


def _keep_known(record: dict[str, Any], tag: str, union: Any) -> None:
    """Drop what another member of a tagged union left behind: its own fields, and what it left open."""
    members = {member.model_fields[tag].default: member for member in get_args(get_args(union)[0])}
    wanted = record[tag]
    if isinstance(wanted, str) and wanted in members:
        known = members[wanted].model_fields
        for name in [name for name, value in record.items() if name not in known or value is None]:
            del record[name]
