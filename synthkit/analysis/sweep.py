"""A sweep at a glance: accuracy by trained layer, with entropy and similarity of the layers beside it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from matplotlib.figure import Figure

from synthkit.analysis.inspect import Findings
from synthkit.train.figures import save
from synthkit.train.language.pictures import entitle
from synthkit.train.parquet import write_rows

__all__ = ["write_layers"]

_NUMBERS = ("entropy", "cosine_embedding", "cosine_previous", "token_similarity", "cka_embedding")  # of each layer


def write_layers(
    plan: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], found: Mapping[str, Mapping[str, Findings]], out: Path
) -> tuple[list[Path], list[str]]:
    """``layers.parquet`` and ``layers.png``, where the sweep trains single layers.

    Args:
        plan: What ``sweep.json`` holds.
        rows: What `synthkit.train.language.sweep_table.sweep_rows` gives.
        found: Point -> ``before`` and ``after``.
        out: Directory of the sweep.

    Returns:
        The files, and what they show in words.
    """
    single = [point for point in plan["points"] if point["layer"] is not None]
    if not single:
        return [], []
    split = rows[0]["split"]
    table = []
    for point in single:
        of_point = [row for row in rows if row["point"] == point["name"] and row["split"] == split]
        table.append(
            {
                "point": point["name"],
                "layer": point["layer"],
                "accuracy": statistics.fmean(row["accuracy"] for row in of_point),
                "low": min(row["low"] for row in of_point),
                "high": max(row["high"] for row in of_point),
                **_of_layer(found[point["name"]]["before"], point["layer"], "before"),
                **_of_layer(found[point["name"]]["after"], point["layer"], "after"),
            }
        )
    whole = [row for row in rows if row["layer"] is None and row["split"] == split]
    files = [out / "layers.parquet", _draw(plan, table, whole, out / "layers.png")]
    write_rows(files[0], table, {f"{name}_{when}": pa.float64() for name in _NUMBERS for when in ("before", "after")})
    best = max(table, key=lambda row: row["accuracy"])
    return files, [
        f"best single layer: {best['layer']} counted from 0, {best['layer'] + 1} counted from 1: accuracy "
        f"{best['accuracy']:.3f} on {split}"
    ]


def _of_layer(found: Findings, layer: int, when: str) -> dict[str, float | None]:
    """Mean entropy of a layer's heads, and how its output resembles the embedding and the layer below.

    Layers are counted over the encoder and then the decoder.
    """
    stacks = [s for s in dict.fromkeys(row["stack"] for row in found.attention) if s != "cross"]
    sizes = {s: max(r["layer"] for r in found.attention if r["stack"] == s) + 1 for s in stacks}
    stack, inside = stacks[0], layer
    for name in stacks:
        stack = name
        if inside < sizes[name]:
            break
        inside -= sizes[name]
    entropies = [
        r["value"]
        for r in found.attention
        if (r["stack"], r["layer"], r["measure"]) == (stack, inside, "relative_entropy")
    ]
    states = {r["measure"]: r["value"] for r in found.states if (r["stack"], r["layer"]) == (stack, inside + 1)}
    cka = [r["cka"] for r in found.similarity if (r["stack"], r["layer"], r["other"]) == (stack, 0, inside + 1)]
    known = {"entropy": float(np.mean(entropies)) if entropies else None, "cka_embedding": cka[0] if cka else None}
    return {f"{name}_{when}": known[name] if name in known else states.get(name) for name in _NUMBERS}


def _draw(
    plan: Mapping[str, Any], table: Sequence[Mapping[str, Any]], whole: Sequence[Mapping[str, Any]], path: Path
) -> Path:
    x = [row["layer"] for row in table]
    panels = (
        ("accuracy", None),
        ("relative entropy of attention", "entropy"),
        ("linear CKA to the embedding", "cka_embedding"),
        ("cosine of two tokens of a text", "token_similarity"),
    )
    figure = Figure(figsize=(3.4 * len(panels), 3.2), layout="constrained")
    for axis, (name, key) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        axis.set_title(name, fontsize=8)
        axis.set_xlabel("the only layer that is trained" if key is None else "layer", fontsize=7)
        axis.set_xticks(sorted(set(x)))
        axis.tick_params(labelsize=7)
        if key is None:
            y = np.array([row["accuracy"] for row in table])
            spread = [y - [row["low"] for row in table], np.array([row["high"] for row in table]) - y]
            axis.errorbar(x, y, yerr=np.maximum(spread, 0), marker="o", capsize=3, color="#1f3f66")
            points = list(dict.fromkeys(row["point"] for row in whole))
            for number, point in enumerate(points):
                value = statistics.fmean(row["accuracy"] for row in whole if row["point"] == point)
                axis.axhline(value, linestyle="--", linewidth=1, color=f"C{number + 1}", label=point)
            axis.set_ylim(0, 1.02)
        else:
            for when, color in (("before", "#9a9a9a"), ("after", "#1f3f66")):
                y = np.array([np.nan if row[f"{key}_{when}"] is None else row[f"{key}_{when}"] for row in table], float)
                axis.plot(x, y, marker="o", color=color, label=when)
        axis.legend(fontsize=6)
    entitle(figure, plan["title"])
    save(figure, path)
    return path
