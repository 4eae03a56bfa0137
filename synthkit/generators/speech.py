"""Speech: speaker, gender, text and style, said by an engine of `synthkit.speech`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy.typing as npt
from pydantic import Field, JsonValue

from synthkit.errors import ExamplesError, UtteranceError
from synthkit.generators.base import FactorSpec
from synthkit.generators.speech_columns import annotation_columns, annotations_of
from synthkit.generators.speech_problems import recipe_problems
from synthkit.generators.speech_takes import Takes
from synthkit.generators.spoken import TextOptions, spoken_texts
from synthkit.generators.spoken.base import Spoken
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import Annotations, AudioLayout, EngineInfo, Rows
from synthkit.seeds import derive_key
from synthkit.speech.base import STYLES, Style, Voice
from synthkit.speech.chain import ChainOptions, Finished, finish, to_samples
from synthkit.speech.registry import open_engine

__all__ = ["Speech", "SpeechParams"]


class SpeechParams(Record):
    """Settings of a speech dataset. The second part holds the value of each factor that the recipe does not vary.

    Attributes:
        engine: Name of the engine: ``espeak-ng``, ``coqui-tts``, or one of an installed package.
        options: The engine's own options.
        texts: What is said.
        audio: What is done to the engine's audio: resampling, trimming, level, length.
        sample_format: ``pcm16`` or ``float32``.
        gender: ``female`` or ``male``; empty: female for speakers of even number, male for the others, where the engine
            leaves the choice.
    """

    engine: str = "espeak-ng"
    options: dict[str, JsonValue] = Field(default_factory=dict)
    texts: TextOptions = Field(default_factory=TextOptions)
    audio: ChainOptions = Field(default_factory=ChainOptions)
    sample_format: Literal["pcm16", "float32"] = "pcm16"

    speaker: int = Field(default=0, ge=0)
    gender: Literal["", "female", "male"] = ""
    text: int = Field(default=0, ge=0)
    words: int = Field(default=8, ge=1)
    vocabulary: Literal["small", "medium", "large"] = "medium"
    coverage: Literal["any", "low", "high"] = "any"
    style: str = "neutral"
    intensity: float = Field(default=1.0, ge=0, le=2)
    take: int = Field(default=0, ge=0)


class Speech:
    """The generator ``speech``; see docs/speech.md."""

    name: ClassVar[str] = "speech"
    content: ClassVar[Literal["audio"]] = "audio"
    Params: ClassVar[type[Record]] = SpeechParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {
        "speaker": FactorSpec("1", "Number of the speaker", low=0, whole=True),
        "gender": FactorSpec("", "Gender of the voice; it sets the ranges of the voice", names=("female", "male")),
        "text": FactorSpec("1", "Number of the text that is said", low=0, whole=True),
        "words": FactorSpec("1", "Length of the text in words", low=1, whole=True),
        "vocabulary": FactorSpec("", "Words that sentences are made of", names=("small", "medium", "large")),
        "coverage": FactorSpec("", "How many different phonemes a sentence has", names=("any", "low", "high")),
        "style": FactorSpec("", "How it is said", names=STYLES),
        "intensity": FactorSpec("1", "How much of the style: 0 is neutral, 1 as documented", low=0, high=2),
        "take": FactorSpec(
            "1", "Number of the take: small changes of tempo and pitch", low=0, whole=True, repetition=True
        ),
    }

    def __init__(self, recipe: Recipe, params: SpeechParams) -> None:
        self._recipe = recipe
        self._params = params
        self._engine = open_engine(params.engine, params.options, derive_key(recipe.seed, recipe.name, "voices"))
        self._texts = spoken_texts(params.texts, derive_key(recipe.seed, recipe.name, "texts"))
        self._takes = Takes(derive_key(recipe.seed, recipe.name, "takes"))
        self._varied = frozenset(factor.name for factor in recipe.factors)

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> AudioLayout:
        audio = self._params.audio
        columns = annotation_columns(self._engine, gender="gender" not in self._varied)
        return AudioLayout(audio.num_samples, audio.sample_rate, self._params.sample_format, columns)

    @property
    def engine(self) -> EngineInfo:
        return self._engine.info

    @property
    def engine_ready(self) -> bool:
        return self._engine.ready

    @property
    def notes(self) -> tuple[str, ...]:
        return self._texts.notes

    def problems(self) -> list[str]:
        return recipe_problems(self._recipe, self._params, self._engine, self._texts)

    def render(self, rows: Rows, out: npt.NDArray[Any]) -> Annotations:
        each = _each(rows)
        spoken = [self._spoken(row) for row in each]
        voices = [self._voice(row) for row in each]
        styles = [self._style(row) for row in each]
        texts = [said.text for said in spoken]
        utterances = self._engine.synthesize_many(list(zip(texts, voices, styles, strict=True)))
        failures: list[tuple[str, str]] = []
        finished: list[Finished] = []
        for i, (id, utterance) in enumerate(zip(rows.ids, utterances, strict=True)):
            try:
                if isinstance(utterance, Exception):
                    raise utterance
                done = finish(utterance.audio, utterance.sample_rate, self._params.audio)
                out[i] = to_samples(done.audio, self._params.sample_format)
            except UtteranceError as error:
                failures.append((id, f"{voices[i].name}, {styles[i].name}: {error}"))
            else:
                finished.append(done)
        if failures:
            raise ExamplesError(tuple(failures))
        made = [utterance for utterance in utterances if not isinstance(utterance, Exception)]
        return annotations_of(self.layout.annotations, spoken, voices, made, finished)

    def _spoken(self, row: Mapping[str, Any]) -> Spoken:
        kind = {name: self._value(row, name) for name in ("words", "vocabulary", "coverage")}
        return self._texts.text(self._value(row, "text"), **kind)

    def _voice(self, row: Mapping[str, Any]) -> Voice:
        speaker, gender = self._value(row, "speaker"), self._value(row, "gender")
        genders = self._engine.genders
        if genders and not gender:
            gender = genders[speaker % len(genders)]
        return self._engine.voice(speaker, gender if genders else "")

    def _style(self, row: Mapping[str, Any]) -> Style:
        rate, pitch = self._takes(*(self._value(row, name) for name in ("take", "speaker", "text")))
        return Style(self._value(row, "style"), self._value(row, "intensity"), rate, pitch)

    def _value(self, row: Mapping[str, Any], name: str) -> Any:
        """Value of a factor: the row's, of the type of the recipe's parameter, or that parameter."""
        fixed = getattr(self._params, name)
        return type(fixed)(row[name]) if name in row else fixed


def _each(rows: Rows) -> list[dict[str, Any]]:
    """The rows one by one, plain values."""
    columns = {name: values.tolist() for name, values in rows.values.items()}
    return [{name: column[i] for name, column in columns.items()} for i in range(len(rows))]
