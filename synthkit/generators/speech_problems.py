"""What is wrong with a speech recipe as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from synthkit.errors import InputError
from synthkit.generators.resolve import extreme_field
from synthkit.generators.spoken.base import SpokenTexts
from synthkit.recipe import Categorical, Recipe
from synthkit.speech import chain
from synthkit.speech.base import SpeechEngine

__all__ = ["recipe_problems"]

_TEXT_FACTORS = ("words", "vocabulary", "coverage")
_MAX_LISTED = 5
_MAX_KINDS = 64


def recipe_problems(recipe: Recipe, params: Any, engine: SpeechEngine, texts: SpokenTexts) -> list[str]:
    """One line each, ``path: what``; empty where nothing is."""
    found = list(chain.problems(params.audio))
    found += _number_problems(recipe, params, "speaker", engine.num_voices, f"{engine.name} has")
    found += _number_problems(recipe, params, "text", texts.count, "params.texts has")
    found += _style_problems(recipe, params, engine)
    if not engine.genders and (params.gender or _varies(recipe, "gender")):
        where = "factors.gender" if _varies(recipe, "gender") else "params.gender"
        found.append(f"{where}: the voices of {engine.name} are what they are; leave gender out")
    for name in _TEXT_FACTORS:
        if _varies(recipe, name) and name not in texts.factors:
            found.append(f"factors.{name}: means nothing with params.texts.source = {params.texts.source!r}")
    return found or [*_sentence_problems(recipe, params, texts), *_text_problems(params, engine, texts)]


def _varies(recipe: Recipe, name: str) -> bool:
    return any(factor.name == name for factor in recipe.factors)


def _number_problems(recipe: Recipe, params: Any, name: str, count: int | None, has: str) -> list[str]:
    """A number that counts something must be below how many there are."""
    where, highest = f"params.{name}", getattr(params, name)
    for factor in recipe.factors:
        if factor.name == name:
            where, highest = extreme_field(factor, largest=True), (factor.extremes or (0, 0))[1]
    if count is None or highest < count:
        return []
    return [f"{where}: must be < {count}, not {highest:g}: {has} {count}, counted from 0"]


def _style_problems(recipe: Recipe, params: Any, engine: SpeechEngine) -> list[str]:
    where, styles = "params.style", [params.style]
    for factor in recipe.factors:
        if factor.name == "style" and isinstance(factor, Categorical):
            where, styles = "factors.style.values", [str(value) for value in factor.values]
    found = [
        f"{where}: {engine.name} has no style {style!r}; it has: {', '.join(engine.styles)}"
        for style in styles
        if style not in engine.styles
    ]
    if not found and "neutral" in styles and _varies(recipe, "intensity"):
        found.append(f"factors.intensity: 'neutral' has none: all its levels would sound alike; take it out of {where}")
    return found


def _sentence_problems(recipe: Recipe, params: Any, texts: SpokenTexts) -> list[str]:
    """Whether there are as many different sentences as are asked for, in each of the first kinds."""
    if not texts.factors:
        return []
    levels = {name: [getattr(params, name)] for name in _TEXT_FACTORS}
    last = params.text
    for factor in recipe.factors:
        if factor.name in levels:
            levels[factor.name] = list(factor.info().values or levels[factor.name])
        if factor.name == "text":
            last = int((factor.extremes or (0, 0))[1])
    for words, vocabulary, coverage in islice(product(*levels.values()), _MAX_KINDS):
        try:
            texts.text(last, words=int(words), vocabulary=str(vocabulary), coverage=str(coverage))
        except InputError as error:
            return [str(error)]
    return []


def _text_problems(params: Any, engine: SpeechEngine, texts: SpokenTexts) -> Iterator[str]:
    """The user's own texts that the engine cannot say."""
    if params.texts.source != "file":
        return
    refused = 0
    for number in range(texts.count):
        said = texts.text(number, words=params.words, vocabulary=params.vocabulary, coverage=params.coverage)
        why = engine.refused(said.text)
        if why is not None:
            refused += 1
            if refused <= _MAX_LISTED:
                yield f"params.texts.path: text {number} ({said.text[:40]!r}): {why}"
    if refused > _MAX_LISTED:
        yield f"params.texts.path: and {refused - _MAX_LISTED} more texts that {engine.name} cannot say"
