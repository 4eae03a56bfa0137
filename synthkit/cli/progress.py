"""A progress bar on a terminal, silence elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from synthkit.cli.output import console
from synthkit.run import Progress
from synthkit.shards.wording import format_bytes

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[Progress], None] | None]:
    """Shows how far the work is: counts, rate, bytes, time gone and time left; None where nobody watches."""
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[size]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(title, total=None, rate="", size="")
        begun = time.perf_counter()
        there: list[int] = []

        def update(state: Progress) -> None:
            if not there:
                there.append(state.done)
            rate = (state.done - there[0]) / max(time.perf_counter() - begun, 1e-9)
            bar.update(
                task,
                completed=state.done,
                total=state.total,
                rate=f"{rate:,.0f}/s" if rate else "",
                size=state.said or (format_bytes(state.bytes) if state.bytes else ""),
            )

        yield update
