"""``synthkit encode``: codes of any clips by a trained model, or by an exported TorchScript one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from synthkit.dataset.stored import full_scale
from synthkit.errors import InputError
from synthkit.models.torchscript import TorchScriptEncoder
from synthkit.train.clips import Clips, open_clips
from synthkit.train.devices import choose_device
from synthkit.train.encode import write_codes
from synthkit.train.experiment import DataChoice
from synthkit.train.trained import Trained, load_run

__all__ = ["encode_clips"]

_ROWS = 64
OnProgress = Callable[[str, int, int, Mapping[str, float]], None]
Encode = Callable[[torch.Tensor], torch.Tensor]


def encode_clips(
    run: Path,
    data: Path | None,
    out: Path,
    *,
    split: str | None = None,
    device: str = "auto",
    limit: int | None = None,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Write the codes of clips, with their factors, to a parquet file.

    Args:
        run: Directory of a finished training, or a TorchScript file with a method ``encode``.
        data: A dataset or a folder of audio files; None for the recipe that the training names.
        out: The file.
        split: Split of the clips; by default the experiment's test split, or ``test``.
        device: ``auto``, ``cpu`` or ``cuda``.
        limit: Most clips, the first.
        on_progress: Told of a stage, how much of it is done and of how much.

    Returns:
        ``out``, ``clips`` and ``codes`` (numbers of each clip).

    Raises:
        InputError: No such model, or clips that it cannot take.
    """
    where = choose_device(device)
    if run.suffix == ".ts" or run.is_file():
        choice, trained = DataChoice(), None
    else:
        trained = load_run(run, where)
        choice = trained.experiment.data
    clips = open_clips(choice, data, split or choice.test, limit)
    encoder = _of_file(run, clips, where) if trained is None else _of_run(trained, clips)
    codes = _encoded(clips, encoder, where, on_progress)
    write_codes(out, clips, codes)
    return {"out": str(out), "clips": len(codes), "codes": codes.shape[1]}


def _of_run(trained: Trained, clips: Clips) -> Encode:
    if clips.sample_rate != trained.sample_rate:
        raise InputError(
            f"{clips.source}: has {clips.sample_rate} Hz; the model was trained on {trained.sample_rate} Hz: resample "
            "it, or make it with that rate"
        )
    if clips.num_samples != trained.num_samples:
        raise InputError(
            f"{clips.source}: clips of {clips.num_samples} samples; the model was trained on {trained.num_samples}"
        )
    return lambda audio: trained.model.codes(trained.extractor(audio))


def _of_file(path: Path, clips: Clips, device: torch.device) -> Encode:
    try:
        encoder = TorchScriptEncoder(path, clips.sample_rate)
    except ValueError as error:
        raise InputError(str(error)) from None
    encoder.to(device)
    return lambda audio: encoder(audio)


@torch.no_grad()
def _encoded(
    clips: Clips, encoder: Encode, device: torch.device, on_progress: OnProgress | None
) -> npt.NDArray[np.float32]:
    found = []
    done = 0
    for chunk in clips.chunks():
        for start in range(0, len(chunk), _ROWS):
            audio = torch.from_numpy(full_scale(chunk[start : start + _ROWS])).to(device)
            found.append(encoder(audio).float().cpu().numpy())
            done += len(audio)
            if on_progress is not None:
                on_progress("encoding", done, len(clips), {})
    return np.concatenate(found)
