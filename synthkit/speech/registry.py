"""Speech engines by name: those of synthkit, and those that installed packages offer as entry points."""

from __future__ import annotations

import difflib
import importlib
import json
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from pydantic import JsonValue, ValidationError

from synthkit.errors import InputError
from synthkit.recipe.problems import describe
from synthkit.speech.base import SpeechEngine

__all__ = ["engine_class", "engine_names", "open_engine"]

_GROUP = "synthkit.engines"
_OWN = {
    "espeak-ng": "synthkit.speech.espeak:Espeak",
    "coqui-tts": "synthkit.speech.coqui:Coqui",
}


def engine_names() -> list[str]:
    """Names of all engines that are known here; whether their programs and models are, is another question."""
    return sorted({*_OWN, *(point.name for point in entry_points(group=_GROUP))})


def engine_class(name: str) -> type[SpeechEngine]:
    """The engine of that name.

    Raises:
        InputError: There is none.
    """
    if name in _OWN:
        module, _, attribute = _OWN[name].partition(":")
        found: type[SpeechEngine] = getattr(importlib.import_module(module), attribute)
        return found
    for point in entry_points(group=_GROUP):
        if point.name == name:
            loaded: type[SpeechEngine] = point.load()
            return loaded
    near = difflib.get_close_matches(name, engine_names(), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(engine_names())}"
    raise InputError(f"params.engine: no speech engine is named {name!r}; {hint}")


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
    cls = engine_class(name)
    try:
        checked: Any = cls.Options.model_validate_json(json.dumps(dict(options)))
    except ValidationError as error:
        lines = describe(error, dict(options), cls.Options, prefix="params.options")
        raise InputError("\n".join(lines)) from None
    return cls.open(checked, key)
