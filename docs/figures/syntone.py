"""Prints the tables of docs/syntone-table.md from the result files in benchmarks/results.

Run from the project's root: ``python docs/figures/syntone.py``. The files are what
``synthkit benchmark syntone_as_published`` and ``synthkit benchmark syntone_benchmark`` wrote, with the changes that
the page names.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"

METRICS = {"mig": "MIG", "sap": "SAP", "dcimig": "DCIMIG", "jemmig": "JEMMIG", "modularity": "modularity"}
PROBES = {
    "probe/waveform/accuracy": "waveform, accuracy",
    "probe/amplitude/r2": "amplitude, R2",
    "probe/frequency/log_r2": "log-frequency, R2",
}
DEFAULT = {
    "mig": "MIG",
    "sap": "SAP",
    "dci_disentanglement": "DCI D",
    "dci_completeness": "DCI C",
    "modularity": "modularity",
    "explicitness_test": "explicitness",
    "factor_vae": "FactorVAE",
}


def results(name: str) -> dict[str, Any]:
    """A result file."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return found


def mean_and_spread(of_variant: dict[str, Any], measure: str) -> str:
    """``0.123 +- 0.004`` over trainings."""
    found = of_variant.get(measure)
    if found is None:
        return "-"
    return f"{found['mean']:.3f} +- {found['std']:.3f}"


def table(summary: dict[str, Any], columns: dict[str, str], cell: Callable[[dict[str, Any], str], str]) -> list[str]:
    """Variants by measures, Markdown."""
    lines = ["| variant | " + " | ".join(columns.values()) + " |", "| --- " * (len(columns) + 1) + "|"]
    lines += [f"| `{name}` | " + " | ".join(cell(of, m) for m in columns) + " |" for name, of in summary.items()]
    return lines


def two_spreads(summary: dict[str, Any]) -> list[str]:
    """Spread over trainings beside the spread over draws from one of them."""
    lines = ["| variant | spread | " + " | ".join(METRICS.values()) + " |", "| --- " * (len(METRICS) + 2) + "|"]
    for name in ("corrected", "as_published"):
        of = summary[name]
        over = " | ".join(f"{of[m]['std']:.4f}" for m in METRICS)
        draws = " | ".join(f"{of[f'resampled_std/{m}']['mean']:.4f}" for m in METRICS)
        lines += [f"| `{name}` | over trainings | {over} |", f"| `{name}` | over ten draws of codes | {draws} |"]
    return lines


def tables() -> dict[str, list[str]]:
    """All tables of the page."""
    published, corrected = results("syntone_as_published")["summary"], results("syntone_benchmark")["summary"]
    return {
        "each defect by itself": table(published, METRICS, mean_and_spread),
        "what a linear probe finds": table(published, PROBES, mean_and_spread),
        "two spreads": two_spreads(published),
        "the corrected comparison": table(corrected, DEFAULT, mean_and_spread),
        "its probes": table(corrected, PROBES, mean_and_spread),
    }


if __name__ == "__main__":
    for title, lines in tables().items():
        print(f"\n{title}\n")
        print("\n".join(lines))
