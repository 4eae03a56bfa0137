"""Factors as tables, histograms and plots of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy.typing as npt

from synthkit.records import FactorInfo
from synthkit.report.binning import Binned, binned, cramers_v, joint_counts, pair_factors
from synthkit.report.charts import columns, figure, named_bars, numbers, scrolled
from synthkit.report.heat import heat_map
from synthkit.report.tags import Html, tag

__all__ = ["MOST_PAIRED", "factor_table", "histograms", "pair_plots"]

MOST_PAIRED = 6
_MOST_BARS = 40
_MOST_NAMED = 24
_PAIR_BINS = 25
_PAIR_HEIGHT = 132.0
_MOST_NUMBERS = 60
_SHOWN_VALUES = 6


def factor_table(factors: Sequence[FactorInfo]) -> Html:
    """What each factor is."""
    rows = [
        (f.name, "measured" if f.measured else f.kind, f.unit, f"{f.levels:,}" if f.levels else "", _values(f),
         f.description)
        for f in factors
    ]  # fmt: skip
    return tag(
        "div", scrolled("Factors", ("factor", "kind", "unit", "levels", "values", "what it is"), rows), class_="words"
    )


def _values(factor: FactorInfo) -> str:
    if factor.values is None or len(factor.values) > _SHOWN_VALUES:
        return factor.spec
    return ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in factor.values)


def histograms(factors: Sequence[FactorInfo], matrix: npt.NDArray[Any]) -> Html:
    """A histogram of each factor over all examples."""
    return tag("div", [_histogram(binned(f, matrix[:, k], _MOST_BARS)) for k, f in enumerate(factors)], class_="grid")


def _histogram(bins: Binned) -> Html:
    name, counts = bins.factor.name, bins.counts.tolist()
    unit = bins.factor.unit if bins.factor.unit != "1" else ""
    axis = f"{unit} (logarithmic)".strip() if not bins.single and bins.factor.spec.startswith("log") else unit
    note = f"{_between(counts)} examples in each of {len(counts)} {'values' if bins.single else 'bins'}"
    said = f"Histogram of {name}: {sum(counts):,} examples, {note}"
    if bins.single and len(counts) <= _MOST_NAMED and bins.factor.kind == "categorical":
        drawn = named_bars(bins.names, counts, said)
    else:
        drawn = columns(counts, bins.ends, said, axis)
    rows = list(zip(bins.names, counts, strict=True))
    header = (f"{name}{f', {unit}' if unit else ''}", "examples")
    return figure([name, " ", tag("small", note)], drawn, numbers(name, header, rows))


def pair_plots(factors: Sequence[FactorInfo], matrix: npt.NDArray[Any]) -> list[Html]:
    """Counts of examples by each pair of up to six factors; empty where fewer than two vary."""
    bins = [binned(f, matrix[:, k], _PAIR_BINS) for k, f in enumerate(factors)]
    varying = [int((each.counts > 0).sum()) > 1 for each in bins]
    chosen = pair_factors(factors, varying, MOST_PAIRED)
    if len(chosen) < 2:
        return []
    plots = [_pair(bins[a], bins[b]) for a, b in combinations(chosen, 2)]
    left = [f.name for k, f in enumerate(factors) if k not in chosen]
    said = (
        "How many examples have each pair of values: empty cells are clear, the fullest are solid. Cramér's V says how "
        "much the two depend on each other, from 0 (not at all) to 1, over the cells that are drawn."
    )
    if left:
        said += f" Not drawn: {', '.join(left)}."
    return [tag("p", said, class_="said"), tag("div", plots, class_="grid")]


def _pair(first: Binned, second: Binned) -> Html:
    table = joint_counts(first, second)
    names = f"{first.factor.name} and {second.factor.name}"
    v = cramers_v(table)
    said = (
        f"Examples by {names}: {table.shape[0]} by {table.shape[1]} cells, {_between(table.ravel().tolist())} in each, "
        f"Cramér's V {v:.3f}"
    )
    axes = (first.factor.name, second.factor.name)
    drawn = heat_map(table, _axis(first), _axis(second), said, axes=axes, height=_PAIR_HEIGHT)
    title = [f"{first.factor.name} × {second.factor.name}", " ", tag("small", f"V = {v:.3f}")]
    if table.size > _MOST_NUMBERS * 4 or table.shape[1] > 12:
        return figure(title, drawn)
    rows = [(name, *row) for name, row in zip(first.names, table.tolist(), strict=True)]
    return figure(title, drawn, numbers(names, (axes[0], *second.names), rows))


def _between(counts: Sequence[int]) -> str:
    """``20``, or ``3 to 20``."""
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _axis(bins: Binned) -> tuple[str, ...]:
    """Names of all bins where they are few and short, else of the ends."""
    if bins.single and len(bins.names) <= 8 and max(map(len, bins.names)) <= 14:
        return bins.names
    return bins.ends
