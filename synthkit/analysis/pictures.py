"""Pictures of findings: heat maps by layer and head, curves by layer, similarity of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from synthkit.analysis.inspect import ANSWER, Findings
from synthkit.train.figures import save
from synthkit.train.language.pictures import entitle

__all__ = ["draw_findings"]

_COLORS = {"before": "#9a9a9a", "after": "#1f3f66"}
_NAMES = {
    "relative_entropy": "entropy of attention / uniform",
    "down": "operator to its arguments",
    "up": "bracket to its list",
    "line": "within the winning line",
    "readout": "answer to the winning line",
}


def draw_findings(found: Mapping[str, Findings], folder: Path, title: str) -> list[Path]:
    """``attention.png``, ``layers.png`` and ``similarity.png``, before and after training side by side."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [_heat_maps(found, folder / "attention.png", title), _curves(found, folder / "layers.png", title)]
    drawn.append(_similarity(found, folder / "similarity.png", title))
    return [path for path in drawn if path is not None]


def _heat_maps(found: Mapping[str, Findings], path: Path, title: str) -> Path | None:
    """A row for each measure, a column for each stack and time."""
    rows = [row for each in found.values() for row in each.attention]
    measures = [m for m in _NAMES if any(row["measure"] == m for row in rows)]
    stacks = list(dict.fromkeys(row["stack"] for row in rows))
    if not rows:
        return None
    columns = [(stack, when) for stack in stacks for when in found]
    figure = Figure(figsize=(2.7 * len(columns) + 0.6, 2.5 * len(measures) + 0.5), layout="constrained")
    axes = figure.subplots(len(measures), len(columns), squeeze=False)
    for of_measure, measure in zip(axes, measures, strict=True):
        for axis, (stack, when) in zip(of_measure, columns, strict=True):
            chosen = [r for r in found[when].attention if r["measure"] == measure and r["stack"] == stack]
            if not chosen:
                axis.set_axis_off()
                continue
            grid = _grid(chosen)
            image = axis.imshow(grid, vmin=0, vmax=1, cmap="viridis", aspect="auto", origin="lower")
            axis.set_xticks(range(grid.shape[1]))
            axis.set_yticks(range(grid.shape[0]))
            axis.tick_params(labelsize=6)
            axis.set_xlabel("head", fontsize=7)
            axis.set_ylabel("layer", fontsize=7)
            chance = "" if chosen[0]["chance"] is None else f"\nchance {chosen[0]['chance']:.2f}"
            axis.set_title(f"{_NAMES[measure]}\n{stack}, {when}{chance}", fontsize=7)
        figure.colorbar(image, ax=list(of_measure), shrink=0.8)
    entitle(figure, title)
    save(figure, path)
    return path


def _grid(rows: Sequence[Mapping[str, Any]]) -> Any:
    layers, heads = max(row["layer"] for row in rows) + 1, max(row["head"] for row in rows) + 1
    grid = np.full((layers, heads), np.nan)
    for row in rows:
        grid[row["layer"], row["head"]] = row["value"]
    return grid


def _curves(found: Mapping[str, Findings], path: Path, title: str) -> Path | None:
    """A panel for each number by layer: mean entropy, cosines, CKA to the embedding, probes."""
    panels: dict[str, list[tuple[str, str, list[tuple[int, float]], float | None]]] = {}
    for when, each in found.items():
        for panel, label, points, chance in _lines(each):
            panels.setdefault(panel, []).append((when, label, points, chance))
    if not panels:
        return None
    columns = min(len(panels), 3)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(3.5 * columns, 2.8 * rows + 0.3), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    for axis, (panel, lines) in zip(axes.flat, panels.items(), strict=False):
        for when, label, points, chance in lines:
            x, y = zip(*points, strict=True)
            style = "-" if label in ("", "layers", "encoder") else "--" if label == "decoder" else ":"
            axis.plot(x, y, style, marker="o", markersize=3, color=_COLORS[when], label=f"{when} {label}".strip())
            if chance is not None and when == "after":
                axis.axhline(chance, color="#b5442e", linestyle=":", linewidth=1, label="chance")
        axis.set_title(panel, fontsize=8)
        axis.set_xlabel("layer", fontsize=7)
        axis.tick_params(labelsize=7)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.legend(fontsize=6)
    entitle(figure, title)
    save(figure, path)
    return path


def _lines(found: Findings) -> list[tuple[str, str, list[tuple[int, float]], float | None]]:
    """Panel, label, points and chance of each curve."""
    lines: list[tuple[str, str, list[tuple[int, float]], float | None]] = []
    stacks = list(dict.fromkeys(row["stack"] for row in found.attention))
    for stack in stacks:
        by_layer: dict[int, list[float]] = {}
        for row in found.attention:
            if row["stack"] == stack and row["measure"] == "relative_entropy":
                by_layer.setdefault(row["layer"] + 1, []).append(row["value"])
        points = [(layer, float(np.mean(values))) for layer, values in by_layer.items()]
        lines.append(("entropy / uniform, mean of heads", stack, points, None))
    for measure, panel in (
        ("cosine_embedding", "cosine to the embedding"),
        ("cosine_previous", "cosine to the layer below"),
        ("token_similarity", "cosine of two tokens of a text"),
    ):
        for stack in dict.fromkeys(row["stack"] for row in found.states):
            points = [(r["layer"], r["value"]) for r in found.states if (r["stack"], r["measure"]) == (stack, measure)]
            if points:
                lines.append((panel, stack, points, None))
    for stack in dict.fromkeys(row["stack"] for row in found.similarity):
        points = [
            (r["other"], r["cka"])
            for r in found.similarity
            if r["stack"] == stack and r["layer"] == 0 and r["cka"] is not None
        ]
        if points:
            lines.append(("linear CKA to the embedding", stack, points, None))
    for position in dict.fromkeys(row["position"] for row in found.probes):
        chosen = [row for row in found.probes if row["position"] == position]
        points = [(row["layer"], row["accuracy"]) for row in chosen]
        name = "probe of the whole text's answer" if position == ANSWER else f"probe of the value, at the {position}"
        lines.append((name, "", points, chosen[0]["chance"]))
    return lines


def _similarity(found: Mapping[str, Findings], path: Path, title: str) -> Path | None:
    stacks = list(dict.fromkeys(row["stack"] for each in found.values() for row in each.similarity))
    if not stacks:
        return None
    figure = Figure(figsize=(3.2 * len(found), 3.0 * len(stacks)), layout="constrained")
    axes = figure.subplots(len(stacks), len(found), squeeze=False)
    for of_stack, stack in zip(axes, stacks, strict=True):
        for axis, (when, each) in zip(of_stack, found.items(), strict=True):
            rows = [row for row in each.similarity if row["stack"] == stack]
            size = max(row["other"] for row in rows) + 1
            grid = np.full((size, size), np.nan)
            for row in rows:
                value = np.nan if row["cka"] is None else row["cka"]
                grid[row["layer"], row["other"]] = grid[row["other"], row["layer"]] = value
            image = axis.imshow(grid, vmin=0, vmax=1, cmap="magma", origin="lower")
            axis.set_title(f"linear CKA of layers\n{stack}, {when}", fontsize=8)
            axis.set_xticks(range(size))
            axis.set_yticks(range(size))
            axis.tick_params(labelsize=6)
        figure.colorbar(image, ax=list(of_stack), shrink=0.8)
    entitle(figure, title)
    save(figure, path)
    return path
