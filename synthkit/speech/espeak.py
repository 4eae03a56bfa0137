"""The engine ``espeak-ng``: a formant synthesiser that is small, deterministic and on every machine."""

from __future__ import annotations

import io
import unicodedata
import wave
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError, UtteranceError, WorkError
from synthkit.recipe.base import Record
from synthkit.records import EngineInfo
from synthkit.speech.base import Style, Utterance, Voice, one_by_one
from synthkit.speech.espeak_client import Client, Spoken, TimedOutError
from synthkit.speech.espeak_host import VARIANT
from synthkit.speech.espeak_program import (
    CrashedError,
    Language,
    Program,
    SilentError,
    find_language,
    find_program,
    run_program,
)
from synthkit.speech.espeak_styles import STYLE_CHANGES, Setting, setting
from synthkit.speech.espeak_voices import GENDERS, QUALITIES, attributes
from synthkit.speech.hashing import hash_files

__all__ = ["Espeak", "EspeakOptions"]

_FULL_SCALE = 32768.0
_CLIPPED = 32760
_BASE_FILES = ("phondata", "phontab", "phonindex", "intonations")
_ENGLISH = ("lang/gmw/en", "lang/gmw/en-US")  # other languages borrow from it
_ATTEMPTS = 2
_MOST_TIMEOUTS = 3
_COMPARED = 64
_SHOWN_VOICES = 8
_MAX_CHARACTERS = 1000


class EspeakOptions(Record):
    """Options of the engine.

    Attributes:
        language: Any that ``espeak-ng --voices`` lists, e.g. ``en-us``, ``en-gb``, ``de``, ``cmn``.
    """

    language: str = "en-us"


