"""What several commands print in the same way."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

from synthkit.records import FactorInfo
from synthkit.shards.wording import format_number

__all__ = ["console", "print_json", "shown_values"]

_SHOWN_VALUES = 4


def console(*, stderr: bool = False) -> Console:
    """A console that wraps nothing away where its output is read by a program."""
    found = Console(stderr=stderr, highlight=False)
    if not found.is_terminal:
        found.width = 160
    return found


def print_json(data: Any) -> None:
    """One JSON object on one line of standard output."""
    json.dump(data, sys.stdout, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def shown_values(factor: FactorInfo) -> str:
    """A factor's values in a few words."""
    if factor.values is None or factor.levels is None:
        return factor.spec
    if factor.dtype == "string" or factor.levels <= _SHOWN_VALUES:
        return ", ".join(format_number(value) for value in factor.values[:12]) + (", ..." if factor.levels > 12 else "")
    return factor.spec
