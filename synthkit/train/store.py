"""Features on disk, computed once: memory-mapped, shared by all trainings on the same clips."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from synthkit.dataset.stored import full_scale
from synthkit.train.clips import Clips
from synthkit.train.directory import explained
from synthkit.train.features import FeatureExtractor

__all__ = ["fit_normalization", "stored_features"]

_ROWS = 256
_FORMAT = 1  # of the files; part of their names


def stored_features(
    clips: Clips, extractor: FeatureExtractor, folder: Path, on_progress: Callable[[int, int], None] | None = None
) -> npt.NDArray[Any]:
    """Features of all clips, before normalisation, or waveforms in the dtype of the clips: read-only [N, ...].

    Args:
        clips: The clips.
        extractor: What makes features of them.
        folder: Where they are kept.
        on_progress: Told of clips done and of all of them.

    Raises:
        WorkError: They cannot be written.
    """
    path = folder / f"{_name(clips, extractor)}.npy"
    if not path.is_file():
        _write(path, clips, extractor, on_progress)
    found: npt.NDArray[Any] = np.load(path, mmap_mode="r")
    return found


def _name(clips: Clips, extractor: FeatureExtractor) -> str:
    settings = extractor.features.model_dump(exclude={"normalization", "sample_rate"})
    if extractor.live:
        settings = {"kind": "waveform"}
    said = json.dumps([_FORMAT, clips.identity, clips.sample_rate, settings], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _write(
    path: Path, clips: Clips, extractor: FeatureExtractor, on_progress: Callable[[int, int], None] | None
) -> None:
    waves = extractor.live
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    shape = (len(clips), clips.num_samples) if waves else (len(clips), *extractor.shape)
    try:
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            found = np.lib.format.open_memmap(temporary, "w+", clips.dtype if waves else np.float32, shape)
            _reserve(temporary)
        done = 0
        for chunk in clips.chunks():
            for start in range(0, len(chunk), _ROWS):
                part = chunk[start : start + _ROWS]
                found[done : done + len(part)] = part if waves else _features(extractor, part)
                done += len(part)
                if on_progress is not None:
                    on_progress(done, len(clips))
        with explained(path):
            found.flush()
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _reserve(path: Path) -> None:
    """Take a file's place on the disk: a full disk is an error here, and a signal at a write to mapped memory."""
    with path.open("rb+") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # file systems that cannot
                raise


@torch.no_grad()
def _features(extractor: FeatureExtractor, samples: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    made: npt.NDArray[np.float32] = extractor.raw(torch.from_numpy(full_scale(samples))).numpy()
    return made


def fit_normalization(extractor: FeatureExtractor, stored: npt.NDArray[Any]) -> None:
    """Set mean and scale of ``global`` normalisation from the training clips; sums in float64, clip after clip."""
    if extractor.features.normalization != "global":
        return
    total = squares = 0.0
    count = 0
    for start in range(0, len(stored), _ROWS):
        part = stored[start : start + _ROWS]
        part = _features(extractor, part) if extractor.live else part
        wide = part.astype(np.float64)
        total += float(wide.sum())
        squares += float(np.square(wide).sum())
        count += wide.size
    mean = total / count
    variance = max(squares / count - mean**2, 0.0)
    extractor.mean.fill_(mean)
    extractor.scale.fill_(variance**0.5 if variance > 0 else 1.0)
