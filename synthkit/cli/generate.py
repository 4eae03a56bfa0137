"""``synthkit generate``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from synthkit.cli.output import console, print_json
from synthkit.cli.progress import progress_bar
from synthkit.errors import InputError
from synthkit.generators.registry import generator_class
from synthkit.llm.asking import AskProgress
from synthkit.llm.budget import parse_budget
from synthkit.recipe import Recipe
from synthkit.recipe.load import load_recipe
from synthkit.run import Progress, build
from synthkit.run.asking import AskOptions, Estimate
from synthkit.run.build import BuildResult
from synthkit.run.cluster import open_executor
from synthkit.run.part import Part, PartResult, build_part, parse_part
from synthkit.saliency.options import parse_memory
from synthkit.shards.wording import format_bytes

__all__ = ["run"]


def run(
    recipe: str,
    out: str,
    *,
    workers: int | None,
    sets: Sequence[str | tuple[str, Any]],
    overwrite: bool,
    on_error: str,
    as_json: bool,
    smoke: bool = False,
    budget: str | None = None,
    replay: bool = False,
    log: Path | None = None,
    max_memory: str | None = None,
    backend: str = "cpu",
    executor: str = "process",
    scheduler: str | None = None,
    shards: str | None = None,
) -> None:
    """Make the dataset, or a part of it, and print its fingerprint last."""
    if on_error not in ("continue", "stop"):
        raise InputError(f"--on-error: must be continue or stop, not {on_error!r}")
    loaded = load_recipe(recipe, sets, smoke=smoke)
    if max_memory is not None:
        loaded = load_recipe(recipe, [*sets, _memory(loaded, max_memory)], smoke=smoke)
    limit = None if budget is None else parse_budget(budget)
    part = None if shards is None else parse_part(shards)
    if part is not None and overwrite:
        raise InputError("--overwrite: does not go with --shards, as each job would begin anew; remove the old dataset")
    started = time.perf_counter()
    with open_executor(executor, scheduler, workers) as pool, progress_bar(loaded.name) as on_progress:
        common: dict[str, Any] = {
            "workers": workers,
            "on_error": "stop" if on_error == "stop" else "continue",
            "on_progress": on_progress,
            "backend": backend,
            "asking": AskOptions(limit, replay, log, _announce, None if on_progress is None else _asked(on_progress)),
        }
        if part is not None:
            made = build_part(loaded, out, part, pool, **common)
        else:
            result = build(loaded, out, pool, overwrite=overwrite, **common)
    seconds = time.perf_counter() - started
    if part is not None:
        _say_part(made, part, out, as_json=as_json)
        return
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


def _say_part(made: PartResult, part: Part, out: str, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {"part": str(part), "made": made.made, "shards": made.shards, "of": made.of, "left": made.left, "out": out}
        )
    elif made.finished is not None:
        print(f"{out}: was complete, nothing to do")
        print(f"fingerprint {made.finished.fingerprint}")
    else:
        print(f"part {part}: {made.shards:,} of {made.of:,} shards are there, {made.made:,} examples made now")
        print(
            f"{made.left:,} shards of other parts are not there yet; when they are: synthkit finish {out}"
            if made.left
            else f"all shards are there: synthkit finish {out}"
        )


def _memory(recipe: Recipe, amount: str) -> tuple[str, int]:
    """What a teacher may take, as a change of the recipe: the examples depend on it."""
    found = parse_memory(amount)
    if "max_memory" not in generator_class(recipe.generator).Params.model_fields:
        raise InputError(f"--max-memory: recipe {recipe.name} has no teacher; only saliency rationales have one")
    return "params.max_memory", found


def _announce(found: Estimate) -> None:
    """What is to come, before the first call."""
    console(stderr=True).print(f"asking: {found}", markup=False)


def _asked(on_progress: Callable[[Progress], None]) -> Callable[[AskProgress, int], None]:
    """Questions on the progress bar, with tokens and money."""

    def tell(state: AskProgress, total: int) -> None:
        money = "" if state.money is None else f", {state.money:,.4f} {state.currency}"
        again = f", {state.again:,} again" if state.again else ""
        said = f"asking: {state.tokens:,} tokens{money}, {state.in_flight} in flight{again}"
        on_progress(Progress(state.done, total, 0, said))

    return tell


def _summary(result: BuildResult, seconds: float) -> str:
    size = f"{result.num_examples:,} examples, {format_bytes(result.bytes)} in {result.out}"
    if not result.made:
        return f"{size}: was complete, nothing to do"
    there = result.num_examples - result.made
    resumed = f" ({there:,} were there from an earlier run)" if there else ""
    return f"{size}{resumed}, {seconds:.1f} s"
