"""Figures without a display."""

from __future__ import annotations

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["save"]


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG; nothing is shown."""
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=110)
