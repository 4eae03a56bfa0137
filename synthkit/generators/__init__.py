"""Generators: (factor values, keys) -> examples; one generator a file."""

from __future__ import annotations

from synthkit.generators.base import AudioGenerator, FactorSpec, Generator, TextGenerator
from synthkit.generators.registry import generator_class, generator_names

__all__ = ["AudioGenerator", "FactorSpec", "Generator", "TextGenerator", "generator_class", "generator_names"]
