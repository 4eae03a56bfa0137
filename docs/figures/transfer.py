"""The tables and pictures of docs/transfer.md.

``python docs/figures/transfer.py RUNS`` reads what the commands of the page left in the folder RUNS, and writes
benchmarks/results/synthetic_transfer.json and the pictures; without a folder it prints the tables.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "benchmarks" / "results" / "synthetic_transfer.json"
FIGURES = ROOT / "docs" / "figures"
STARTS = ("scratch", "language", "solutions")
TASKS = ("listops", "tictactoe")
_EVERY = 100  # steps of a point of the curve


def gathered(runs: Path) -> dict[str, Any]:
    """All that the page shows, from the folders of the runs."""
    found: dict[str, Any] = {"pretraining": {}, "transfer": {}, "frozen": {}}
    for start in STARTS[1:]:
        evaluation = json.loads((runs / start / "evaluation.json").read_text())
        training = json.loads((runs / start / "training.json").read_text())
        found["pretraining"][start] = {
            "texts": training["num_examples"],
            "steps": training["steps"],
            "parameters": training["trained"]["total"],
            "test_loss": evaluation["test_loss"]["test"],
        }
    for task in TASKS:
        for start in STARTS:
            for sweep in ("transfer", "frozen"):
                run = runs / sweep / f"{task}-{start}" / "seed-0"
                found[sweep][f"{task}-{start}"] = _learned(run) | (_looked(run) if sweep == "transfer" else {})
    return found


def _learned(run: Path) -> dict[str, Any]:
    evaluation = json.loads((run / "evaluation.json").read_text())
    values = evaluation["splits"]["test"]
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    curve: dict[int, list[float]] = {}
    for line in log:
        curve.setdefault(-(-line["step"] // _EVERY) * _EVERY, []).append(line["model/accuracy"])
    return {
        **{name: values[name] for name in ("texts", "accuracy", "low", "high", "baselines")},
        "share": evaluation["trained"]["share"],
        "curve": {str(step): sum(each) / len(each) for step, each in curve.items()},
    }


def _looked(run: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    attention = pq.read_table(run / "analysis" / "attention.parquet").to_pylist()
    best = {}
    for when in ("before", "after"):
        for kind in sorted({row["measure"] for row in attention if row["chance"] is not None}):
            top = max((r for r in attention if (r["when"], r["measure"]) == (when, kind)), key=lambda r: r["value"])
            best[f"{kind}/{when}"] = {name: top[name] for name in ("layer", "head", "value", "chance")}
    probes: dict[str, list[float]] = {}
    for row in pq.read_table(run / "analysis" / "probes.parquet").to_pylist():
        probes.setdefault(f"{row['position']}/{row['when']}", []).append(row["accuracy"])
        probes[f"{row['position']}/chance"] = [row["chance"]]
    return {"attention": best, "probes": probes}


def tables() -> dict[str, list[str]]:
    """Markdown, from the result file."""
    found = json.loads(RESULT.read_text())
    pre = [
        "| start | texts | steps | parameters | cross-entropy, test sentences |",
        "| --- " * 5 + "|",
    ]
    for start in STARTS[1:]:
        of = found["pretraining"][start]
        pre.append(
            f"| `{start}` | {of['texts']:,} | {of['steps']:,} | {of['parameters']:,} | {of['test_loss']:.3f} nats |"
        )
    accuracy = ["| task | start | all trained | 7.5 % trained | 95 % intervals | without a model |", "| --- " * 6 + "|"]
    inside = ["| task | start | attention | before | after | chance |", "| --- " * 6 + "|"]
    probes = ["| start | probe at | before, best layer | after, best layer | chance |", "| --- " * 5 + "|"]
    for task, start in itertools.product(TASKS, STARTS):
        name = f"{task}-{start}"
        of = found["transfer"][name]
        few = found["frozen"][name]
        intervals = ", ".join(f"{each['low']:.2f} to {each['high']:.2f}" for each in (of, few))
        best = max(of["baselines"].values())
        accuracy.append(
            f"| {task} | `{start}` | {of['accuracy']:.3f} | {few['accuracy']:.3f} | {intervals} | {best:.3f} |"
        )
        for kind in sorted({key.partition("/")[0] for key in of["attention"]}):
            before, after = (of["attention"][f"{kind}/{when}"] for when in ("before", "after"))
            figures = " | ".join(f"{value:.2f}" for value in (before["value"], after["value"], after["chance"]))
            inside.append(f"| {task} | `{start}` | `{kind}` | {figures} |")
        for position in ("operator", "bracket"):
            if f"{position}/after" in of["probes"]:
                cells = [_best(of["probes"][f"{position}/{when}"]) for when in ("before", "after")]
                chance = of["probes"][f"{position}/chance"][0]
                probes.append(f"| `{start}` | {position} | {cells[0]} | {cells[1]} | {chance:.2f} |")
    return {"pre-training": pre, "accuracy": accuracy, "attention": inside, "probes": probes}


def _best(values: list[float]) -> str:
    layer = max(range(len(values)), key=values.__getitem__)
    return f"{values[layer]:.2f} (layer {layer})"


def draw(path: Path) -> None:
    """Accuracy on the test split, and on training batches by step."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    both = json.loads(RESULT.read_text())
    figure = Figure(figsize=(10, 6.4), layout="constrained")
    for axes, (sweep, title) in zip(
        figure.subplots(2, 4, width_ratios=[2, 1, 2, 1]),
        (("transfer", "all trained"), ("frozen", "7.5 % trained")),
        strict=True,
    ):
        _panels(both[sweep], axes, title)
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=110)


def _panels(found: dict[str, Any], axes: Any, title: str) -> None:
    colors = dict(zip(STARTS, ("#9a9a9a", "#d08a2e", "#1f3f66"), strict=True))
    for task, (curve, bars) in zip(TASKS, (axes[:2], axes[2:]), strict=True):
        for place, start in enumerate(STARTS):
            of = found[f"{task}-{start}"]
            points = sorted((int(step), value) for step, value in of["curve"].items())
            curve.plot(*zip(*points, strict=True), color=colors[start], label=start)
            spread = [[of["accuracy"] - of["low"]], [of["high"] - of["accuracy"]]]
            bars.bar(place, of["accuracy"], yerr=spread, capsize=3, color=colors[start])
        baseline = max(found[f"{task}-scratch"]["baselines"].values())
        for axis in (curve, bars):
            axis.axhline(baseline, color="#b5442e", linestyle=":")
            axis.set_ylim(0, 1.02)
            axis.tick_params(labelsize=7)
        curve.set_title(f"{task}, {title}: training batches", fontsize=8)
        curve.set_xlabel("step", fontsize=8)
        curve.set_ylabel("accuracy", fontsize=8)
        curve.legend(fontsize=7, loc="lower right")
        bars.set_title("test", fontsize=9)
        bars.set_xticks(range(len(STARTS)), STARTS, fontsize=7, rotation=30)


def main() -> None:
    """Gather where a folder is given; print the tables."""
    if len(sys.argv) > 1:
        runs = Path(sys.argv[1])
        RESULT.write_text(json.dumps(gathered(runs), indent=1, sort_keys=True) + "\n")
        draw(FIGURES / "transfer.png")
        solved = runs / "transfer" / "listops-solutions" / "seed-0" / "analysis"
        shutil.copy(solved / "example.png", FIGURES / "attention-tree.png")
        shutil.copy(solved / "layers.png", FIGURES / "transfer-layers.png")
    for title, lines in tables().items():
        print(f"## {title}\n\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
