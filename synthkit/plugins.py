"""Classes by name: our own, and those that installed packages offer as entry points."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from synthkit.errors import InputError

__all__ = ["Registry"]


@dataclass(frozen=True)
class Registry:
    """What there is of one kind.

    Attributes:
        group: Group of the entry points, e.g. ``synthkit.generators``.
        own: Name -> ``module:class`` of ours; nothing is imported before it is asked for.
        field: The recipe's field that holds the name, for messages.
        kind: What they are, for messages.
    """

    group: str
    own: Mapping[str, str]
    field: str
    kind: str

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted({*self.own, *(point.name for point in entry_points(group=self.group))})

    def get(self, name: str) -> Any:
        """The class of that name.

        Raises:
            InputError: There is none.
        """
        if name in self.own:
            module, _, attribute = self.own[name].partition(":")
            return getattr(importlib.import_module(module), attribute)
        for point in entry_points(group=self.group):
            if point.name == name:
                return point.load()
        near = difflib.get_close_matches(name, self.names(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(self.names())}"
        raise InputError(f"{self.field}: no {self.kind} is named {name!r}; {hint}")
