"""Reports of many trainings: a sweep of a language model, a benchmark of models of clips."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from synthkit.report.charts import Estimate, estimates, figure, numbers, scrolled
from synthkit.report.facts import Section, facts, page
from synthkit.report.pictures import pictures
from synthkit.report.rows import as_written, read_rows
from synthkit.report.tags import Html, tag
from synthkit.train.folder import read_object

__all__ = ["benchmark_page", "sweep_page", "t_interval"]

Row = Mapping[str, Any]

# 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom; the normal one beyond is off by less than 4 %.
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
      2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)  # fmt: skip
_NORMAL = 1.96


def t_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of the mean of independent trainings, by the t distribution; None of fewer than two."""
    if len(values) < 2:
        return None
    quantile = _T[len(values) - 2] if len(values) - 2 < len(_T) else _NORMAL
    half = quantile * statistics.stdev(values) / math.sqrt(len(values))
    mean = statistics.fmean(values)
    return mean - half, mean + half


def benchmark_page(path: Path) -> str:
    """The page of a benchmark.

    Args:
        path: Its directory.

    Raises:
        WorkError: Damaged files.
    """
    found = read_object(path / "benchmark.json")
    with as_written(path / "benchmark.json"):
        return _benchmark(found)


def _benchmark(found: Row) -> str:
    names, seeds = list(found["values"]), found["seeds"]
    measures = list(dict.fromkeys(name for of in found["values"].values() for name in of))
    charts = [_measure(found["values"], measure) for measure in measures]
    said = (
        f"Mean over {len(seeds)} training(s) of each variant; the line is its 95 % interval over trainings (t), rings "
        "are single trainings. Of few trainings it is wide: lines are cut at the edge of a picture, numbers are not."
    )
    return page(
        "Benchmark of models of clips",
        str(found["experiment"]),
        None,
        facts([("variants", ", ".join(names)), ("seeds", ", ".join(map(str, seeds)))]),
        [
            Section("measures", "Measures", tag("p", said, class_="said"), tag("div", charts, class_="grid")),
            Section("table", "Table", _summary(found, names, measures)),
        ],
    )


def _measure(values: Mapping[str, Mapping[str, Sequence[float | None]]], measure: str) -> Html:
    rows, table = [], []
    for variant, of in values.items():
        held = [v for v in of.get(measure, ()) if v is not None and math.isfinite(v)]
        if not held:
            continue
        ends = t_interval(held)
        mean = statistics.fmean(held)
        rows.append(Estimate(variant, mean, ends, points=tuple(held)))
        table.append((variant, f"{mean:.4g}", "" if ends is None else f"{ends[0]:.4g} to {ends[1]:.4g}", len(held)))
    said = f"{measure}: " + ", ".join(f"{row.name} {row.value:.3f}" for row in rows)
    inside = all(0 <= value <= 1 for row in rows for value in row.dots)
    drawn = estimates(rows, said, (0.0, 1.0) if inside else None) if rows else tag("p", "No training has a value.")
    header = ("variant", "mean", "95 % interval", "trainings")
    return figure(measure, drawn, numbers(measure, header, table) if table else None)


def _summary(found: Row, names: Sequence[str], measures: Sequence[str]) -> Html:
    rows = [(measure, *(_cell(found["summary"][name].get(measure)) for name in names)) for measure in measures]
    return scrolled("Mean and standard deviation", ("measure", *names), rows)


def _cell(summary: Row | None) -> str:
    if summary is None:
        return "-"
    spread = "" if summary["std"] is None else f" ± {summary['std']:.3f}"
    return f"{summary['mean']:.3f}{spread}"


def sweep_page(path: Path) -> str:
    """The page of a sweep.

    Args:
        path: Its directory.

    Raises:
        WorkError: Damaged files.
    """
    plan = read_object(path / "sweep.json")
    rows, compared = read_rows(path / "sweep.parquet"), read_rows(path / "comparisons.parquet")
    with as_written(path / "sweep.json"):
        axes, title, top = list(plan["axes"]), str(plan["title"]), _top(plan)
    with as_written(path / "sweep.parquet"):
        accuracies = list(_accuracies(rows, axes))
    with as_written(path / "comparisons.parquet"):
        comparisons = list(_comparisons(compared, axes))
    lead = None if rows else "No training of it has been evaluated yet: the same synthkit train goes on."
    shown = {"sweep.png": "Accuracy along the last axis", "layers.png": "Accuracy by trained layer"}
    return page(
        "Sweep of a language model",
        title,
        lead,
        top,
        [
            Section("accuracy", "Accuracy", *accuracies),
            Section("comparisons", "Compared with the baseline", *comparisons),
            Section("pictures", "Pictures", *pictures(path, shown)),
        ],
    )


def _top(plan: Row) -> Html:
    return facts([
        ("experiment", plan["name"]),
        ("axes", ", ".join(plan["axes"])),
        ("points", f"{len(plan['points']):,}"),
        ("seeds", ", ".join(map(str, plan["seeds"]))),
        ("baseline", ", ".join(f"{axis} {point}" for axis, point in plan.get("baseline", {}).items())),
    ])  # fmt: skip


def _accuracies(rows: Sequence[Row], axes: Sequence[str]) -> Iterator[Html]:
    for split in dict.fromkeys(row["split"] for row in rows):
        groups: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            if row["split"] == split:
                groups.setdefault(tuple(str(row[axis]) for axis in axes), []).append(row)
        shown = [_point(key, of) for key, of in groups.items()]
        said = f"Accuracy on {split}: " + ", ".join(f"{each.name} {each.value:.3f}" for each in shown)
        table = [
            (*key, f"{e.value:.3f}", "" if e.interval is None else f"{e.interval[0]:.3f} to {e.interval[1]:.3f}",
             f"{e.beside or 0:.3f}", len(of), f"{of[0]['trained_share']:.2%}")
            for (key, of), e in zip(groups.items(), shown, strict=True)
        ]  # fmt: skip
        header = (*axes, "accuracy", "95 % interval", "best baseline", "trainings", "trained")
        drawn = figure([split, " ", tag("small", "mark: best baseline")], estimates(shown, said))
        yield tag("div", drawn, tag("div", scrolled(f"Accuracy on {split}", header, table)), class_="grid wide")


def _point(key: Sequence[str], rows: Sequence[Row]) -> Estimate:
    """Of one training its own interval (Wilson), of several that of their mean (t)."""
    values = [float(row["accuracy"]) for row in rows]
    ends = t_interval(values) or (rows[0]["low"], rows[0]["high"])
    points = tuple(values) if len(values) > 1 else ()
    return Estimate(", ".join(key), statistics.fmean(values), ends, beside=rows[0]["best_baseline"], points=points)


def _comparisons(rows: Sequence[Row], axes: Sequence[str]) -> Iterator[Html]:
    if not rows:
        return
    table = []
    for row in rows:
        figures = [str(row["problem"]), "", "", "", ""]
        if not row["problem"]:
            by_t = (
                ["", ""]
                if row["p_t"] is None
                else [f"{row['t_low']:+.3f} to {row['t_high']:+.3f}", f"{row['p_t']:.4f}"]
            )
            better = f"{row['better']} of {row['seeds']}"
            figures = [f"{row['difference']:+.3f}", *by_t, f"{row['low']:+.3f} to {row['high']:+.3f}", better]
        table.append((*(str(row[name]) for name in (*axes, "split")), *figures))
    header = (*axes, "split", "difference", "over seeds (t)", "p", "over seeds and texts", "better")
    yield scrolled("Differences from the baseline", header, table)
