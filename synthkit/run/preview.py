"""What a recipe would make, without making it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from synthkit.errors import ExamplesError
from synthkit.generators.base import has_engine
from synthkit.recipe import Recipe
from synthkit.records import EngineInfo, FactorInfo, Layout, Rows
from synthkit.run.asking import Estimate, estimate
from synthkit.run.attempts import Attempts
from synthkit.run.batches import batches
from synthkit.run.prepare import Prepared, prepare

__all__ = ["Preview", "preview"]

_TIMED = 12


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
        engine: What would make the examples, where it is not synthkit itself and is ready here.
        seconds_per_example: What it takes for one example here, one process; None where it is not known.
        estimate: What a language model would be asked; None where none is.
        examples: The first examples of the first split: id and factor values, with the texts of a text task.
    """

    recipe: Recipe
    sizes: dict[str, int]
    bytes: int
    layout: Layout
    factors: tuple[FactorInfo, ...]
    warnings: tuple[str, ...]
    engine: EngineInfo | None
    seconds_per_example: float | None
    estimate: Estimate | None
    examples: tuple[dict[str, Any], ...]


def preview(recipe: Recipe, examples: int = 5) -> Preview:
    """Plan a recipe; takes the same time for a thousand examples and for a billion.

    A few examples of an engine are made to know what one takes.

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
    ready = has_engine(prepared.generator) and prepared.generator.engine_ready
    return Preview(
        recipe=prepared.recipe,
        sizes=plan.sizes,
        bytes=plan.num_examples * layout.bytes_per_example,
        layout=layout,
        factors=prepared.factors,
        warnings=prepared.notes,
        engine=prepared.engine if ready else None,
        seconds_per_example=_seconds(prepared, split) if ready else None,
        estimate=estimate(prepared),
        examples=first,
    )


def _seconds(prepared: Prepared, split: str) -> float | None:
    """Seconds for an example, by making a few, for the second time: an engine may load and check much at first."""
    made = min(_TIMED, prepared.plan.sizes[split])
    try:
        for _ in batches(prepared.plan, prepared.generator, None, split, 0, made):
            pass
        started = time.perf_counter()
        for _ in batches(prepared.plan, prepared.generator, None, split, 0, made):
            pass
    except ExamplesError:  # told by the build, where it matters
        return None
    return (time.perf_counter() - started) / made


def _drawn(prepared: Prepared, rows: Rows) -> Rows:
    """Rows with the attempts that count; only as many examples are drawn as are shown."""
    if not prepared.draws:
        return rows
    return Attempts({rows.split: prepared.search().upto(rows.split, len(rows))}).applied(rows)
