"""``synthkit plan``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from synthkit.cli.output import console, print_json, print_text, shown_values
from synthkit.recipe.load import load_recipe
from synthkit.records import TextLayout
from synthkit.run.preview import Preview, preview
from synthkit.shards.wording import format_bytes, format_number, format_seconds

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["run"]

_LISTED_LEVELS = 100
_MOST_COLUMNS = 8
_TEXT_COLUMNS = ("id", "input", "target", "rationale")


def run(recipe: str, *, sets: Sequence[str | tuple[str, Any]], smoke: bool = False, as_json: bool) -> None:
    """Print what a recipe would make."""
    found = preview(load_recipe(recipe, sets, smoke=smoke))
    if as_json:
        print_json(_as_data(found))
    else:
        _print(found)


def _as_data(found: Preview) -> dict[str, Any]:
    factors = []
    for factor in found.factors:
        data = asdict(factor)
        if factor.levels is None or factor.levels > _LISTED_LEVELS:
            del data["values"]
        factors.append(data)
    return {
        "name": found.recipe.name,
        "num_examples": sum(found.sizes.values()),
        "splits": found.sizes,
        "bytes": found.bytes,
        "layout": asdict(found.layout),
        "design": found.recipe.design.kind,
        "factors": factors,
        "warnings": list(found.warnings),
        "engine": None if found.engine is None else asdict(found.engine),
        "seconds_per_example": found.seconds_per_example,
        "asks": None if found.estimate is None else asdict(found.estimate),
        "examples": list(found.examples),
    }


def _print(found: Preview) -> None:
    from rich.table import Table

    screen = console()
    total = sum(found.sizes.values())
    screen.print(f"[bold]{found.recipe.title}[/bold]" if screen.is_terminal else found.recipe.title, markup=True)
    screen.print(f"{found.recipe.name}: {total:,} examples, {_size(found)}")
    screen.print("splits: " + ", ".join(f"{name} {size:,}" for name, size in found.sizes.items()))
    table = Table("factor", "kind", "unit", "levels", "values", title=f"design: {found.recipe.design.kind}")
    for factor in found.factors:
        levels = f"{factor.levels:,}" if factor.levels else ""
        table.add_row(factor.name, factor.kind, factor.unit, levels, shown_values(factor))
    if found.factors:
        screen.print(table)
    if isinstance(found.layout, TextLayout):
        _print_texts(found.examples)
    else:
        screen.print(_examples(found.examples))
    if found.engine is not None:
        screen.print(_time(found, total), markup=False)
    if found.estimate is not None:
        screen.print(f"asks: {found.estimate}", markup=False)
    for warning in found.warnings:
        screen.print(f"note: {warning}", markup=False)


def _time(found: Preview, total: int) -> str:
    """What the engine would take: an estimate from a few examples made here."""
    name = f"{found.engine.name} {found.engine.version}" if found.engine else ""
    if found.seconds_per_example is None:
        return f"engine: {name}"
    whole = found.seconds_per_example * total
    cores = len(os.sched_getaffinity(0))
    return (
        f"engine: {name}, about {format_seconds(found.seconds_per_example)} an example here: "
        f"{format_seconds(whole)} on one core, {format_seconds(whole / cores)} on {cores}"
    )


def _size(found: Preview) -> str:
    size = format_bytes(found.bytes)
    if isinstance(found.layout, TextLayout):
        return f"about {size} of text"
    layout = found.layout
    clip = f"{layout.num_samples:,} samples at {layout.sample_rate:,} Hz, {layout.sample_format}"
    return f"{size} of audio; each {clip}"


def _print_texts(examples: tuple[dict[str, Any], ...]) -> None:
    screen = console()
    screen.print("first examples:")
    for example in examples:
        texts = [example[name] for name in ("input", "target", "rationale") if name in example]
        print_text(example["id"], texts, {k: v for k, v in example.items() if k not in _TEXT_COLUMNS})


def _examples(examples: tuple[dict[str, Any], ...]) -> Table:
    """The first examples: a row each, or a column each where there are many factors."""
    from rich.table import Table

    names = list(examples[0])
    if len(names) <= _MOST_COLUMNS:
        table = Table(*names, title="first examples")
        for example in examples:
            table.add_row(*map(format_number, example.values()))
        return table
    table = Table("", *(example["id"] for example in examples), title="first examples")
    for name in names[1:]:
        table.add_row(name, *(format_number(example[name]) for example in examples))
    return table
