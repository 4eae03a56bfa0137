"""What a speech engine is: voices, styles, and text to audio with phonemes and their times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

from synthkit.errors import UtteranceError
from synthkit.records import EngineInfo

__all__ = ["STYLES", "SpeechEngine", "Style", "Utterance", "Voice", "one_by_one"]

# The styles of the field, in a fixed order; an engine knows some of them, and what each does to the sound is its own.
STYLES = ("neutral", "slow", "fast", "loud", "excited", "calm", "soft", "whisper", "question")


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker.

    Attributes:
        name: Unique among an engine's voices, e.g. ``s003-female`` or a model's ``p226``.
        speaker: Number of the speaker, from 0.
        gender: ``female`` or ``male``; empty where the engine does not know.
        attributes: Ground truth: name of a sub-factor -> value, in the order and the units of the engine's
            `voice_attributes`; empty where there is none.
    """

    name: str
    speaker: int
    gender: str = ""
    attributes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Style:
    """How something is said.

    Attributes:
        name: One of `STYLES`.
        intensity: How much of it: 0 is as neutral, 1 as documented, 2 twice that.
        rate: Tempo of this take, a factor on that of the voice and style.
        pitch: Pitch of this take above that of the voice and style, semitones.
    """

    name: str = "neutral"
    intensity: float = 1.0
    rate: float = 1.0
    pitch: float = 0.0


@dataclass(frozen=True, slots=True)
class Utterance:
    """What an engine made of a text.

    Attributes:
        audio: float32 [T], one channel; full scale is 1.
        sample_rate: Samples per second, Hz.
        phonemes: IPA, one string a phoneme (with its stress and length marks), in order.
        starts: Start of each phoneme in the audio, s; empty where the engine cannot tell.
        ends: End of each phoneme in the audio, s; as many as starts.
    """

    audio: npt.NDArray[np.float32]
    sample_rate: int
    phonemes: tuple[str, ...] = ()
    starts: tuple[float, ...] = ()
    ends: tuple[float, ...] = ()


def one_by_one(
    say: Callable[[str, Voice, Style], Utterance], asked: Sequence[tuple[str, Voice, Style]]
) -> list[Utterance | Exception]:
    """What an engine that makes one utterance at a time makes of several: an `UtteranceError` where one failed."""
    made: list[Utterance | Exception] = []
    for request in asked:
        try:
            made.append(say(*request))
        except UtteranceError as error:
            made.append(error)
    return made


class SpeechEngine(Protocol):
    """Text to speech with known speakers and styles.

    An utterance is a function of (engine, model, options, text, voice, style) alone: it depends neither on what was
    said before nor on what stands beside it in a batch.

    Attributes:
        name: What a recipe calls it.
        Options: Frozen pydantic record of its options (unknown keys refused); all have defaults.
        voice_attributes: Name of a speaker's sub-factor -> (unit, one line of description).
    """

    name: ClassVar[str]
    Options: ClassVar[type[Any]]
    voice_attributes: ClassVar[Mapping[str, tuple[str, str]]]

    @classmethod
    def open(cls, options: Any, key: int) -> Self:
        """The engine, ready for work; ``key`` (of `derive_key`) decides all that is drawn, such as its speakers.

        Nothing slow happens here: models are loaded when the first utterance is asked for.

        Raises:
            InputError: An option is refused: it names what is missing and what to do.
            WorkError: The engine is missing, does not answer or does not work on this machine.
        """

    @property
    def info(self) -> EngineInfo:
        """Name, version, model hash, licence and what it promises."""

    @property
    def ready(self) -> bool:
        """Whether all that it needs is on this machine, so that nothing would be downloaded."""

    @property
    def styles(self) -> tuple[str, ...]:
        """The styles that it can do, out of `STYLES`."""

    @property
    def genders(self) -> tuple[str, ...]:
        """The genders that can be asked of every speaker; empty where a speaker's gender is what it is."""

    @property
    def num_voices(self) -> int | None:
        """How many speakers there are; None for as many as asked for."""

    def voice(self, speaker: int, gender: str) -> Voice:
        """The speaker of that number (from 0); ``gender`` is one of `genders`, or empty where there are none."""

    def voices(self) -> Sequence[Voice]:
        """Its speakers, where they are a finite list; the first few where there are as many as asked for."""

    def refused(self, text: str) -> str | None:
        """Why a text cannot be said (e.g. a character that it does not know), None where it can."""

    def synthesize(self, text: str, voice: Voice, style: Style) -> Utterance:
        """Say a text.

        Raises:
            UtteranceError: This one failed, after trying again where that can help; others may work.
            WorkError: The engine as a whole does not work (any more).
        """

    def synthesize_many(self, asked: Sequence[tuple[str, Voice, Style]]) -> list[Utterance | Exception]:
        """Say several, side by side where the engine can; an `UtteranceError` in the place of each that failed."""
