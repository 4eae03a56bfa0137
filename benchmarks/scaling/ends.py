"""What the ends of a build cost, which one machine does alone: the last step, the scheduler, the search, questions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from benchmarks.scaling.measure import build_up_to_the_end, peak_memory
from synthkit.recipe.load import load_recipe
from synthkit.run import build, prepare
from synthkit.run.executors import process_pool
from synthkit.shards.content import fingerprint

__all__ = ["ends", "nothing", "work_attempts", "work_finish"]

_ROWS = 8  # examples of a shard where many shards are wanted; a record is hardly smaller than that of a whole shard
_WHOLE = 4194  # clips of a whole shard
_WINDOW = 64
_FEW_DRAWS, _MANY_DRAWS = 500_000, 3_000_000


def ends() -> dict[str, Any]:
    """All of it."""
    few, many = _in_a_process("work_finish", 200), _in_a_process("work_finish", 2000)
    shards = many["shards"] - few["shards"]
    a, b = _in_a_process("work_attempts", _FEW_DRAWS), _in_a_process("work_attempts", _MANY_DRAWS)
    return {
        "hash_bytes_per_second": _hash_rate(),
        "finish_seconds_per_shard": (many["seconds"] - few["seconds"]) / shards,
        "finish_memory_per_shard": max(many["memory"] - few["memory"], 0) / shards,
        "record_bytes": _record_bytes(),
        "measured_record_bytes": many["record"],
        "pool_seconds_per_task": _pool(),
        "dask_seconds_per_task": _dask(),
        "attempts_memory_per_example": (b["memory"] - a["memory"]) / (_MANY_DRAWS - _FEW_DRAWS),
        "attempts_bytes_per_example": b["bytes"] / _MANY_DRAWS,
        **_questions(),
    }


def _in_a_process(function: str, size: int) -> dict[str, Any]:
    code = f"from benchmarks.scaling.ends import {function}; {function}({size})"
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _hash_rate() -> float:
    """Bytes of digests a second, by the very function."""
    piece = bytes(2**20)
    started = time.process_time()
    fingerprint(piece for _ in range(256))
    return 256 * 2**20 / (time.process_time() - started)


def _tones(shards: int) -> Any:
    """Many shards of few clips with fourteen factors."""
    changes = [("design.size", shards * _ROWS), ("splits", {"train": 1.0}), ("output.shard_size", _ROWS)]
    return load_recipe("syntone_plus", changes)


def work_finish(shards: int) -> None:
    """Print seconds and memory of the last step of a dataset of many shards."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "data"
        recipe = _tones(shards)
        command = (
            "from benchmarks.scaling.ends import work_shards; import sys; work_shards(int(sys.argv[1]), sys.argv[2])"
        )
        subprocess.run([sys.executable, "-c", command, str(shards), str(out)], check=True)
        records = list((out / ".synthkit" / "shards").glob("*.json"))
        size = sum(path.stat().st_size for path in records) / len(records)
        started = time.process_time()
        build(recipe, out, workers=1)
        seconds = time.process_time() - started
    memory = peak_memory()
    print(json.dumps({"shards": len(records), "seconds": seconds, "memory": memory, "record": size}))


def work_shards(shards: int, out: str) -> None:
    """Make the shards that `work_finish` finishes, in another process, whose memory does not count."""
    build_up_to_the_end(_tones(shards), Path(out))


def _record_bytes() -> float:
    """Bytes of the record of a whole shard of clips."""
    recipe = load_recipe("syntone_plus", [("design.size", _WHOLE), ("splits", {"train": 1.0})])
    with tempfile.TemporaryDirectory() as folder:
        build_up_to_the_end(recipe, Path(folder) / "data")
        (record,) = (Path(folder) / "data" / ".synthkit" / "shards").glob("*.json")
        return float(record.stat().st_size)


def work_attempts(size: int) -> None:
    """Print the memory of a process that searches the draws of many texts, and the bytes of what it finds."""
    changes: list[tuple[str, Any]] = [("splits", {"train": 1.0}), ("design.size", size), ("design.limit", None)]
    found = prepare(load_recipe("listops_spinn", changes)).search(1).all()
    stored = len(found.to_parquet())
    print(json.dumps({"memory": peak_memory(), "bytes": stored}))


def nothing(number: int) -> int:
    """A task without work."""
    return number


def _handed(pool: Executor, count: int) -> float:
    """Seconds of CPU of this process for each of some tasks, a window of them at a time."""
    list(pool.map(nothing, range(_WINDOW)))
    started = time.process_time()
    for first in range(0, count, _WINDOW):
        for future in [pool.submit(nothing, number) for number in range(first, first + _WINDOW)]:
            future.result()
    return (time.process_time() - started) / count


def _pool() -> float:
    with process_pool(1) as pool:
        return _handed(pool, 32 * _WINDOW)


def _dask() -> float:
    """Scheduler, client and a worker of Dask in this one process: all their CPU, so more than a scheduler's alone."""
    from distributed import Client

    with Client(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as client:
        return _handed(client.get_executor(pure=False), 32 * _WINDOW)


def _questions() -> dict[str, float]:
    """Bytes of the questions of a recipe that asks a language model, and the most that it may say."""
    recipe = load_recipe("anli_informed_reasoning", smoke=True)
    prepared = prepare(recipe)
    generator: Any = prepared.generator
    asked = [dialogue for rows in prepared.everything() for dialogue in generator.dialogues(rows)]
    sizes = [sum(len(text.encode()) for _, text in dialogue.question.messages) for dialogue in asked]
    settings: Any = recipe.params["llm"]
    return {"question_bytes": sum(sizes) / len(sizes), "answer_tokens": float(settings["max_tokens"])}
