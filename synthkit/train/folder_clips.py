"""A folder of audio files as clips; nothing is known of them but their sound."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError, WorkError
from synthkit.records import FactorInfo
from synthkit.train.experiment import DataChoice

__all__ = ["FolderClips"]

_SUFFIXES = {".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff"}
_TENTHS = {"train": range(8), "validation": range(8, 9), "test": range(9, 10)}
_CHUNK = 64


class FolderClips:
    """Clips cut from the audio files below a folder, one after the other; channels are averaged.

    What is left of a file's end is padded with zeros if it is at least half a clip, and left out otherwise.

    A file is of the split that the hash of its path says: eight tenths are for training, a tenth for validation and
    a tenth for the test. With fewer than ten files all of them are of every split.
    """

    def __init__(self, root: Path, split: str, choice: DataChoice, limit: int | None) -> None:
        import soundfile

        names = {choice.train: "train", choice.validation: "validation", choice.test: "test"}
        files = sorted(p for p in root.rglob("*") if p.suffix.lower() in _SUFFIXES)
        if not files:
            raise InputError(f"{root}: neither a dataset (no manifest.json) nor a folder of audio files")
        chosen = [p for p in files if _tenth(p.relative_to(root)) in _TENTHS[names[split]]]
        self._files = chosen if len(files) >= 10 else files
        self.source = f"folder {root}"
        infos = [(path, soundfile.info(path)) for path in self._files]
        self.sample_rate: int = infos[0][1].samplerate if infos else 0
        for path, info in infos:
            if info.samplerate != self.sample_rate:
                raise InputError(
                    f"{path}: has {info.samplerate} Hz, {infos[0][0].name} has {self.sample_rate} Hz; resample them"
                )
        self.num_samples = max(round(choice.clip_seconds * self.sample_rate), 1)
        self._counts = [int(info.frames + self.num_samples // 2) // self.num_samples for _, info in infos]
        total = sum(self._counts)
        self._count = total if limit is None else min(limit, total)
        stamp = [(p.relative_to(root).as_posix(), i.frames, p.stat().st_size, p.stat().st_mtime_ns) for p, i in infos]
        self.identity = hashlib.sha256(repr((stamp, self.num_samples, self._count)).encode()).hexdigest()
        self.dtype: np.dtype[Any] = np.dtype(np.float32)
        self.factors: tuple[FactorInfo, ...] = ()

    def __len__(self) -> int:
        return self._count

    def ids(self) -> list[str]:
        names = [f"{p.stem}-{k:05d}" for p, count in zip(self._files, self._counts, strict=True) for k in range(count)]
        return names[: self._count]

    def values(self, name: str) -> npt.NDArray[Any]:
        raise InputError(f"{self.source}: audio files have no factor {name!r}")

    def levels(self) -> npt.NDArray[np.int64]:
        return np.empty((self._count, 0), np.int64)

    def chunks(self) -> Iterator[npt.NDArray[Any]]:
        left = self._count
        for path, count in zip(self._files, self._counts, strict=True):
            for start in range(0, min(count, left), _CHUNK):
                yield self._read(path, start, min(_CHUNK, min(count, left) - start))
            left -= min(count, left)

    def _read(self, path: Path, first: int, count: int) -> npt.NDArray[np.float32]:
        import soundfile

        try:
            with soundfile.SoundFile(path) as file:
                file.seek(first * self.num_samples)
                audio = file.read(count * self.num_samples, dtype="float32", always_2d=True).mean(axis=1)
        except (OSError, soundfile.SoundFileError) as error:
            raise WorkError(f"{path}: {error}") from None
        whole = np.zeros(count * self.num_samples, np.float32)
        whole[: len(audio)] = audio
        return whole.reshape(count, self.num_samples)


def _tenth(path: Path) -> int:
    return hashlib.sha256(path.as_posix().encode()).digest()[0] * 10 // 256
