"""What several commands print in the same way."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

from synthkit.records import FactorInfo, FactorValue

__all__ = ["console", "print_json", "shown_bytes", "shown_number", "shown_values"]

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


def shown_bytes(count: float) -> str:
    """``1.02 GB`` (powers of 1000)."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    return ""


def shown_number(value: FactorValue | None) -> str:
    """A factor's value for a table: six significant digits are plenty to recognise it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def shown_values(factor: FactorInfo) -> str:
    """A factor's values in a few words."""
    if factor.values is None or factor.levels is None:
        return factor.spec
    if factor.dtype == "string" or factor.levels <= _SHOWN_VALUES:
        return ", ".join(shown_number(value) for value in factor.values[:12]) + (", ..." if factor.levels > 12 else "")
    return factor.spec
