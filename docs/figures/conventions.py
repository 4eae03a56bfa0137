"""Prints the table of docs/metrics.md, one code set under all conventions, and draws scores.png.

Run from the project's root, with the extra ``plot`` and scikit-learn: ``python docs/figures/conventions.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from synthkit.metrics import CONVENTIONS, METRICS, Scores, evaluate

NAMES = ("shape", "scale", "angle")


def code_set() -> tuple[np.ndarray, np.ndarray]:
    """1,200 rows of a full grid, shuffled: 6 shapes, 4 scales, 10 angles; six codes.

    Codes 0 to 2 tell one factor each, with noise; code 3 mixes scale and angle; 4 is noise; 5 is code 0 again, bent.
    """
    rng = np.random.default_rng(7)
    index = rng.permutation(1200)
    shape, scale, angle = index % 6, index // 6 % 4, index // 24 % 10
    noise = rng.normal(size=(5, 1200))
    first = shape + 0.25 * noise[0]
    codes = [
        first,
        scale + 0.35 * noise[1],
        angle + 0.6 * noise[2],
        scale / 4 - angle / 10 + 0.1 * noise[3],
        noise[4],
        np.exp(first / 2),
    ]
    return np.stack([shape, scale, angle], axis=1), np.stack(codes, axis=1)


def scores() -> dict[str, Scores]:
    """All metrics of each convention, as its source defines them."""
    factors, codes = code_set()
    return {name: evaluate(factors=factors, codes=codes, convention=name, factor_names=NAMES) for name in CONVENTIONS}


def table(found: dict[str, Scores]) -> str:
    """The metrics that more than one convention has, and those of one, as markdown."""
    lines = ["| metric | " + " | ".join(found) + " |", "| --- |" + " ---: |" * len(found)]
    for metric in METRICS:
        cells = [_cell(one, metric) for one in found.values()]
        if any(cells):
            lines.append(f"| `{metric}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(found: Scores, metric: str) -> str:
    if metric not in found:
        return ""
    return "undefined" if metric in found.undefined else f"{found[metric]:.3f}"


if __name__ == "__main__":
    every = scores()
    print(table(every))
    for name, one in every.items():
        for line in (*one.warnings, *(f"no {metric}: {why}" for metric, why in one.undefined.items())):
            print(f"{name}: {line}")
    factors, codes = code_set()
    chosen = "mig,mig_sup,modularity,sap,dci,explicitness_test,irs,info_mc"
    picture = evaluate(factors=factors, codes=codes, metrics=chosen, factor_names=NAMES, bootstrap=100)
    picture.plot().savefig(Path(__file__).with_name("scores.png"), dpi=90, metadata={"Software": None})
