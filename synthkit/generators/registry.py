"""Generators by name: those of synthkit, and those that installed packages offer as entry points."""

from __future__ import annotations

from synthkit.generators.base import Generator
from synthkit.plugins import Registry

__all__ = ["generator_class", "generator_names"]

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
    "brackets": "synthkit.generators.brackets:Brackets",
    "sentences": "synthkit.generators.sentences:WordRecall",
    "nli": "synthkit.generators.nli:InferenceTask",
    "rationales": "synthkit.generators.rationales:Rationales",
    "saliency": "synthkit.generators.saliency_rationales:SaliencyRationales",
    "speech": "synthkit.generators.speech:Speech",
}
_REGISTRY = Registry("synthkit.generators", _OWN, "generator", "generator")


def generator_names() -> list[str]:
    """Names of all generators that are installed."""
    return _REGISTRY.names()


def generator_class(name: str) -> type[Generator]:
    """The generator of that name.

    Raises:
        InputError: There is none.
    """
    found: type[Generator] = _REGISTRY.get(name)
    return found
