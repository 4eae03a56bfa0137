"""What a recipe would make, without making it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from synthkit.recipe import Recipe
from synthkit.records import FactorInfo, Layout, Rows
from synthkit.run.attempts import Attempts
from synthkit.run.prepare import Prepared, prepare

__all__ = ["Preview", "preview"]


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan for people.

    Attributes:
        recipe: The resolved recipe.
        sizes: Examples of each split.
        bytes: Bytes of content, without containers; about that many for text.
        layout: Shape of a clip, or columns of a text.
        factors: What varies.
        warnings: What a user should know.
        examples: The first examples of the first split: id and factor values, with the texts of a text task.
    """

    recipe: Recipe
    sizes: dict[str, int]
    bytes: int
    layout: Layout
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
    texts: dict[str, list[str]] = {}
    if prepared.generator.content == "text":
        batch = prepared.generator.make(_drawn(prepared, rows))
        rows = batch.rows
        texts = {"input": batch.input.tolist(), "target": batch.target.tolist()}
        if batch.rationale is not None:
            texts["rationale"] = batch.rationale.tolist()
    columns = {**texts, **{name: values.tolist() for name, values in rows.values.items()}}
    first = tuple({"id": id, **{name: column[i] for name, column in columns.items()}} for i, id in enumerate(rows.ids))
    return Preview(
        recipe=prepared.recipe,
        sizes=plan.sizes,
        bytes=plan.num_examples * layout.bytes_per_example,
        layout=layout,
        factors=prepared.factors,
        warnings=prepared.notes,
        examples=first,
    )


def _drawn(prepared: Prepared, rows: Rows) -> Rows:
    """Rows with the attempts that count; only as many examples are drawn as are shown."""
    if not prepared.draws:
        return rows
    return Attempts({rows.split: prepared.search().upto(rows.split, len(rows))}).applied(rows)
