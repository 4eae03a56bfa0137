"""Pictures of an evaluation: confusions, accuracy by factor and by length."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from synthkit.train.figures import save

__all__ = ["bars_with_intervals", "draw_evaluation", "entitle"]

_MOST_CELLS = 20  # classes whose counts can be read in a picture
_COLUMNS = 3
_LETTERS = 13  # of a title, to an inch


def draw_evaluation(found: Mapping[str, Any], folder: Path, title: str) -> None:
    """``confusion.png``, ``factors.png`` and ``length.png`` of what `evaluate_language_model` found."""
    first = next(iter(found["splits"]))
    values = found["splits"][first]
    if values.get("confusion") is not None and len(values["confusion"]["labels"]) <= _MOST_CELLS:
        _confusion(values["confusion"], folder / "confusion.png", f"{title}: {first}")
    shown = {name: rows for name, rows in values["by_factor"].items() if len(rows) > 1}
    if shown:
        _factors(shown, folder / "factors.png", f"{title}: {first}")
    if len(found["by_length"]) > 1:
        figure = Figure(figsize=(6, 3.4), layout="constrained")
        axis = figure.subplots()
        bars_with_intervals(axis, found["by_length"], "symbols of the text")
        entitle(figure, f"{title}: {', '.join(found['splits'])}")
        save(figure, folder / "length.png")


def _confusion(table: Mapping[str, Any], path: Path, title: str) -> None:
    counts, labels = np.array(table["counts"]), [str(label) for label in table["labels"]]
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = Figure(figsize=(1.5 + 0.42 * counts.shape[1], 1.3 + 0.42 * counts.shape[0]), layout="constrained")
    axis = figure.subplots()
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(counts.shape[1]), [*labels, "no class"], rotation=90, fontsize=8)
    axis.set_yticks(range(counts.shape[0]), labels, fontsize=8)
    axis.set_xlabel("answered", fontsize=8)
    axis.set_ylabel("right", fontsize=8)
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            if count:
                axis.text(j, i, str(count), ha="center", va="center", fontsize=6, color=_ink(shares[i, j]))
    entitle(figure, title)
    save(figure, path)


def _ink(share: float) -> str:
    return "white" if share > 0.5 else "black"


def _factors(shown: Mapping[str, Sequence[Mapping[str, Any]]], path: Path, title: str) -> None:
    columns = min(len(shown), _COLUMNS)
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(3.6 * columns, 2.9 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat[len(shown) :]:
        axis.set_axis_off()
    for axis, (name, values) in zip(axes.flat, shown.items(), strict=False):
        bars_with_intervals(axis, values, name)
    entitle(figure, title)
    save(figure, path)


def bars_with_intervals(axis: Any, rows: Sequence[Mapping[str, Any]], label: str) -> None:
    """A bar for each row with its interval, and a line for the baseline that is best on all texts together."""
    place = np.arange(len(rows))
    heights = np.array([row["accuracy"] for row in rows])
    spread = [heights - [row["low"] for row in rows], np.array([row["high"] for row in rows]) - heights]
    axis.bar(place, heights, color="#9db8d6", yerr=np.maximum(spread, 0), ecolor="#1f3f66", capsize=2)
    texts = np.array([row["texts"] for row in rows])
    guesses = {name: np.array([row["baselines"][name] for row in rows]) for name in rows[0]["baselines"]}
    best = max(guesses, key=lambda name: float((guesses[name] * texts).sum()))
    axis.plot(place, guesses[best], "_", color="#b5442e", markersize=12, label=f"baseline: {best}")
    axis.set_xticks(place, [row["value"] for row in rows], rotation=60 if len(rows) > 6 else 0, fontsize=7)
    axis.tick_params(axis="y", labelsize=7)
    axis.set_ylim(0, 1.02)
    axis.set_xlabel(label, fontsize=8)
    axis.set_ylabel("accuracy", fontsize=8)
    axis.legend(fontsize=6, loc="upper right")


def entitle(figure: Figure, title: str) -> None:
    """A title above all panels, on as many lines as the figure's width asks for."""
    letters = max(int(figure.get_figwidth() * _LETTERS), 20)
    figure.suptitle("\n".join(textwrap.wrap(title, letters)), fontsize=9)
