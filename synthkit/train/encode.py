"""Codes of clips, and the file that holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from synthkit.models.base import Model
from synthkit.models.gaussian import sample
from synthkit.models.vae import Vae
from synthkit.train.batches import in_order
from synthkit.train.clips import Clips
from synthkit.train.features import FeatureExtractor
from synthkit.train.parquet import write_columns

__all__ = ["encode", "write_codes"]


@torch.no_grad()
def encode(
    model: Model,
    stored: npt.NDArray[Any],
    extractor: FeatureExtractor,
    device: torch.device,
    *,
    sampled: bool = False,
) -> npt.NDArray[np.float32]:
    """Codes of all clips, [N, D].

    Args:
        model: The model; posterior means where it has posteriors.
        stored: Features before normalisation.
        extractor: What normalises them.
        device: Where the model is.
        sampled: Draws from the posteriors instead of means, by torch's default generator.
    """
    model.eval()
    found = []
    for x in in_order(stored, extractor, device):
        codes = sample(model.posterior(x)) if sampled and isinstance(model, Vae) else model.codes(x)
        found.append(codes.float().cpu().numpy())
    return np.concatenate(found)


def write_codes(path: Path, clips: Clips, codes: npt.NDArray[np.float32]) -> None:
    """A parquet of ``id``, ``code_0``, ``code_1``, ..., and of each factor its value and ``<factor>_index``.

    Raises:
        WorkError: It cannot be written.
    """
    columns: dict[str, Any] = {"id": clips.ids()}
    columns |= {f"code_{d}": np.ascontiguousarray(column) for d, column in enumerate(codes.T)}
    levels = clips.levels()
    for k, factor in enumerate(clips.factors):
        columns[factor.name] = clips.values(factor.name)
        if factor.levels is not None:
            columns[f"{factor.name}_index"] = levels[:, k]
    write_columns(path, columns)
