"""Pictures and sounds of what a model has learned: reconstructions and latent traversals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synthkit.models.base import Model
from synthkit.train.batches import examples
from synthkit.train.features import FeatureExtractor
from synthkit.train.sounds import Inversion, write_sounds

__all__ = ["draw_examples"]

_RECONSTRUCTIONS = 6
_MOST_DIMENSIONS = 16
_ENDS = (0.02, 0.98)  # quantiles of the held-out codes between which a dimension is moved


@torch.no_grad()
def draw_examples(
    folder: Path,
    model: Model,
    stored: npt.NDArray[Any],
    extractor: FeatureExtractor,
    codes: npt.NDArray[np.float32],
    sample_rate: int,
    steps: int,
    device: torch.device,
) -> None:
    """``reconstructions.png``, ``traversals.png``, and ``traversals/code-<d>.wav`` of models that can decode.

    A traversal takes the code of the held-out clip nearest to the median code and moves one dimension, from the 2nd to
    the 98th percentile of what it is on held-out clips.

    Args:
        folder: Where they go.
        model: The model.
        stored: Features of the held-out clips before normalisation.
        extractor: What normalises them.
        codes: Codes of those clips, [N, D].
        sample_rate: Of the clips, Hz.
        steps: Places along each dimension.
        device: Where the model is.
    """
    rows = np.linspace(0, len(stored) - 1, min(_RECONSTRUCTIONS, len(stored))).astype(np.int64)
    x = examples(stored, extractor, rows, device)
    again = model.reconstruct(x)
    if again is not None:
        pairs = torch.stack([x, again]).flatten(0, 1)
        titles = [f"clip {row}" for row in rows] + ["reconstructed"] * len(rows)
        _grid(folder / "reconstructions.png", pairs, len(rows), titles, sample_rate, [""] * 2)
    walks = traversals(model, codes, steps, device)
    if walks is None:
        return
    titles = [""] * (walks.shape[0] * walks.shape[1])
    _grid(
        folder / "traversals.png", walks.flatten(0, 1), steps, titles, sample_rate, [f"z{d}" for d in range(len(walks))]
    )
    inverse = Inversion(extractor, sample_rate)
    for d, walk in enumerate(walks):
        audio = inverse(walk.cpu())
        if audio is not None:
            write_sounds(folder / "traversals" / f"code-{d}.wav", audio, sample_rate)


def traversals(model: Model, codes: npt.NDArray[np.float32], steps: int, device: torch.device) -> Tensor | None:
    """What the decoder makes of moved codes, [D, steps, ...]; None where it takes no codes."""
    middle = np.median(codes, axis=0)
    base = torch.from_numpy(codes[np.abs(codes - middle).sum(axis=1).argmin()]).to(device)
    low, high = np.quantile(codes, _ENDS, axis=0)
    walks = []
    for d in range(min(codes.shape[1], _MOST_DIMENSIONS)):
        z = base.repeat(steps, 1)
        z[:, d] = torch.linspace(float(low[d]), float(high[d]), steps, device=device)
        walk = model.decode(z)
        if walk is None:
            return None
        walks.append(walk)
    return torch.stack(walks)


def _grid(path: Path, items: Tensor, columns: int, titles: list[str], rate: int, rows: list[str]) -> None:
    """Spectra as images, waveforms as lines, all on one scale."""
    from matplotlib.figure import Figure

    from synthkit.train.figures import save

    values = items.float().cpu().numpy()
    count = -(-len(values) // columns)
    figure = Figure(figsize=(1.5 * columns + 0.6, 1.2 * count + 0.5), layout="constrained")
    axes = figure.subplots(count, columns, squeeze=False)
    low, high = np.quantile(values, [0.001, 0.999])
    for i, item in enumerate(values):
        axis = axes[i // columns][i % columns]
        if item.ndim == 2:
            axis.imshow(item, origin="lower", aspect="auto", vmin=low, vmax=high, cmap="magma")
        else:
            axis.plot(np.arange(len(item)) / rate, item, linewidth=0.3)
            axis.set_ylim(min(low, -1e-6) * 1.2, max(high, 1e-6) * 1.2)
        axis.set_xticks([])
        axis.set_yticks([])
        axis.set_title(titles[i], fontsize=6)
        if i % columns == 0:
            axis.set_ylabel(rows[i // columns], fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(figure, path)
