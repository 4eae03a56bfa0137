"""Pictures of scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synthkit.errors import InputError, WorkError

if TYPE_CHECKING:
    from synthkit.metrics.scores import Scores

__all__ = ["check_picture", "plot_scores"]

_BLUE = "#1f5fa8"
_TITLES = {
    "mutual_information": "mutual information",
    "predictability": "SAP: predictability from one code",
    "importance": "DCI: importance",
    "irs": "IRS: 1 - deviation",
    "normalised_information": "InfoMEC: information / entropy",
}
# Metrics with no upper bound would flatten all bars.
_UNBOUNDED = {"total_correlation", "gaussian_wasserstein", "gaussian_wasserstein_normalised", "mutual_info_score"}
_LABELLED_CELLS = 120


def plot_scores(scores: Scores, path: str | Path | None = None) -> Any:
    """Bars of bounded metrics, and a heat map [factors, codes] of each matrix; of a batch the mean over models."""
    matrices = {name: _mean(matrix, 2) for name, matrix in scores.matrices.items()}
    drawable = [name for name, value in scores.metrics.items() if np.isfinite(value).any()]
    bars = [name for name in drawable if name not in _UNBOUNDED] or drawable
    panels = len(matrices) + bool(bars)
    if not panels:
        raise InputError("there is nothing to draw: none of the metrics has a value")
    figure = figure_class()(figsize=(6.0 * min(panels, 2), 3.8 * -(-panels // 2)), layout="constrained")
    axes = iter(figure.subplots(-(-panels // 2), min(panels, 2), squeeze=False).flat)
    if bars:
        _draw_bars(next(axes), scores, bars)
    for name, matrix in matrices.items():
        _draw_matrix(figure, next(axes), _TITLES.get(name, name), matrix, scores.factor_names)
    for unused in axes:
        unused.set_axis_off()
    models = "" if scores.num_models is None else f", {scores.num_models} models: matrices are their mean"
    figure.suptitle(f"convention {scores.convention}{models}")
    if path is not None:
        check_picture(Path(path))
        figure.savefig(path, dpi=120)
    return figure


def figure_class() -> Any:
    """Matplotlib's Figure.

    Raises:
        WorkError: It is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise WorkError("pictures need matplotlib: pip install 'synthkit[plot]'") from error
    return Figure


def check_picture(path: Path) -> None:
    """Whether a picture could be saved there.

    Raises:
        InputError: The ending names no format.
        WorkError: matplotlib is not installed.
    """
    formats = figure_class()().canvas.get_supported_filetypes()
    if path.suffix[1:].lower() not in formats:
        raise InputError(f"{path}: pictures are saved as {', '.join(sorted(formats))}, chosen by the file's ending")


def _mean(values: Any, dimensions: int) -> Any:
    return values if np.ndim(values) == dimensions else np.mean(values, axis=0)


def _draw_bars(axes: Any, scores: Scores, names: list[str]) -> None:
    places = np.arange(len(names))[::-1]
    heights = [float(np.nanmean(scores.metrics[name])) for name in names]
    axes.barh(places, heights, color=_BLUE, height=0.7)
    if scores.num_models is not None:
        for place, name in zip(places, names, strict=True):
            values = np.atleast_1d(scores.metrics[name])
            axes.plot(values, np.full(len(values), place), "k|", markersize=7)
    elif scores.intervals:
        ends = [(scores.intervals[n].low, scores.intervals[n].high) for n in names]
        beyond = np.array([[max(h - a, 0.0), max(b - h, 0.0)] for h, (a, b) in zip(heights, ends, strict=True)]).T
        axes.errorbar(heights, places, xerr=beyond, fmt="none", ecolor="black", capsize=3, lw=1.2)
    axes.set_yticks(places, names, fontsize=8)
    axes.set_xlim(min(0.0, *heights), max(1.0, *heights))
    axes.grid(axis="x", alpha=0.3)
    title = "95 % intervals over rows" if scores.intervals else "scores"
    axes.set_title(title if scores.num_models is None else "scores: models (ticks) and their mean", fontsize=10)


def _draw_matrix(figure: Any, axes: Any, title: str, matrix: Any, names: tuple[str, ...]) -> None:
    image = axes.imshow(matrix, cmap="viridis", vmin=0.0, aspect="auto")
    figure.colorbar(image, ax=axes)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xticks(range(matrix.shape[1]))
    axes.set_xlabel("code")
    axes.set_title(title, fontsize=10)
    if matrix.size > _LABELLED_CELLS:
        return
    middle = np.nanmax(matrix) / 2
    for (k, d), value in np.ndenumerate(matrix):
        colour = "black" if value > middle else "white"
        axes.text(d, k, f"{value:.2f}", ha="center", va="center", fontsize=7, color=colour)
