"""``synthkit audit``."""

from __future__ import annotations

from synthkit.audit import Audit, FeatureOptions, audit_dataset
from synthkit.audit.levels import UNITS
from synthkit.cli.output import console, print_json
from synthkit.errors import WorkError

__all__ = ["run"]


def run(
    directory: str, *, normalization: str, max_examples: int, seed: int, threads: int | None, as_json: bool
) -> None:
    """Audit a dataset.

    Raises:
        WorkError: A factor is lost, or clips are clipped; all of it is printed.
    """
    features = FeatureOptions(normalization=normalization)
    found = audit_dataset(directory, max_examples=max_examples, features=features, seed=seed, threads=threads)
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found)
    if found.problems:
        lines = "\n".join(f"  {line}" for line in found.problems)
        raise WorkError(f"{directory}: {len(found.problems)} problem(s)\n{lines}")


def _print(found: Audit) -> None:
    from rich.table import Table

    screen = console()
    screen.print(f"{found.examples:,} of {found.total:,} clips; {found.features}", markup=False)
    table = Table("factor", "measure", "probe", "chance", "held-out clips", "", title="is each factor in the sound?")
    for probe in found.probes:
        figures = (f"{probe.score:.3f}", f"{probe.chance:.3f}", f"{probe.examples:,}")
        table.add_row(probe.factor, probe.measure, *figures, probe.verdict)
    screen.print(table)
    pairs = ", ".join(f"{d.first} and {d.second} {d.cramers_v:.3f}" for d in found.dependences)
    if pairs:
        screen.print(f"dependence of factors (Cramer's V): {pairs}", markup=False)
    for d in found.distances:
        screen.print(
            f"{d.factor}: distance {d.within:.2f} within, {d.between:.2f} between levels; most alike "
            f"{d.nearest[0]} and {d.nearest[1]}, {d.nearest_distance:.2f}",
            markup=False,
        )
    for name, s in found.summaries.items():
        screen.print(f"{name}: {s.mean:.2f} +- {s.std:.2f} {UNITS[name]}, {s.min:.2f} to {s.max:.2f}", markup=False)
    screen.print(f"without a sound: {found.silent}, clipped: {found.clipped}", markup=False)
    for warning in found.warnings:
        screen.print(f"note: {warning}", markup=False)
