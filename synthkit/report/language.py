"""What a language model answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from synthkit.report.charts import Estimate, estimates, figure, numbers, scrolled
from synthkit.report.facts import Section
from synthkit.report.heat import heat_map
from synthkit.report.tags import Html, joined, tag

__all__ = ["language_sections"]

Row = Mapping[str, Any]


def language_sections(evaluation: Row | None) -> list[Section]:
    """Accuracies with intervals and baselines, by factor and by length; confusions, explanations."""
    found = evaluation or {}
    splits: Mapping[str, Row] = found.get("splits", {})
    return [
        Section("metrics", "Accuracy", *_accuracy(found, splits)),
        Section("factors", "By factor", *_by_factor(splits)),
        Section("length", "By length", *_by_length(found.get("by_length", ()))),
        Section("confusions", "Confusions", *_confusions(splits)),
    ]


def _accuracy(found: Row, splits: Mapping[str, Row]) -> Iterator[Html]:
    losses = found.get("test_loss", {})
    if losses:
        of_losses = [(split, f"{loss:.3f}") for split, loss in losses.items()]
        yield scrolled("Cross-entropy of hidden tokens", ("split", "cross-entropy of hidden tokens, nats"), of_losses)
    if not splits:
        return
    shown = [
        Estimate(split, v["accuracy"], (v["low"], v["high"]), max(v["baselines"].values(), default=None))
        for split, v in splits.items()
    ]
    said = "; ".join(f"{split} {_figures(v)}" for split, v in splits.items())
    names = list(next(iter(splits.values()))["baselines"])
    rows = [
        (split, f"{v['texts']:,}", f"{v['accuracy']:.3f}", f"{v['low']:.3f} to {v['high']:.3f}", f"{v['invalid']:,}",
         *(f"{v['baselines'][name]:.3f}" for name in names))
        for split, v in splits.items()
    ]  # fmt: skip
    header = ("split", "texts", "accuracy", "interval", "invalid", *(name.replace("_", " ") for name in names))
    words = "Share of right answers with its interval (Wilson). The upright mark is the best guess without a model."
    yield tag("p", words, class_="said")
    drawn = figure("Accuracy", estimates(shown, f"Accuracy: {said}"))
    yield tag("div", drawn, tag("div", _steps(splits)), class_="grid wide")
    yield scrolled("Accuracy by split", header, rows)


def _figures(value: Row) -> str:
    return f"{value['accuracy']:.3f} ({value['low']:.3f} to {value['high']:.3f})"


def _steps(splits: Mapping[str, Row]) -> Html | None:
    rows = [
        (split, f"{v['steps']['explained']:,}", f"{v['steps']['step_accuracy']:.3f}", f"{v['steps']['all_right']:.3f}")
        for split, v in splits.items()
        if v.get("steps")
    ]
    header = ("explanations", "explained", "steps right", "all steps right")
    return scrolled("Steps of explanations", header, rows) if rows else None


def _by_factor(splits: Mapping[str, Row]) -> Iterator[Html]:
    for split, values in splits.items():
        charts = [_chart(f"{name}", rows) for name, rows in values["by_factor"].items() if len(rows) > 1]
        if charts:
            yield joined(tag("h3", split) if len(splits) > 1 else None, tag("div", charts, class_="grid"))


def _chart(name: str, rows: Sequence[Row]) -> Html:
    """Accuracy by the values of a factor, beside the baseline that is best on all of them together."""
    totals = {b: sum(row["baselines"][b] * row["texts"] for row in rows) for b in rows[0]["baselines"]}
    best = max(totals, key=lambda b: totals[b]) if totals else None
    shown = [
        Estimate(
            str(row["value"]), row["accuracy"], (row["low"], row["high"]), row["baselines"][best] if best else None
        )
        for row in rows
    ]
    said = f"Accuracy by {name}: " + ", ".join(f"{row['value']} {_figures(row)}" for row in rows)
    table = [
        (str(r["value"]), f"{r['texts']:,}", f"{r['accuracy']:.3f}", f"{r['low']:.3f} to {r['high']:.3f}",
         f"{r['baselines'][best]:.3f}" if best else "")
        for r in rows
    ]  # fmt: skip
    mark = tag("small", f"mark: {best.replace('_', ' ')}") if best else None
    header = (name, "texts", "accuracy", "interval", f"baseline {best}" if best else "baseline")
    return figure([name, " ", mark], estimates(shown, said), numbers(name, header, table))


def _by_length(rows: Sequence[Row]) -> Iterator[Html]:
    if len(rows) > 1:
        yield tag("div", _chart("symbols of the text", rows), class_="grid")


def _confusions(splits: Mapping[str, Row]) -> Iterator[Html]:
    charts = []
    for split, values in splits.items():
        table = values.get("confusion")
        if not table:
            continue
        counts = np.array(table["counts"], np.int64)
        labels = [str(label) for label in table["labels"]]
        columns = [*labels, "no class"]
        said = f"Confusions on {split}: {int(np.trace(counts)):,} of {int(counts.sum()):,} on the diagonal"
        drawn = heat_map(counts, labels, columns, said, axes=("right", "answered"))
        rows = [(label, *row) for label, row in zip(labels, counts.tolist(), strict=True)]
        charts.append(figure(f"{split}", drawn, numbers(f"confusions on {split}", ("right", *columns), rows)))
    if charts:
        yield tag("div", charts, class_="grid")
