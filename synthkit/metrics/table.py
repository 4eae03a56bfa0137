"""Scores as tables: for a terminal, as plain text, for a notebook."""

from __future__ import annotations

import html
import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from synthkit.metrics.scores import Scores

__all__ = ["html_table", "rich_table", "text_table"]

# More columns do not fit; the rest is in `Scores.metrics`.
_SHOWN_MODELS = 6


def _columns(scores: Scores) -> list[str]:
    models = scores.num_models
    if models is None:
        return ["metric", "value", *(["95 % interval"] if scores.intervals else []), "by factor"]
    names = scores.model_names if len(scores.model_names) == models else [f"model {b}" for b in range(models)]
    shown = list(names[:_SHOWN_MODELS])
    return ["metric", *shown, *(["..."] if models > _SHOWN_MODELS else [])]


def _rows(scores: Scores) -> list[list[str]]:
    return [_row(scores, name) for name in scores.metrics]


def _row(scores: Scores, name: str) -> list[str]:
    value = scores.metrics[name]
    if isinstance(value, np.ndarray):
        shown = [_number(v) for v in value[:_SHOWN_MODELS]]
        return [name, *shown, *(["..."] if len(value) > _SHOWN_MODELS else [])]
    row = [name, _number(value)]
    if scores.intervals:
        interval = scores.intervals[name]
        row.append(f"{_number(interval.low)} to {_number(interval.high)}")
    each = scores.per_factor.get(name)
    return [*row, "" if each is None else "  ".join(_number(v) for v in each)]


def _number(value: Any) -> str:
    return "none" if np.isnan(value) else f"{value:.4f}"


def _title(scores: Scores) -> str:
    sizes = scores.settings
    models = "" if scores.num_models is None else f"{scores.num_models} models, "
    name = f"{scores.model_names[0]}: " if len(scores.model_names) == 1 else ""
    return (
        f"{name}convention {scores.convention}: {models}{sizes['num_rows']} rows, {sizes['num_codes']} codes, "
        f"{sizes['num_factors']} factors ({', '.join(scores.factor_names)})"
    )


def _notes(scores: Scores) -> list[str]:
    return [*(f"no {name}: {why}" for name, why in scores.undefined.items()), *(f"note: {n}" for n in scores.warnings)]


def rich_table(scores: Scores) -> Any:
    """What `rich` prints for a `Scores`."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for number, column in enumerate(_columns(scores)):
        table.add_column(
            column,
            justify="left" if number == 0 or column == "by factor" else "right",
            no_wrap=number == 0,  # a metric's name is what a reader looks for
        )
    for row in _rows(scores):
        table.add_row(*row)
    return Group(Text(_title(scores)), table, *(Text(note) for note in _notes(scores)))


def text_table(scores: Scores) -> str:
    """The same without colours."""
    from rich.console import Console

    stream = io.StringIO()
    Console(file=stream, width=120, highlight=False).print(rich_table(scores))
    return stream.getvalue().rstrip()


def html_table(scores: Scores) -> str:
    """The same for a notebook."""
    head = "".join(f"<th>{html.escape(column)}</th>" for column in _columns(scores))
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in _rows(scores))
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in _notes(scores))
    return (
        f"<table><caption>{html.escape(_title(scores))}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
    )
