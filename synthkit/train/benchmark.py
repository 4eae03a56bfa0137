"""Variants of an experiment x seeds, and a table of what came of them: mean and spread over trainings."""

from __future__ import annotations

import csv
import io
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthkit.storage.files import write_file
from synthkit.train.experiment import Experiment
from synthkit.train.load import Change, resolved, variant_names
from synthkit.train.measures import measures_of

__all__ = ["Benchmark", "Summary", "run_benchmark", "write_benchmark"]


@dataclass(frozen=True, slots=True)
class Summary:
    """A measure of a variant.

    Attributes:
        mean: Over the trainings that have a value.
        std: Standard deviation over them (n - 1); None of fewer than two.
        trainings: How many have a value.
    """

    mean: float
    std: float | None
    trainings: int


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What came of all trainings.

    Attributes:
        experiment: Name of the experiment.
        seeds: The seeds.
        values: Variant -> measure -> value of each seed, None where it has none.
    """

    experiment: str
    seeds: tuple[int, ...]
    values: Mapping[str, Mapping[str, tuple[float | None, ...]]]

    @property
    def measures(self) -> list[str]:
        """All measures that any variant has, in order."""
        return list(dict.fromkeys(name for of_variant in self.values.values() for name in of_variant))

    def summary(self, variant: str, measure: str) -> Summary | None:
        """Mean and spread over the trainings; None where no training has a value."""
        found = [v for v in self.values[variant].get(measure, ()) if v is not None]
        if not found:
            return None
        return Summary(statistics.fmean(found), statistics.stdev(found) if len(found) > 1 else None, len(found))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        summaries = {v: {m: self.summary(v, m) for m in self.measures} for v in self.values}
        return {
            "experiment": self.experiment,
            "seeds": list(self.seeds),
            "values": {v: {m: list(x) for m, x in of.items()} for v, of in self.values.items()},
            "summary": {
                v: {m: {"mean": s.mean, "std": s.std, "trainings": s.trainings} for m, s in of.items() if s}
                for v, of in summaries.items()
            },
        }


def run_benchmark(
    experiment: Experiment,
    seeds: Sequence[int],
    out: Path,
    train: Callable[[Experiment, Path], dict[str, Any]],
    *,
    variants: Sequence[str] | None = None,
    smoke: bool = False,
    sets: Sequence[Change] = (),
) -> Benchmark:
    """Train every variant with every seed, each in ``out/<variant>/seed-<seed>``; what is finished is not done again.

    Args:
        experiment: The experiment.
        seeds: One training of each variant for each.
        out: Directory of all trainings.
        train: Trains a resolved experiment in a directory and gives its evaluation.
        variants: Some of the variants; None for all.
        smoke: Take the small size.
        sets: Changes of the experiment.

    Raises:
        InputError: What the experiment has wrong; all variants are checked before the first is trained.
    """
    names = list(variants or variant_names(experiment))
    plans = {
        (name, seed): resolved(experiment, variant=name, smoke=smoke, sets=sets, seed=seed)
        for seed in seeds
        for name in names
    }
    found = {
        (name, seed): measures_of(train(plan, out / name / f"seed-{seed}")) for (name, seed), plan in plans.items()
    }
    values = {}
    for name in names:
        measures = dict.fromkeys(measure for seed in seeds for measure in found[name, seed])
        values[name] = {m: tuple(found[name, seed].get(m) for seed in seeds) for m in measures}
    return Benchmark(experiment.name, tuple(seeds), values)


def write_benchmark(benchmark: Benchmark, out: Path) -> list[Path]:
    """``benchmark.json``, ``.csv`` (a line for each training and measure), ``.md`` (mean +- s.d.) and ``.png``."""
    write_file(out, "benchmark.json", (json.dumps(benchmark.to_dict(), indent=2, ensure_ascii=False) + "\n").encode())
    write_file(out, "benchmark.csv", _csv(benchmark).encode())
    write_file(out, "benchmark.md", markdown(benchmark).encode())
    _plot(benchmark, out / "benchmark.png")
    return [out / f"benchmark.{ending}" for ending in ("json", "csv", "md", "png")]


def _csv(benchmark: Benchmark) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["variant", "seed", "measure", "value"])
    for variant, measures in benchmark.values.items():
        for measure, values in measures.items():
            for seed, value in zip(benchmark.seeds, values, strict=True):
                writer.writerow([variant, seed, measure, "" if value is None else repr(value)])
    return text.getvalue()


def markdown(benchmark: Benchmark) -> str:
    """A table of measures by variants."""
    names = list(benchmark.values)
    count = len(benchmark.seeds)
    lines = [
        f"# {benchmark.experiment}",
        "",
        f"Mean +- standard deviation over {count} training(s) of each, seeds {', '.join(map(str, benchmark.seeds))}.",
        "",
        "| measure | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    for measure in benchmark.measures:
        cells = [shown(benchmark.summary(name, measure), count) for name in names]
        lines.append(f"| {measure} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def shown(summary: Summary | None, trainings: int) -> str:
    """``0.123 +- 0.004``; with the number of trainings where some have no value."""
    if summary is None:
        return "-"
    spread = "" if summary.std is None else f" +- {summary.std:.3f}"
    of = "" if summary.trainings == trainings else f" (n = {summary.trainings})"
    return f"{summary.mean:.3f}{spread}{of}"


def _plot(benchmark: Benchmark, path: Path) -> None:
    """A panel for each measure that lies between 0 and 1: a dot for each training, a bar for the mean."""
    from matplotlib.figure import Figure

    from synthkit.train.figures import save

    names = list(benchmark.values)
    measures = [m for m in benchmark.measures if _drawable(benchmark, m)]
    columns = min(max(len(measures), 1), 5)
    rows = max(-(-len(measures) // columns), 1)
    figure = Figure(figsize=(2.6 * columns, 2.2 * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for i, measure in enumerate(measures):
        axis = axes[i // columns][i % columns]
        axis.set_axis_on()
        for x, name in enumerate(names):
            values = [v for v in benchmark.values[name].get(measure, ()) if v is not None]
            if values:
                axis.bar(x, statistics.fmean(values), color="#9db8d6")
            axis.plot([x] * len(values), values, "o", color="#1f3f66", markersize=3)
        axis.set_title(measure, fontsize=8)
        axis.set_xticks(range(len(names)), names, rotation=60, fontsize=6, ha="right")
        axis.tick_params(axis="y", labelsize=6)
    figure.suptitle(f"{benchmark.experiment}, {len(benchmark.seeds)} training(s) each", fontsize=9)
    save(figure, path)


def _drawable(benchmark: Benchmark, measure: str) -> bool:
    values = [v for of in benchmark.values.values() for v in of.get(measure, ()) if v is not None]
    return bool(values) and min(values) >= -1 and max(values) <= 1
