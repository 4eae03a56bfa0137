"""What a recipe would make, without making it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from synthkit.recipe import Recipe
from synthkit.records import AudioLayout, FactorInfo
from synthkit.run.prepare import prepare

__all__ = ["Preview", "preview"]


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan for people.

    Attributes:
        recipe: The resolved recipe.
        sizes: Examples of each split.
        bytes: Bytes of audio, without containers.
        layout: Shape of a clip.
        factors: What varies.
        warnings: What a user should know.
        examples: The first examples of the first split: id and factor values.
    """

    recipe: Recipe
    sizes: dict[str, int]
    bytes: int
    layout: AudioLayout
    factors: tuple[FactorInfo, ...]
    warnings: tuple[str, ...]
    examples: tuple[dict[str, Any], ...]


def preview(recipe: Recipe, examples: int = 5) -> Preview:
    """Plan a recipe; takes the same time for a thousand examples and for a billion.

    Raises:
        InputError: All that is wrong with it, each problem with its path.
    """
    prepared = prepare(recipe)
    plan, layout = prepared.plan, prepared.generator.layout
    split = next(iter(plan.sizes))
    rows = plan.rows(split, 0, min(examples, plan.sizes[split]))
    columns = {name: values.tolist() for name, values in rows.values.items()}
    first = tuple({"id": id, **{name: column[i] for name, column in columns.items()}} for i, id in enumerate(rows.ids))
    return Preview(
        recipe=prepared.recipe,
        sizes=plan.sizes,
        bytes=plan.num_examples * layout.bytes_per_example,
        layout=layout,
        factors=plan.factors,
        warnings=plan.warnings,
        examples=first,
    )
