"""The engine ``coqui-tts``: neural voices through the ``TTS`` module."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field

from synthkit.errors import InputError, UtteranceError, WorkError
from synthkit.recipe.base import Record
from synthkit.records import EngineInfo
from synthkit.speech.base import Style, Utterance, Voice, one_by_one
from synthkit.speech.coqui_alignment import aligned_phonemes
from synthkit.speech.coqui_models import (
    check_license,
    coqui_version,
    downloaded_folder,
    hub_license,
    load_model,
    quiet,
)
from synthkit.speech.hashing import hash_files

__all__ = ["Coqui", "CoquiOptions"]

RATES: Mapping[str, float] = MappingProxyType({"neutral": 1.0, "slow": 0.75, "fast": 1.35})
_DEVICE = re.compile(r"cpu|cuda(:\d+)?")
_AUDIO = (".wav", ".flac")
_WEIGHTS = (".pth", ".pt", ".json", ".npy", ".npz", ".model")


class CoquiOptions(Record):
    """Options of the engine: either ``model``, or ``model_path`` with ``config_path``.

    Attributes:
        model: A hub name, e.g. ``tts_models/en/vctk/vits``; downloaded once, by coqui-tts, to its own folder.
        model_path: A checkpoint of your own (for XTTS its folder).
        config_path: Its configuration.
        speakers_path: Its list of speakers, where the configuration does not name it.
        language: Language code, for models of many languages.
        references: Folder of wav or flac files, one voice each, for models that clone; sorted by name.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        accept_license: Name of the hub model's licence, where it does not allow every use.
        license: SPDX identifier of a model of your own.
    """

    model: str | None = None
    model_path: str | None = None
    config_path: str | None = None
    speakers_path: str | None = None
    language: str | None = None
    references: str | None = None
    device: str = "cpu"
    accept_license: str = ""
    license: str = Field(default="NOASSERTION", pattern=r"^[A-Za-z0-9.+-]+$")


class Coqui:
    """Voices of a multi-speaker model, or of reference recordings.

    An utterance is a function of the model and (key, text, voice, style): torch's generator is seeded for each one, and
    one thread makes it. Utterances are made one by one: padding a batch would change the samples of all but its
    longest. Takes differ by their seed. A neural model promises the same audio on the same kind of machine, not the
    same bits on every one: ``reproducible`` is ``engine``.
    """

    name: ClassVar[str] = "coqui-tts"
    Options: ClassVar[type[Any]] = CoquiOptions
    voice_attributes: ClassVar[Mapping[str, tuple[str, str]]] = MappingProxyType({})

    def __init__(self, options: CoquiOptions, key: int, license: str) -> None:
        self._options = options
        self._key = key
        self._license = license
        self._references = _references(options.references)

    @classmethod
    def open(cls, options: CoquiOptions, key: int) -> Self:
        coqui_version()
        license = _check(options)
        return cls(options, key, license)

    @property
    def info(self) -> EngineInfo:
        model = self._options.model or Path(self._options.model_path or "").name
        return EngineInfo(
            name=self.name,
            version=coqui_version(),
            model=model,
            model_hash=hash_files(tuple((path.name, path) for path in self._files())),
            license=f"MPL-2.0; model: {self._license}",
            reproducible="engine",
        )

    @property
    def ready(self) -> bool:
        return self._options.model is None or downloaded_folder(self._options.model) is not None

    @property
    def styles(self) -> tuple[str, ...]:
        return tuple(RATES)

    @property
    def genders(self) -> tuple[str, ...]:
        return ()

    @property
    def num_voices(self) -> int | None:
        if self._references:
            return len(self._references)
        return len(self._names) if self.ready else None

    def voice(self, speaker: int, gender: str) -> Voice:
        if gender:
            raise InputError("gender: the voices of coqui-tts are what they are")
        names = [path.stem for path in self._references] or self._names
        if not 0 <= speaker < len(names):
            raise InputError(
                f"speaker: must be 0 to {len(names) - 1}, not {speaker}: the model has {len(names)} voices"
            )
        return Voice(names[speaker], speaker)

    def voices(self) -> list[Voice]:
        return [self.voice(i, "") for i in range(self.num_voices or 0)]

    def refused(self, text: str) -> str | None:
        return None if any(character.isalnum() for character in text) else "holds nothing to be said"

    def synthesize(self, text: str, voice: Voice, style: Style) -> Utterance:
        refused = self.refused(text)
        if refused is not None:
            raise UtteranceError(f"{text[:40]!r}: {refused}")
        if style.name not in RATES:
            raise InputError(f"style: coqui-tts has {', '.join(RATES)}, not {style.name!r}")
        rate = RATES[style.name] ** style.intensity * style.rate
        try:
            with _seeded(self._seed(text, voice, style), self._options.device), quiet():
                utterance = self._say(f"{text.rstrip('.')}.", voice, rate)
        except (RuntimeError, ValueError, IndexError, AssertionError) as error:
            said = (str(error).strip().splitlines() or [""])[0][:200]
            raise UtteranceError(f"{text[:40]!r}: coqui-tts failed: {type(error).__name__}: {said}") from None
        if not len(utterance.audio) or not np.isfinite(utterance.audio).all() or not utterance.audio.any():
            raise UtteranceError(f"{text[:40]!r}: coqui-tts gave no sound, or no numbers")
        return utterance

    def synthesize_many(self, asked: Sequence[tuple[str, Voice, Style]]) -> list[Utterance | Exception]:
        return one_by_one(self.synthesize, asked)

    @property
    def _tts(self) -> Any:
        o = self._options
        return load_model(o.model, o.model_path, o.config_path, o.speakers_path, o.device)

    @property
    def _names(self) -> list[str]:
        """The model's own speakers, in its order; a model of one voice has one without a name."""
        return list(self._tts.speakers or ("voice",))

    def _say(self, text: str, voice: Voice, rate: float) -> Utterance:
        tts = self._tts
        model, sample_rate = tts.synthesizer.tts_model, int(tts.synthesizer.output_sample_rate)
        reference = str(self._references[voice.speaker]) if self._references else None
        speaker = voice.name if tts.is_multi_speaker and reference is None else None
        if type(model).__name__ != "Vits":
            speed = {} if rate == 1 else {"speed": rate}
            audio = tts.tts(
                text,
                speaker=speaker,
                language=self._options.language,
                speaker_wav=reference,
                split_sentences=False,
                **speed,
            )
            return Utterance(np.asarray(audio, np.float32).reshape(-1), sample_rate)
        usual = model.length_scale
        model.length_scale = usual / rate
        try:
            outputs = model.synthesize(text, speaker=speaker, speaker_wav=reference, language=self._options.language)
        finally:
            model.length_scale = usual
        audio = np.asarray(outputs["wav"], np.float32).reshape(-1)
        return Utterance(audio, sample_rate, *aligned_phonemes(model, outputs, len(audio), sample_rate))

    def _seed(self, text: str, voice: Voice, style: Style) -> int:
        parts = [self._key, voice.name, text, style.name, style.intensity, style.rate, style.pitch]
        digest = hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode())
        return int.from_bytes(digest.digest()[:7], "little")

    def _files(self) -> tuple[Path, ...]:
        """All files that decide on the sound."""
        options = self._options
        if options.model is not None:
            if not self.ready:
                _ = self._tts  # downloads it
            folder = downloaded_folder(options.model)
            if folder is None:
                raise WorkError(f"{options.model}: is not where coqui-tts keeps its models")
            own = sorted(path for path in folder.iterdir() if path.suffix in _WEIGHTS)
            return (*own, *self._references)
        own = [Path(path) for path in (options.model_path, options.config_path, options.speakers_path) if path]
        files = [f for path in own for f in (sorted(path.iterdir()) if path.is_dir() else [path]) if f.is_file()]
        return (*files, *self._references)


