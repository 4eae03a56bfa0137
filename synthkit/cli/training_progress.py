"""The bars of a training: one for each stage on a terminal, silence elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from synthkit.cli.output import console

__all__ = ["training_progress"]

Report = Callable[[str, int, int, Mapping[str, float]], None]


@contextmanager
def training_progress(title: str = "") -> Iterator[Report | None]:
    """A bar for each stage on a terminal, silence elsewhere."""
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[terms]}"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=screen, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int, terms: Mapping[str, float]) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(f"{title} {stage}".strip(), total=total, terms="")
            shown = "  ".join(f"{name.rpartition('/')[2]} {value:.4g}" for name, value in list(terms.items())[:4])
            bar.update(tasks[stage], completed=done, total=total, terms=shown)

        yield report
