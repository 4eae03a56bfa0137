"""What several commands print in the same way."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from synthkit.records import FactorInfo, FactorValue
from synthkit.shards.wording import format_number

__all__ = ["console", "print_json", "print_text", "shown_values"]

_SHOWN_VALUES = 4
_SHOWN_CHARACTERS = 400


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


def print_text(id: str, texts: Sequence[str | None], factors: Mapping[str, FactorValue]) -> None:
    """One example of a text task: input, target and rationale, long ones shortened, and its factors."""
    screen = console()
    screen.print(f"\n{id}: " + ", ".join(f"{k} {format_number(v)}" for k, v in factors.items()), markup=False)
    for name, text in zip(("input", "target", "rationale"), texts, strict=False):
        if text:
            lines = _shortened(text).splitlines() or [""]
            indent = " " * 13
            screen.print(f"  {name:<9}  {lines[0]}", markup=False)
            for line in lines[1:]:
                screen.print(f"{indent}{line}", markup=False)


def _shortened(text: str) -> str:
    if len(text) <= _SHOWN_CHARACTERS:
        return text
    half = _SHOWN_CHARACTERS // 2
    return f"{text[:half]} ... ({len(text) - 2 * half:,} characters) ... {text[-half:]}"