class Espeak:
    """Speakers by `espeak_voices`, styles by `espeak_styles`, audio by a process that loads libespeak-ng.

    The first utterance of each text (of the first 64 texts) is also made by the program ``espeak-ng``, and both must be
    the same to the last bit: library and program belong together, and the version that the program states holds for
    what is heard.
    """

    name: ClassVar[str] = "espeak-ng"
    Options: ClassVar[type[Any]] = EspeakOptions
    voice_attributes: ClassVar[Mapping[str, tuple[str, str]]] = {
        name: (quality.unit, quality.description) for name, quality in QUALITIES.items()
    }

    def __init__(self, program: Program, language: Language, key: int) -> None:
        self._program = program
        self._language = language
        self._key = key
        dictionaries = sorted(path.name for path in program.data.glob("*_dict"))
        english = [name for name in _ENGLISH if (program.data / name).is_file()]
        self._files = tuple(sorted({*_BASE_FILES, language.file, *english, *dictionaries}))
        self._client = Client(program, self._files)
        self._compared: set[str] = set()
        self._timeouts = 0

    @classmethod
    def open(cls, options: EspeakOptions, key: int) -> Self:
        program = find_program()
        return cls(program, find_language(program, options.language), key)

    @property
    def info(self) -> EngineInfo:
        used = tuple(name for name in self._files if not name.endswith("_dict") or self._is_own(name))
        return EngineInfo(
            name=self.name,
            version=self._program.version,
            model=f"espeak-ng-data, {self._language.code}",
            model_hash=hash_files(tuple((name, self._program.data / name) for name in used)),
            license="GPL-3.0-or-later",
            reproducible="engine",
        )

    def _is_own(self, dictionary: str) -> bool:
        """Whether a dictionary may be that of the language; English is always there for foreign words."""
        return dictionary in (f"{self._language.code.partition('-')[0]}_dict", "en_dict")

    @property
    def ready(self) -> bool:
        return True

    @property
    def styles(self) -> tuple[str, ...]:
        return tuple(STYLE_CHANGES)

    @property
    def genders(self) -> tuple[str, ...]:
        return GENDERS

    @property
    def num_voices(self) -> int | None:
        return None

    def voice(self, speaker: int, gender: str) -> Voice:
        if gender not in GENDERS:
            raise InputError(f"gender: must be female or male, not {gender!r}")
        return Voice(f"s{speaker:03d}-{gender}", speaker, gender, attributes(self._key, speaker, gender))

    def voices(self) -> list[Voice]:
        return [self.voice(i // 2, GENDERS[i % 2]) for i in range(_SHOWN_VOICES)]

    def refused(self, text: str) -> str | None:
        if not any(character.isalnum() for character in text):
            return "holds nothing to be said"
        if len(text) > _MAX_CHARACTERS:
            return f"has {len(text)} characters; at most {_MAX_CHARACTERS}"
        for place, character in enumerate(text, start=1):
            if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn"):
                return f"character {place} is U+{ord(character):04X}, which cannot be said"
        return None

    def synthesize(self, text: str, voice: Voice, style: Style) -> Utterance:
        refused = self.refused(text)
        if refused is not None:
            raise UtteranceError(f"{text[:40]!r}: {refused}")
        asked = setting(voice.attributes, voice.gender, style)
        said = f"{text.rstrip('.?! ')}{asked.end}"
        spoken = self._attempted(text, said, asked)
        self._timeouts = 0
        if np.abs(spoken.samples.astype(np.int32)).max(initial=0) >= _CLIPPED:
            raise UtteranceError(f"{text[:40]!r}: espeak-ng clipped it")
        if not spoken.samples.any():
            raise UtteranceError(f"{text[:40]!r}: espeak-ng gave {'silence' if len(spoken.samples) else 'no audio'}")
        return _utterance(spoken, asked.gain)

    def synthesize_many(self, asked: Sequence[tuple[str, Voice, Style]]) -> list[Utterance | Exception]:
        return one_by_one(self.synthesize, asked)

    def _attempted(self, text: str, said: str, asked: Setting) -> Spoken:
        """Say it, and try again where it fails once."""
        for _ in range(_ATTEMPTS):
            try:
                return self._say(said, asked)
            except UtteranceError as error:
                failed = error
            self._timeouts += isinstance(failed, TimedOutError)
            if isinstance(failed, TimedOutError) and self._timeouts >= _MOST_TIMEOUTS:
                raise WorkError(f"{failed}, {self._timeouts} times in a row; the last text was {text[:40]!r}")
        raise UtteranceError(f"{text[:40]!r}: {failed}, {_ATTEMPTS} times")

    def _say(self, text: str, asked: Setting) -> Spoken:
        # By its file: a few languages are not found by their code.
        voice = f"{self._language.file.removeprefix('lang/')}+{VARIANT}"
        spoken = self._client.say(voice, text, asked)
        if text not in self._compared and len(self._compared) < _COMPARED:
            self._compare(spoken, voice, text, asked)
            self._compared.add(text)
        return spoken

    def _compare(self, spoken: Spoken, voice: str, text: str, asked: Setting) -> None:
        """See that the program says the same; its voice is still in the folder."""
        command = [self._program.path, f"--path={self._client.folder}", "-b", "1", "-v", voice]
        command += ["-s", str(asked.speed), "-a", str(asked.volume), "--stdout", "--", text]
        try:
            content = run_program(command)
        except SilentError as error:
            raise TimedOutError(str(error)) from None
        except CrashedError as error:
            raise UtteranceError(str(error)) from None
        if not np.array_equal(_samples(content), spoken.samples):
            raise WorkError(
                f"{self._program.path} and {self._program.library} say {text!r} in different ways: they are of "
                "different versions; install espeak-ng again"
            )


def _samples(content: bytes) -> npt.NDArray[np.int16]:
    """Samples of a WAV file that was written to a pipe, whose header does not know its length."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            return np.frombuffer(content, "<i2", offset=44) if file.getsampwidth() == 2 else np.empty(0, np.int16)
    except (wave.Error, EOFError, ValueError):
        return np.empty(0, np.int16)


def _utterance(spoken: Spoken, gain: float) -> Utterance:
    """The audio with its gain, dB. Phonemes last to the next event; a pause is an event without a name."""
    total = len(spoken.samples)
    samples = [sample for sample, _ in spoken.events] + [total]
    kept = [
        (name, start / spoken.rate, min(end, total) / spoken.rate)
        for (start, name), end in zip(spoken.events, samples[1:], strict=True)
        if name and end > start
    ]
    names, starts, ends = zip(*kept, strict=True) if kept else ((), (), ())
    audio = spoken.samples.astype(np.float64) * (10 ** (gain / 20) / _FULL_SCALE)
    return Utterance(audio.astype(np.float32), spoken.rate, names, starts, ends)
