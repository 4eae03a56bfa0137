"""What a reader of the numbers must know, as far as codes and factors alone tell it."""

from __future__ import annotations

import numpy as np

from synthkit.metrics.problem import Problem, places
from synthkit.metrics.registry import Family

__all__ = ["first_notes"]

# Plug-in information of independent columns, in shares of a factor's entropy, that is worth a warning.
_NOTABLE_BIAS = 0.02


def first_notes(problem: Problem, families: list[Family], chosen: tuple[str, ...]) -> list[str]:
    """A sentence each on metrics of another source, constant codes, bias, and bins that are too few."""
    convention = problem.convention
    notes = []
    foreign = [name for name in chosen if convention.defines and name not in convention.defines]
    if foreign:
        notes.append(
            f"{', '.join(foreign)}: not defined by the source of {convention.name}; computed with its bins and settings"
        )
    if not problem.alive.all():
        fate = "left out" if convention.dead_codes == "exclude" else "kept, as this convention does"
        notes.append(f"constant codes ({fate}): {places(~problem.alive)}")
    if any(family.on_information for family in families):
        notes.extend(_bias_notes(problem))
    return notes


def _bias_notes(problem: Problem) -> list[str]:
    levels, bins = problem.levels, problem.code_bins
    notes = []
    if problem.convention.information_correction == "none":
        bias = (levels - 1) * (bins - 1) / (2 * problem.num_rows) / np.log(levels)
        if bias.max() > _NOTABLE_BIAS:
            worst = problem.factors[int(bias.argmax())].name
            notes.append(
                f"plug-in information is biased: a code that knows nothing of {worst} shows about "
                f"{min(bias.max(), 1.0):.0%} of its entropy at {problem.num_rows} rows"
            )
    if levels.max() > bins:
        worst = problem.factors[int(levels.argmax())].name
        notes.append(
            f"{worst} has {levels.max()} classes but codes have {bins} bins: no code can tell more than "
            f"{np.log(bins) / np.log(levels.max()):.0%} of it"
        )
    return notes
