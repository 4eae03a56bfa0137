"""Finds and reads recipes: by name among those that synthkit carries, or a ``.py``, ``.toml`` or ``.json`` file."""

from __future__ import annotations

import difflib
import json
import runpy
import tomllib
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from synthkit.errors import InputError
from synthkit.recipe import overrides
from synthkit.recipe.designs import Design
from synthkit.recipe.factors import Factor
from synthkit.recipe.model import Recipe
from synthkit.recipe.problems import describe

__all__ = ["from_data", "load_recipe", "recipe_names", "recipes_folder"]

_PACKAGE = Path(__file__).resolve().parent.parent
_SUFFIXES = (".py", ".toml", ".json")
_MAX_BYTES = 64 * 2**20


def recipes_folder() -> Path:
    """Folder of the recipes that synthkit carries: of the checkout where it runs from one, else the installed one."""
    checkout = _PACKAGE.parent / "recipes"
    if (_PACKAGE.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return _PACKAGE / "recipes"


def recipe_names() -> list[str]:
    """Names of the recipes that synthkit carries."""
    return sorted(path.stem for path in recipes_folder().glob("*.py") if not path.stem.startswith("_"))


def load_recipe(name_or_path: str, sets: Sequence[str | tuple[str, Any]] = ()) -> Recipe:
    """Read a recipe and apply changes to it.

    Args:
        name_or_path: Name of a recipe that synthkit carries, or path of a ``.py``, ``.toml`` or ``.json`` file.
        sets: Changes in order, ``"design.size=1000"`` or ``("design.size", 1000)``.

    Raises:
        InputError: No such recipe, unreadable file, or anything wrong in it: all problems, each with its path.
    """
    path = _find(name_or_path)
    recipe = _read_python(path) if path.suffix == ".py" else from_data(_read_data(path), str(path))
    if not sets:
        return recipe
    data = recipe.model_dump(mode="json")
    for item in sets:
        key, value = overrides.parse(item) if isinstance(item, str) else item
        _change(data, key, value)
    return from_data(data, f"{name_or_path} with the changes given")


def from_data(data: Any, source: str) -> Recipe:
    """Check plain data against the recipe's schema.

    Raises:
        InputError: All problems, each with its path.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"{source}: a recipe is a table of fields, not {type(data).__name__}")
    try:
        return Recipe.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise _problem(source, describe(error, data, Recipe)) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{source}: not representable as JSON: {error}") from None


def _change(data: dict[str, Any], path: str, value: Any) -> None:
    """Apply a change; a design or factor of another kind keeps only the fields that the new kind has."""
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


def _find(name_or_path: str) -> Path:
    looks_like_path = "/" in name_or_path or name_or_path.endswith(_SUFFIXES)
    if looks_like_path:
        path = Path(name_or_path).expanduser()
        if path.is_dir():
            raise InputError(f"{name_or_path}: is a directory; a recipe is a .py, .toml or .json file")
        if not path.is_file():
            raise InputError(f"{name_or_path}: no such file")
        if path.suffix not in _SUFFIXES:
            raise InputError(f"{name_or_path}: a recipe is a .py, .toml or .json file")
        return path
    if name_or_path in recipe_names():
        return recipes_folder() / f"{name_or_path}.py"
    near = difflib.get_close_matches(name_or_path, recipe_names(), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(recipe_names())}"
    raise InputError(f"no recipe is named {name_or_path!r}; {hint} (a file is given by its path, e.g. ./mine.toml)")


def _read_data(path: Path) -> Any:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path}: larger than {_MAX_BYTES // 2**20} MiB: that is no recipe")
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    try:
        return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except RecursionError:
        raise InputError(f"{path}: nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{path}: not valid {path.suffix[1:].upper()}: {error}") from None


def _read_python(path: Path) -> Recipe:
    """Run a recipe file; it sets ``recipe``."""
    try:
        names = runpy.run_path(str(path))
    except ValidationError as error:
        raise _problem(str(path), describe(error, _given(error), Recipe)) from None
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # whatever the user's file does wrong is bad input
        line = traceback.extract_tb(error.__traceback__)[-1].lineno
        if isinstance(error, SyntaxError):
            line = error.lineno
        raise InputError(f"{path}: line {line}: {type(error).__name__}: {error}") from None
    recipe = names.get("recipe")
    if not isinstance(recipe, Recipe):
        raise InputError(f"{path}: must set `recipe` to a synthkit.recipe.Recipe")
    return recipe


def _given(error: ValidationError) -> Any:
    for details in error.errors(include_url=False):
        if not details["loc"]:
            return details["input"]
    return {}


def _problem(source: str, lines: list[str]) -> InputError:
    if len(lines) == 1:
        return InputError(f"{source}: {lines[0]}")
    return InputError(f"{source}: {len(lines)} problems\n" + "\n".join(f"  {line}" for line in lines))
