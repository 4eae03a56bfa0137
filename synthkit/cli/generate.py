"""``synthkit generate``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synthkit.cli.output import console, print_json, shown_bytes
from synthkit.recipe.load import load_recipe
from synthkit.run import build
from synthkit.run.build import BuildResult, Progress

__all__ = ["run"]


def run(
    recipe: str,
    out: Path,
    *,
    workers: int | None,
    sets: Sequence[str | tuple[str, Any]],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Make the dataset and print its fingerprint last."""
    loaded = load_recipe(recipe, sets)
    started = time.perf_counter()
    with _progress(loaded.name) as on_progress:
        result = build(loaded, out, workers=workers, overwrite=overwrite, on_progress=on_progress)
    seconds = time.perf_counter() - started
    if as_json:
        print_json(
            {
                "fingerprint": result.fingerprint,
                "num_examples": result.num_examples,
                "seconds": round(seconds, 3),
                "bytes": result.bytes,
                "out": str(out),
            }
        )
    else:
        print(_summary(result, seconds))
        print(f"fingerprint {result.fingerprint}")


def _summary(result: BuildResult, seconds: float) -> str:
    size = f"{result.num_examples:,} examples, {shown_bytes(result.bytes)} in {result.out}"
    if not result.made:
        return f"{size}: was complete, nothing to do"
    there = result.num_examples - result.made
    resumed = f" ({there:,} were there from an earlier run)" if there else ""
    return f"{size}{resumed}, {seconds:.1f} s"


@contextmanager
def _progress(title: str) -> Iterator[Callable[[Progress], None] | None]:
    """A progress bar on a terminal, silence elsewhere."""
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
                size=shown_bytes(state.bytes) if state.bytes else "",
            )

        yield update
