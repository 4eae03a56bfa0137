"""The tables and the picture of docs/distillation.md, and the table of saliency in docs/rationales.md.

``python docs/figures/distillation.py RUNS`` reads what the commands of the pages left in the folder RUNS (``teacher``,
``distill``, ``salient``), and writes benchmarks/results/distillation.json and the picture; without a folder it prints
the tables.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "benchmarks" / "results" / "distillation.json"
FIGURE = ROOT / "docs" / "figures" / "distillation.png"
BUDGETS = ("steps", "tokens")
STUDENTS = ("label", "rationale_then_label", "multitask")
MEASURES = ("evidence_precision", "evidence_recall", "comprehensiveness", "sufficiency")


def gathered(runs: Path) -> dict[str, Any]:
    """All that the pages show, from the folders of the runs."""
    return {
        "teacher": _evaluated(runs / "teacher"),
        "students": _students(runs / "distill"),
        "saliency": {path.name: _saliency(path) for path in sorted((runs / "salient").iterdir())},
    }


def _evaluated(run: Path) -> dict[str, Any]:
    values = json.loads((run / "evaluation.json").read_text())["splits"]["test"]
    training = json.loads((run / "training.json").read_text())
    found = {name: values[name] for name in ("texts", "accuracy", "low", "high", "baselines")}
    found["by_phenomenon"] = {row["value"]: row["accuracy"] for row in values["by_factor"]["phenomenon"]}
    return found | {name: training[name] for name in ("steps", "tokens")}


def _students(folder: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    points: dict[str, Any] = {}
    for student in STUDENTS:
        for budget in BUDGETS:
            runs = sorted((folder / f"{student}-{budget}").glob("seed-*"))
            points[f"{student}-{budget}"] = [_evaluated(run) for run in runs]
    compared = {row["point"]: row for row in pq.read_table(folder / "comparisons.parquet").to_pylist()}
    return {"points": points, "compared": compared}


def _saliency(data: Path) -> dict[str, Any]:
    from dataclasses import asdict

    from synthkit.dataset.rationales import rationale_report

    return asdict(rationale_report(data))


def tables() -> dict[str, list[str]]:
    """Markdown, from the result file."""
    found = json.loads(RESULT.read_text())
    return {
        "students": _student_lines(found["students"]),
        "phenomena": _phenomenon_lines(found),
        "saliency": _saliency_lines(found["saliency"]),
    }


def _student_lines(found: dict[str, Any]) -> list[str]:
    lines = [
        "| budget | student | steps | tokens | accuracy | 95 % interval | minus label, 95 % interval | p | better |",
        "| --- " * 9 + "|",
    ]
    for budget in BUDGETS:
        for student in STUDENTS:
            name = f"{student}-{budget}"
            runs, against = found["points"][name], found["compared"].get(name)
            low, high = _interval([run["accuracy"] for run in runs])
            mean = statistics.fmean(run["accuracy"] for run in runs)
            cells = ["", "", ""]
            if against is not None:
                cells = [
                    f"{against['difference']:+.3f} ({against['t_low']:+.3f} to {against['t_high']:+.3f})",
                    f"{against['p_t']:.3f}",
                    f"{against['better']} of {against['seeds']}",
                ]
            figures = [
                f"{statistics.fmean(run['steps'] for run in runs):,.0f}",
                f"{statistics.fmean(run['tokens'] for run in runs) / 1e6:.2f} M",
                f"{mean:.3f}",
                f"{low:.3f} to {high:.3f}",
            ]
            lines.append("| " + " | ".join([f"equal {budget}", f"`{student}`", *figures, *cells]) + " |")
    return lines


def _interval(values: list[float]) -> tuple[float, float]:
    from scipy import stats

    half = stats.t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    mean = statistics.fmean(values)
    return mean - half, mean + half


def _phenomenon_lines(found: dict[str, Any]) -> list[str]:
    runs = {name: found["students"]["points"][f"{name}-tokens"] for name in STUDENTS} | {"teacher": [found["teacher"]]}
    kinds = sorted(found["teacher"]["by_phenomenon"])
    lines = ["| | " + " | ".join(kind.replace("_", " ") for kind in kinds) + " |", "| --- " * (len(kinds) + 1) + "|"]
    for name, each in runs.items():
        means = [statistics.fmean(run["by_phenomenon"][kind] for run in each) for kind in kinds]
        lines.append(f"| `{name}` | " + " | ".join(f"{mean:.2f}" for mean in means) + " |")
    return lines


def _saliency_lines(found: dict[str, Any]) -> list[str]:
    lines = [
        "| method | " + " | ".join(name.replace("_", " ") for name in MEASURES) + " | average precision |",
        "| --- " * (len(MEASURES) + 2) + "|",
    ]
    controls = defaultdict(list)
    for method, report in found.items():
        cells = []
        for name in MEASURES:
            gain = report["gains"][name]
            controls[name].append(gain["control"])
            cells.append(f"{gain['mean']:.3f} ({gain['difference']:+.3f}, {gain['low']:+.3f} to {gain['high']:+.3f})")
        lines.append(f"| `{method}` | " + " | ".join(cells) + f" | {report['average_precision']:.3f} |")
    means = " | ".join(f"{statistics.fmean(controls[name]):.3f}" for name in MEASURES)
    return [*lines, f"| drawn words | {means} | |"]


def draw(path: Path) -> None:
    """Accuracy of each student and seed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    points = json.loads(RESULT.read_text())["students"]["points"]
    figure = Figure(figsize=(7.5, 3.2), layout="constrained")
    for axis, budget in zip(figure.subplots(1, 2, sharey=True), BUDGETS, strict=True):
        for place, student in enumerate(STUDENTS):
            values = [run["accuracy"] for run in points[f"{student}-{budget}"]]
            axis.bar(place, statistics.fmean(values), color=("#9a9a9a", "#d08a2e", "#1f3f66")[place])
            axis.plot([place] * len(values), values, "o", color="black", markersize=4)
        chance = max(points[f"label-{budget}"][0]["baselines"].values())
        axis.axhline(chance, color="#b5442e", linestyle=":")
        axis.set_xticks(range(len(STUDENTS)), [name.replace("_", "\n") for name in STUDENTS], fontsize=8)
        axis.set_title(f"equal {budget}", fontsize=9)
    figure.axes[0].set_ylabel("accuracy on 1,000 test texts", fontsize=8)
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Gather where a folder is given; print the tables."""
    if len(sys.argv) > 1:
        RESULT.write_text(json.dumps(gathered(Path(sys.argv[1])), indent=1, sort_keys=True) + "\n")
        draw(FIGURE)
    for title, lines in tables().items():
        print(f"## {title}\n\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
