"""Tables of the fields of a settings record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_type_hints

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from reference.pages import table

__all__ = ["fields_table"]

_LONGEST = 60


def fields_table(record: type[BaseModel], said: Mapping[str, str]) -> str:
    """Name, default, type and meaning of each field."""
    types = get_type_hints(record)  # without the bounds that pydantic checks
    rows = [
        (f"`{name}`", _default(field), f"`{_type(types[name])}`", said.get(name, ""))
        for name, field in record.model_fields.items()
    ]
    return table(("name", "default", "type", "what it is"), rows)


def _default(field: Any) -> str:
    if field.default is PydanticUndefined:
        if field.default_factory is None:
            return "must be given"
        value = field.default_factory()
    else:
        value = field.default
    if isinstance(value, BaseModel):
        return "its own defaults"
    text = '""' if value == "" else str(value)
    return f"`{text}`" if len(text) <= _LONGEST else f"`{text[:_LONGEST]} ...`"


def _type(annotation: Any) -> str:
    text = (
        annotation.__name__ if isinstance(annotation, type) and not hasattr(annotation, "__args__") else str(annotation)
    )
    text = re.sub(r"\b(?:typing|synthkit|pydantic)(?:\.\w+)*\.(?=\w)", "", text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
