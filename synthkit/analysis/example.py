"""The attention of one text, drawn over its tree or its board."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from synthkit.analysis.inspect import Findings
from synthkit.analysis.look import Glance, Viewer
from synthkit.train.figures import save

__all__ = ["draw_example"]

_MOST_SYMBOLS = 40
_ENOUGH = 3  # operators of a text that is worth a picture; the shortest such text is drawn
_SHOWN = 2.0  # times looking everywhere alike; weaker attention is not drawn


def draw_example(viewer: Viewer, found: Findings, path: Path) -> Path | None:
    """The head that follows the structure best, on a short text with some operators; None if there is none.

    Args:
        viewer: Shows texts to the model.
        found: What was found in it.
        path: A PNG.
    """
    rows = [row for row in found.attention if row["chance"] is not None]
    if not rows:
        return None
    best = max(rows, key=lambda row: row["value"] - row["chance"])
    chosen: tuple[int, Glance, int] | None = None
    for glance in viewer.glances(attention=True):
        for text, structure in enumerate(glance.structures):
            count = sum(link.kind == best["measure"] for link in structure.links)
            if count and len(glance.symbols[text]) <= _MOST_SYMBOLS and (chosen is None or count > chosen[0]):
                chosen = count, glance, text
        if chosen is not None and chosen[0] >= _ENOUGH:
            break
    if chosen is None:
        return None
    _draw(chosen[1], chosen[2], best, path)
    return path


def _draw(glance: Glance, text: int, best: dict[str, Any], path: Path) -> None:
    symbols, structure = glance.symbols[text], glance.structures[text]
    attention = glance.attention[best["stack"]][best["layer"]][text, best["head"]].float().cpu()
    shares = _between_symbols(attention, glance, text)
    size = len(symbols)
    figure = Figure(figsize=(max(6.0, 0.36 * size), 5.4), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=[3, 2])
    depth = structure.depth or (0,) * size
    arrow = {"arrowstyle": "-|>", "shrinkA": 7, "shrinkB": 7, "connectionstyle": "arc3,rad=-0.35"}
    wanted = {(link.query, target) for link in structure.links if link.query >= 0 for target in link.targets}
    asking = sorted({link.query for link in structure.links if link.kind == best["measure"] and link.query >= 0})
    for query in asking:
        for key in range(size):
            if shares[query, key] >= _SHOWN / size and query != key:
                color = "#1f6b3a" if (query, key) in wanted else "#b5442e"
                style = {**arrow, "color": color, "alpha": min(1.0, 0.15 + float(shares[query, key])), "lw": 1.4}
                above.annotate("", (key, -depth[key]), (query, -depth[query]), arrowprops=style)
    for place, symbol in enumerate(symbols):
        above.text(place, -depth[place], symbol, ha="center", va="center", fontsize=8, family="monospace")
    above.set_xlim(-1, size)
    above.set_ylim(-max(depth) - 0.8, 1.6)
    above.set_axis_off()
    above.set_title(
        f"head {best['head']} of layer {best['layer']} ({best['stack']}, from 0): where operators or brackets look; "
        "green: what belongs to them",
        fontsize=8,
    )
    image = below.imshow(shares, cmap="viridis", vmin=0, vmax=1, aspect="auto")
    below.set_xticks(range(size), symbols, rotation=90, fontsize=6)
    below.set_yticks(range(size), symbols, fontsize=5)
    below.set_ylabel("from", fontsize=7)
    figure.colorbar(image, ax=below)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(figure, path)


def _between_symbols(attention: torch.Tensor, glance: Glance, text: int) -> Any:
    """Attention from symbol to symbol: mean over the tokens that look, sum over those that are looked at."""
    spans = glance.spans[text]
    rows = torch.stack([attention[first:last].mean(0) for first, last in spans])
    return np.array([[float(row[first:last].sum()) for first, last in spans] for row in rows])
