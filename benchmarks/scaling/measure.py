"""The cost of an example: real builds of two sizes in a process of their own; the difference is the cost."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.scaling.cases import Case
from synthkit.recipe.load import load_recipe
from synthkit.run import build, prepare
from synthkit.run.progress import Progress

__all__ = ["build_up_to_the_end", "measured", "peak_memory", "work"]


def measured(case: Case, rounds: int = 2) -> dict[str, Any]:
    """What a recipe costs; the best of some rounds, for the machine has other things to do as well."""
    runs = [_in_a_process(case) for _ in range(rounds)]
    best: dict[str, Any] = min(runs, key=lambda run: run["seconds"])
    return {"recipe": case.recipe, "what": case.what, "engine": case.engine, **best}


def _in_a_process(case: Case) -> dict[str, Any]:
    code = f"from benchmarks.scaling.measure import work; work({case.recipe!r}, {case.few}, {case.many})"
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def work(recipe: str, few: int, many: int) -> None:
    """Print what two builds take, one worker: seconds of CPU, also of engines, and by the clock; bytes; memory."""
    with tempfile.TemporaryDirectory() as folder:
        _build(recipe, few, Path(folder) / "warm")
        short, long = _build(recipe, few, Path(folder) / "few"), _build(recipe, many, Path(folder) / "many")
    found = {name: (long[name] - short[name]) / (many - few) for name in ("seconds", "clock", "search", "bytes")}
    found["examples"] = many
    found["memory"] = peak_memory()
    print(json.dumps(found))


def _build(recipe: str, count: int, out: Path) -> dict[str, float]:
    """Seconds of making, without the last step; of them those of the search; bytes of the shards."""
    chosen = load_recipe(recipe, [("design.limit", count)])
    search = 0.0
    prepared = prepare(chosen)
    if prepared.draws:
        started = _cpu()
        prepared.search(1).all()
        search = _cpu() - started
    started, clock = _cpu(), time.perf_counter()
    build_up_to_the_end(chosen, out)
    seconds, clock = _cpu() - started, time.perf_counter() - clock
    size = sum(path.stat().st_size for path in (out / "data").rglob("*") if path.is_file())
    return {"seconds": seconds - search, "clock": clock, "search": search, "bytes": float(size)}


class _MadeError(Exception):
    """All shards are there."""


def build_up_to_the_end(recipe: Any, out: Path) -> None:
    """Make all shards and stop before the last step, as a run that is killed there; the same build goes on with it."""
    calls = 0

    def stop(progress: Progress) -> None:
        nonlocal calls
        calls += 1
        if calls > 1 and progress.done == progress.total:
            raise _MadeError

    try:
        build(recipe, out, workers=1, on_progress=stop)
    except _MadeError:
        return
    raise RuntimeError("the build did not tell that all examples are there")


def _cpu() -> float:
    """Seconds of CPU of this process and of the engines that it runs, ended or not."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    used = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
    return used + sum(sum(times[:4]) for times in running)


def peak_memory() -> int:
    """Most bytes that this process has had in memory; getrusage also counts what its parent had when it forked."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (found,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(found.split()[1]) * 1024
