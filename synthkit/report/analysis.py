"""What `synthkit analyze` left: attention by layer and head, probes by layer, and its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from synthkit.report.charts import curves, figure, numbers
from synthkit.report.facts import Section
from synthkit.report.heat import heat_map
from synthkit.report.pictures import pictures
from synthkit.report.rows import as_written, read_rows
from synthkit.report.tags import Html, tag

__all__ = ["analysis_sections"]

_FOLDER = "analysis"
_MEASURES = {
    "relative_entropy": "entropy of attention, over that of looking everywhere alike",
    "down": "attention of operators to their arguments",
    "up": "attention of brackets to their lists",
    "line": "attention within the winning line",
    "readout": "attention of the answer to the winning line",
}
_PICTURES = {
    "example.png": "Attention of one text, over its structure",
    "layers.png": "Hidden states by layer, before and after training",
    "similarity.png": "Linear CKA of the layers, before and after training",
    "attention.png": "Attention by layer and head, before and after training",
}

Row = Mapping[str, Any]


def analysis_sections(path: Path) -> list[Section]:
    """A look inside, where there was one; empty sections where there was none."""
    folder = path / _FOLDER
    with as_written(folder / "attention.parquet"):
        attention = list(_attention(read_rows(folder / "attention.parquet")))
    with as_written(folder / "probes.parquet"):
        probes = list(_probes(read_rows(folder / "probes.parquet")))
    return [
        Section("attention", "Attention", *attention),
        Section("hidden", "Probes of hidden states", *probes),
        Section("inside", "Pictures of the analysis", *pictures(folder, _PICTURES)),
    ]


def _attention(rows: Sequence[Row]) -> Iterator[Html]:
    """A heat map for each measure, stack and time."""
    charts = []
    for measure, words in _MEASURES.items():
        for stack, when in dict.fromkeys((r["stack"], r["when"]) for r in rows if r["measure"] == measure):
            chosen = [r for r in rows if (r["measure"], r["stack"], r["when"]) == (measure, stack, when)]
            charts.append(_heads(f"{words}: {stack}, {when} training", chosen))
    if charts:
        yield tag("div", charts, class_="grid")


def _heads(title: str, rows: Sequence[Row]) -> Html:
    layers, heads = max(r["layer"] for r in rows) + 1, max(r["head"] for r in rows) + 1
    table = np.full((layers, heads), np.nan)
    for row in rows:
        table[row["layer"], row["head"]] = row["value"]
    chance = rows[0]["chance"]
    best = max(rows, key=lambda row: row["value"])
    said = f"{title}: largest {best['value']:.3f}, head {best['head']} of layer {best['layer']}"
    said += "" if chance is None else f"; chance {chance:.3f}"
    drawn = heat_map(
        table, [str(k) for k in range(layers)], [str(k) for k in range(heads)], said, most=1.0, axes=("layer", "head")
    )
    shown = [(str(layer), *(f"{v:.3f}" for v in values)) for layer, values in enumerate(table.tolist())]
    note = None if chance is None else tag("small", f"chance {chance:.3f}")
    return figure([title, " ", note], drawn, numbers(title, ("layer", *(f"head {k}" for k in range(heads))), shown))


def _probes(rows: Sequence[Row]) -> Iterator[Html]:
    """Accuracy by layer at each position, before and after training."""
    charts = []
    for position in dict.fromkeys(r["position"] for r in rows):
        lines: dict[str, list[tuple[float, float]]] = {}
        for row in rows:
            if row["position"] == position:
                lines.setdefault(f"{row['when']} {row['stack']}", []).append((row["layer"], row["accuracy"]))
        chance = next(r["chance"] for r in rows if r["position"] == position)
        first = next(iter(lines.values()))
        lines["chance"] = [(x, chance) for x, _ in first]
        said = f"Accuracy of a linear probe at the {position}, by layer: " + "; ".join(
            f"{name} {min(y for _, y in points):.3f} to {max(y for _, y in points):.3f}"
            for name, points in lines.items()
        )
        shown = [(name, f"{x:g}", f"{y:.3f}") for name, points in lines.items() for x, y in points]
        title = [f"at the {position} ", tag("small", ", ".join(lines))]
        charts.append(
            figure(
                title,
                curves(lines, said, "layer"),
                numbers(f"probes at the {position}", ("curve", "layer", "accuracy"), shown),
            )
        )
    if charts:
        yield tag("div", charts, class_="grid")
