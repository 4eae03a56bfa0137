"""Traversals from the weights of a training, with torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import torch

from synthkit.errors import WorkError
from synthkit.train.folder import CODES
from synthkit.train.pictures import traversals
from synthkit.train.sounds import Inversion
from synthkit.train.trained import load_run

__all__ = ["decoded_traversals"]

_STEPS = 5


@torch.no_grad()
def decoded_traversals(path: Path) -> dict[int, tuple[npt.NDArray[np.float32], int]]:
    """Code -> samples, full scale 1, and their rate; empty of models that cannot decode and features that cannot sound.

    Args:
        path: Directory of a finished training with codes.

    Raises:
        WorkError: Damaged files.
    """
    trained = load_run(path)
    walks = traversals(trained.model, _codes(path / CODES), _STEPS, torch.device("cpu"))
    if walks is None:
        return {}
    inverse = Inversion(trained.extractor, trained.sample_rate)
    found: dict[int, tuple[npt.NDArray[np.float32], int]] = {}
    for code, walk in enumerate(walks):
        audio = inverse(walk)
        if audio is not None:
            whole = audio.numpy().reshape(-1).astype(np.float32)
            found[code] = whole / max(float(np.abs(whole).max(initial=0)), 1.0), trained.sample_rate
    return found


def _codes(path: Path) -> npt.NDArray[np.float32]:
    try:
        table = pq.read_table(path)
        size = sum(name.startswith("code_") for name in table.column_names)
        return np.stack([table[f"code_{d}"].to_numpy() for d in range(size)], axis=1).astype(np.float32)
    except (OSError, KeyError, ValueError) as error:
        raise WorkError(f"{path}: damaged: {error}") from None
