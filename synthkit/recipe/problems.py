"""Turns what pydantic found into lines that name the field: ``factors.frequency.num: must be >= 1``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

__all__ = ["describe"]


def describe(error: ValidationError, data: Any, model: type[BaseModel], prefix: str = "") -> list[str]:
    """All problems that pydantic found, one line each.

    Args:
        error: What was raised.
        data: What was validated, to name list items by their ``name``.
        model: The validated model, for near names of unknown keys.
        prefix: Path in front of every line, e.g. ``params``.

    Returns:
        Lines ``path: what is wrong``.
    """
    lines: list[str] = []
    for details in error.errors(include_url=False, include_context=True):
        path = ".".join(filter(None, [prefix, _path(details["loc"], data)]))
        inner = _record_at(details["loc"], model)
        lines += [_joined(path, line, inner) for line in _message(details, model).splitlines()]
    return lines


def _joined(path: str, line: str, model: type[BaseModel]) -> str:
    """``path: line``, or ``path.field: ...`` where a check of a whole record names the field itself."""
    if not path:
        return line
    field = line.partition(":")[0].partition(".")[0]
    return f"{path}.{line}" if ":" in line and field in model.model_fields else f"{path}: {line}"


def _record_at(loc: Sequence[int | str], model: type[BaseModel]) -> type[BaseModel]:
    """The record that a location leads to, through records that are fields of records."""
    for step in loc:
        field = model.model_fields.get(str(step))
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            break
        model = field.annotation
    return model


def _path(loc: Sequence[int | str], data: Any) -> str:
    """Dotted path of a location: tags of unions dropped, list items shown by name where they have one."""
    parts: list[str] = []
    here = data
    for step in loc:
        if isinstance(here, Mapping):
            if step in here:
                parts.append(str(step))
                here = here[step]
            elif step in (here.get("type"), here.get("kind")):
                continue
            elif step != "[key]":
                parts.append(str(step))
                here = None
        elif isinstance(here, list | tuple) and isinstance(step, int) and step < len(here):
            here = here[step]
            name = here.get("name") if isinstance(here, Mapping) else None
            parts.append(name if isinstance(name, str) and name else str(step))
        elif isinstance(step, int):
            parts.append(str(step))
        elif here is None:
            parts.append(step)
    return ".".join(parts)


def _message(details: ErrorDetails, model: type[BaseModel]) -> str:
    kind = details["type"]
    context = details.get("ctx", {})
    given = _shown(details["input"])
    match kind:
        case "extra_forbidden":
            return "unknown field" + _near(str(details["loc"][-1]), _field_names(model))
        case "missing":
            return "is missing"
        case "value_error":
            return str(context["error"])
        case "greater_than_equal":
            return f"must be >= {context['ge']}, not {given}"
        case "greater_than":
            return f"must be > {context['gt']}, not {given}"
        case "less_than_equal":
            return f"must be <= {context['le']}, not {given}"
        case "less_than":
            return f"must be < {context['lt']}, not {given}"
        case "literal_error":
            return f"must be {context['expected']}, not {given}"
        case "union_tag_invalid":
            key = str(context["discriminator"]).strip("'")
            return f"{key} must be one of {context['expected_tags']}, not {context['tag']!r}"
        case "union_tag_not_found":
            return f"needs the field {context['discriminator']}"
        case "string_pattern_mismatch":
            return f"{given} does not match {context['pattern']}"
        case "too_short":
            return "must not be empty"
        case "finite_number":
            return f"must be a finite number, not {given}"
        case "int_from_float" | "int_type" | "int_parsing":
            return f"must be a whole number, not {given}"
        case "float_type" | "float_parsing":
            return f"must be a number, not {given}"
        case "string_type":
            return f"must be a text, not {given}"
        case "bool_type":
            return f"must be true or false, not {given}"
        case "tuple_type" | "list_type":
            return f"must be a list, not {given}"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"must be a table of fields, not {given}"
        case _:
            return f"{details['msg'][:1].lower()}{details['msg'][1:]} (given {given})"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _near(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, sorted(known), n=1)
    # A field of that very name may exist elsewhere in the model: no advice.
    return f"; did you mean {found[0]!r}?" if found and found[0] != name else ""


def _field_names(model: type[BaseModel]) -> set[str]:
    """Names of all fields of a model and of the models inside it."""
    names: set[str] = set()
    seen: set[type] = set()

    def visit(thing: Any) -> None:
        if isinstance(thing, type) and issubclass(thing, BaseModel) and thing not in seen:
            seen.add(thing)
            for name, field in thing.model_fields.items():
                names.add(name)
                visit(field.annotation)
        for inner in getattr(thing, "__args__", ()):
            visit(inner)
        for inner in getattr(thing, "__metadata__", ()):
            visit(inner)

    visit(model)
    return names
