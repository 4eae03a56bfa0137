"""``--set KEY=VALUE``: dotted paths into a recipe."""

from __future__ import annotations

import difflib
import json
from typing import Any

from synthkit.errors import InputError

__all__ = ["apply", "parse"]


def parse(text: str) -> tuple[str, Any]:
    """Split ``design.size=1000`` into its path and its value.

    The value is read as JSON (numbers, true/false, null, lists, quoted text); what is no JSON is taken as text.

    Raises:
        InputError: No ``=``, or an empty path.
    """
    path, sign, value = text.partition("=")
    if not sign or not path.strip() or not all(path.split(".")):
        raise InputError(f"--set {text}: must look like KEY=VALUE, e.g. design.size=1000")
    try:
        return path.strip(), json.loads(value, parse_float=_number, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return path.strip(), value


def apply(data: dict[str, Any], path: str, value: Any) -> Any:
    """Set one field of a recipe's data in place.

    Lists of records (factors) are entered by the record's name: ``factors.frequency.num``.

    Returns:
        The record or list that holds the field.

    Raises:
        InputError: The path leads nowhere.
    """
    *parents, last = path.split(".")
    here: Any = data
    for depth, step in enumerate(parents):
        here = _enter(here, step, ".".join(path.split(".")[: depth + 1]))
    if isinstance(here, dict):
        here[last] = value
    elif isinstance(here, list):
        here[_position(here, last, path)] = value
    else:
        raise InputError(f"--set {path}: {'.'.join(parents)} has no fields")
    return here


def _enter(here: Any, step: str, path: str) -> Any:
    if isinstance(here, list):
        return here[_position(here, step, path)]
    if isinstance(here, dict) and step not in here and path.startswith("params."):
        here[step] = {}  # a record that the recipe leaves to its defaults; its generator knows its fields
    if isinstance(here, dict) and step in here:
        return here[step]
    known = sorted(here) if isinstance(here, dict) else []
    near = difflib.get_close_matches(step, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else (f"; there are: {', '.join(known)}" if known else "")
    raise InputError(f"--set {path}: no such field{hint}")


def _position(items: list[Any], step: str, path: str) -> int:
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    if step in names:
        return names.index(step)
    if step.isdigit() and int(step) < len(items):
        return int(step)
    known = ", ".join(str(n) for n in names if n is not None) or f"0 to {len(items) - 1}"
    raise InputError(f"--set {path}: no item is named {step!r}; there are: {known}")


def _number(text: str) -> int | float:
    """``1e9`` is a count as well as a number; ``1.0`` stays what it says."""
    value = float(text)
    return int(value) if "." not in text and value.is_integer() else value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
