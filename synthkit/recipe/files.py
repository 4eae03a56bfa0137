"""Finds and reads files that hold one record: by name in a folder, or a ``.py``, ``.toml`` or ``.json`` path."""

from __future__ import annotations

import difflib
import json
import runpy
import tomllib
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from synthkit.errors import InputError
from synthkit.recipe.problems import describe

__all__ = ["checked", "find", "problem", "read_data", "read_python"]

R = TypeVar("R", bound=BaseModel)

_SUFFIXES = (".py", ".toml", ".json")
_MAX_BYTES = 64 * 2**20


def find(name_or_path: str, what: str, folder: Path, names: Sequence[str]) -> Path:
    """The file of a name, or the path itself.

    Args:
        name_or_path: What the user gave.
        what: ``recipe`` or ``experiment``, for messages.
        folder: Where named files are.
        names: The names that there are.

    Raises:
        InputError: No such file.
    """
    looks_like_path = "/" in name_or_path or name_or_path.endswith(_SUFFIXES)
    if looks_like_path:
        path = Path(name_or_path).expanduser()
        if path.is_dir():
            raise InputError(f"{name_or_path}: is a directory; {_a(what)} is a .py, .toml or .json file")
        if not path.is_file():
            raise InputError(f"{name_or_path}: no such file")
        if path.suffix not in _SUFFIXES:
            raise InputError(f"{name_or_path}: {_a(what)} is a .py, .toml or .json file")
        return path
    if name_or_path in names:
        return next(folder / f"{name_or_path}{s}" for s in _SUFFIXES if (folder / f"{name_or_path}{s}").is_file())
    near = difflib.get_close_matches(name_or_path, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names)}"
    raise InputError(f"no {what} is named {name_or_path!r}; {hint} (a file is given by its path, e.g. ./mine.toml)")


def read_data(path: Path) -> Any:
    """Plain data of a ``.toml`` or ``.json`` file.

    Raises:
        InputError: Unreadable, or not what its name says.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path}: larger than {_MAX_BYTES // 2**20} MiB: that is no table of settings")
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


def checked(data: Any, source: str, what: str, kind: type[R]) -> R:
    """A record of plain data.

    Args:
        data: A table of fields.
        source: Where it comes from, for messages.
        what: ``recipe`` or ``experiment``, for messages.
        kind: Type of the record.

    Raises:
        InputError: All problems, each with its path.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"{source}: {_a(what)} is a table of fields, not {type(data).__name__}")
    try:
        return kind.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise problem(source, describe(error, data, kind)) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{source}: not representable as JSON: {error}") from None


def read_python(path: Path, variable: str, *kinds: type[R]) -> R:
    """Run a file that sets a variable to a record.

    Args:
        path: A ``.py`` file.
        variable: Name of the variable.
        kinds: Types that the record may have.

    Raises:
        InputError: Whatever is wrong with the file or the record.
    """
    try:
        names = runpy.run_path(str(path))
    except ValidationError as error:
        failed = next((kind for kind in kinds if kind.__name__ == error.title), kinds[0])
        raise problem(str(path), describe(error, _given(error), failed)) from None
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # whatever the user's file does wrong is bad input
        line = traceback.extract_tb(error.__traceback__)[-1].lineno
        if isinstance(error, SyntaxError):
            line = error.lineno
        raise InputError(f"{path}: line {line}: {type(error).__name__}: {error}") from None
    found = names.get(variable)
    if not isinstance(found, kinds):
        raise InputError(f"{path}: must set `{variable}` to a {' or a '.join(_public(kind) for kind in kinds)}")
    return found


def problem(source: str, lines: list[str]) -> InputError:
    """One error for all that is wrong with a file."""
    if len(lines) == 1:
        return InputError(f"{source}: {lines[0]}")
    return InputError(f"{source}: {len(lines)} problems\n" + "\n".join(f"  {line}" for line in lines))


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"


def _public(kind: type[BaseModel]) -> str:
    return f"{kind.__module__.rpartition('.')[0]}.{kind.__name__}"


def _given(error: ValidationError) -> Any:
    for details in error.errors(include_url=False):
        if not details["loc"]:
            return details["input"]
    return {}