def _check(options: CoquiOptions) -> str:
    """Refuse options that do not fit together; returns the model's licence."""
    where = "params.options"
    if not _DEVICE.fullmatch(options.device):
        raise InputError(f"{where}.device: must be cpu, cuda or cuda:N, not {options.device!r}")
    if (options.model is None) == (options.model_path is None):
        raise InputError(f"{where}.model: give either model (a hub name) or model_path with config_path")
    if options.model is not None:
        if options.config_path or options.speakers_path:
            raise InputError(f"{where}.config_path: belongs to model_path, not to a hub model")
        license = hub_license(options.model)
        check_license(options.model, license, options.accept_license)
        return license
    if options.config_path is None:
        raise InputError(f"{where}.config_path: is needed with model_path")
    for field in ("model_path", "config_path", "speakers_path"):
        path = getattr(options, field)
        if path is not None and not Path(path).exists():
            raise InputError(f"{where}.{field}: there is no file {path}")
    return options.license


def _references(folder: str | None) -> list[Path]:
    """Reference recordings, sorted by name, each readable."""
    if folder is None:
        return []
    where = "params.options.references"
    if not Path(folder).is_dir():
        raise InputError(f"{where}: there is no folder {folder}")
    files = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() in _AUDIO)
    if not files:
        raise InputError(f"{where}: {folder} holds no wav or flac file")
    import soundfile

    for path in files:
        try:
            if soundfile.info(path).frames == 0:
                raise InputError(f"{where}: {path} holds no sound")
        except RuntimeError as error:
            raise InputError(f"{where}: {path} is not readable as audio: {error}") from None
    if len({path.stem for path in files}) < len(files):
        raise InputError(f"{where}: two files of {folder} have one name but for their suffix")
    return files


@contextmanager
def _seeded(seed: int, device: str) -> Iterator[None]:
    """Torch's generator seeded, one thread; all as it was afterwards."""
    import torch

    devices = [torch.device(device).index or 0] if device.startswith("cuda") else []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=devices), torch.inference_mode():
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
