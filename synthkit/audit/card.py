"""An audit as a section of a dataset's card."""

from __future__ import annotations

from synthkit.audit.audit import Audit
from synthkit.audit.levels import UNITS
from synthkit.shards.markdown import table

__all__ = ["card_section"]

_MOST_PAIRS = 15


def card_section(audit: Audit) -> str:
    """Markdown tables; three decimals, so that the last bits of another machine do not show."""
    said = (
        f"A linear probe on mel features, trained on three quarters of {audit.examples:,} clips (of {audit.total:,}), "
        f"tested on the rest: is each factor in the sound? Features: {audit.features}.\n"
    )
    parts = [
        "## Factor audit\n",
        said,
        _probes(audit),
        _pairs(audit),
        _distances(audit),
        _levels(audit),
        _remarks(audit),
    ]
    return "\n".join(part for part in parts if part)


def _probes(audit: Audit) -> str:
    rows = [
        (p.factor, p.measure, f"{p.score:.3f}", f"{p.chance:.3f}", str(p.examples), p.verdict) for p in audit.probes
    ]
    return table(("factor", "measure", "probe", "chance", "held-out clips", "verdict"), rows) if rows else ""


def _pairs(audit: Audit) -> str:
    if not audit.dependences:
        return ""
    largest = sorted(audit.dependences, key=lambda d: (-d.cramers_v, d.first, d.second))[:_MOST_PAIRS]
    said = "Dependence of the factors on each other, over all clips (Cramer's V, 0 in a grid):\n"
    return said + "\n" + table(("pair", "V"), [(f"{d.first}, {d.second}", f"{d.cramers_v:.3f}") for d in largest])


def _distances(audit: Audit) -> str:
    if not audit.distances:
        return ""
    said = "Distances of clips in standardised features:\n"
    rows = [
        (d.factor, f"{d.within:.2f}", f"{d.between:.2f}", f"{d.between / d.within:.3f}" if d.within else "",
         f"{d.nearest[0]}, {d.nearest[1]}", f"{d.nearest_distance:.2f}")
        for d in audit.distances
    ]  # fmt: skip
    header = ("factor", "within a level", "between levels", "ratio", "most alike", "distance of their means")
    return said + "\n" + table(header, rows)


def _levels(audit: Audit) -> str:
    rows = [
        (name, UNITS[name], *(f"{value:.2f}" for value in (s.mean, s.std, s.min, s.max)))
        for name, s in audit.summaries.items()
    ]
    counts = f"Clips without a sound: {audit.silent}; clipped clips: {audit.clipped}.\n"
    return table(("clips", "unit", "mean", "std", "min", "max"), rows) + "\n" + counts


def _remarks(audit: Audit) -> str:
    lines = [f"- **{line}**" for line in audit.problems] + [f"- {line}" for line in audit.warnings]
    return "\n".join([*lines, ""]) if lines else ""
