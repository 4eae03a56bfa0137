"""Generators by name: those of synthkit, and those that installed packages offer as entry points."""

from __future__ import annotations

import difflib
import importlib
from importlib.metadata import entry_points

from synthkit.errors import InputError
from synthkit.generators.base import Generator

__all__ = ["generator_class", "generator_names"]

_GROUP = "synthkit.generators"
_OWN = {
    "tone": "synthkit.generators.tone:Tone",
    "listops": "synthkit.generators.listops:ListOps",
    "tictactoe": "synthkit.generators.tictactoe:TicTacToe",
    "bit_memory": "synthkit.generators.bit_memory:BitMemory",
    "bit_xor": "synthkit.generators.bit_xor:BitXor",
    "protein_families": "synthkit.generators.protein_families:ProteinFamilies",
    "protein_file": "synthkit.generators.protein_file:ProteinFile",
    "image_sequence": "synthkit.generators.image_sequence:ImageSequence",
    "shapes": "synthkit.generators.shapes:Shapes",
    "speech": "synthkit.generators.speech:Speech",
}


def generator_names() -> list[str]:
    """Names of all generators that are installed."""
    return sorted({*_OWN, *(point.name for point in entry_points(group=_GROUP))})


def generator_class(name: str) -> type[Generator]:
    """The generator of that name.

    Raises:
        InputError: There is none.
    """
    if name in _OWN:
        module, _, attribute = _OWN[name].partition(":")
        found: type[Generator] = getattr(importlib.import_module(module), attribute)
        return found
    for point in entry_points(group=_GROUP):
        if point.name == name:
            loaded: type[Generator] = point.load()
            return loaded
    near = difflib.get_close_matches(name, generator_names(), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(generator_names())}"
    raise InputError(f"generator: no generator is named {name!r}; {hint}")
