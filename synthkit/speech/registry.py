"""Speech engines by name: those of synthkit, and those that installed packages offer as entry points."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue, ValidationError

from synthkit.errors import InputError
from synthkit.plugins import Registry
from synthkit.recipe.problems import describe
from synthkit.speech.base import SpeechEngine

__all__ = ["engine_names", "open_engine"]

_OWN = {
    "espeak-ng": "synthkit.speech.espeak:Espeak",
    "coqui-tts": "synthkit.speech.coqui:Coqui",
}
_REGISTRY = Registry("synthkit.engines", _OWN, "params.engine", "speech engine")


def engine_names() -> list[str]:
    """Names of all engines that are known here; whether their programs and models are, is another question."""
    return _REGISTRY.names()


def open_engine(name: str, options: Mapping[str, JsonValue], key: int) -> SpeechEngine:
    """The engine with its options checked, ready for work.

    Args:
        name: Name of the engine.
        options: Its options as in a recipe.
        key: Of `synthkit.seeds.derive_key`; decides all that the engine draws, such as its speakers.

    Raises:
        InputError: No such engine, or options that it refuses, each with its path.
        WorkError: The engine is missing or does not work on this machine.
    """
    cls: type[SpeechEngine] = _REGISTRY.get(name)
    try:
        checked: Any = cls.Options.model_validate_json(json.dumps(dict(options)))
    except ValidationError as error:
        lines = describe(error, dict(options), cls.Options, prefix="params.options")
        raise InputError("\n".join(lines)) from None
    return cls.open(checked, key)
