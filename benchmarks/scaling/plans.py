"""The datasets that are thought through: 10^9 clips, 10^8 utterances, 10^9 texts, as synthkit itself plans them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from benchmarks.scaling.records import Cluster, Finish, Job, Prices, Schedule
from benchmarks.scaling.schedule import schedule
from synthkit.recipe.load import load_recipe
from synthkit.run import prepare
from synthkit.run.tasks import shard_tasks

__all__ = ["PLANS", "WORKERS", "Planned", "finish_of", "job_of", "planned", "schedules"]

WORKERS = (16, 128, 1024, 8192)


@dataclass(frozen=True)
class Planned:
    """A dataset that nobody has made.

    Attributes:
        title: For people.
        recipe: The recipe that it is made of.
        cost: The measured recipe whose cost an example has.
        examples: How many.
        changes: What makes the recipe so large, as ``--set``.
        reads: Small objects that a task reads.
    """

    title: str
    recipe: str
    cost: str
    examples: int
    changes: tuple[tuple[str, Any], ...]
    reads: int = 0


PLANS = (
    Planned("10^9 clips", "syntone_plus", "syntone_plus", 10**9, (("design.size", 10**9),)),
    Planned(
        "10^8 utterances",
        "synspeech_small",
        "synspeech_small",
        10**8,
        (
            ("factors.speaker.high", 1999),
            ("factors.text.high", 9999),
            ("params.texts.count", 10_000),
            ("design.limit", 10**8),
        ),
        reads=1,  # the engine that the build was begun with
    ),
    Planned(
        "10^9 texts",
        "listops_spinn",
        "listops_spinn",
        10**9,
        (("design.size", 10**9), ("design.limit", None)),
    ),
)


@lru_cache(maxsize=len(PLANS))
def planned(plan: Planned) -> tuple[int, int]:
    """Examples and shards as the build itself would cut them; nothing is made."""
    prepared = prepare(load_recipe(plan.recipe, plan.changes))
    return prepared.plan.num_examples, len(shard_tasks(prepared, "nowhere"))


def job_of(plan: Planned, results: Mapping[str, Any], shards: int) -> Job:
    """A plan with its measured cost."""
    (cost,) = (case for case in results["cases"] if case["recipe"] == plan.cost)
    record = results["ends"]["record_bytes"]
    return Job(plan.examples, shards, cost["seconds"], cost["bytes"], cost["search"], record, plan.reads)


def finish_of(results: Mapping[str, Any]) -> Finish:
    """What the last step costs, as measured."""
    ends = results["ends"]
    return Finish(ends["hash_bytes_per_second"], ends["finish_seconds_per_shard"], ends["finish_memory_per_shard"])


def schedules(plan: Planned, results: Mapping[str, Any]) -> dict[int, Schedule]:
    """Schedules by workers, at the prices and rates that the results name."""
    job, finish = job_of(plan, results, results["plans"][plan.title]["shards"]), finish_of(results)
    given, prices = results["inputs"]["cluster"], Prices(**results["inputs"]["prices"])
    hand_out = results["ends"]["dask_seconds_per_task"]
    return {workers: schedule(job, Cluster(workers, hand_out=hand_out, **given), finish, prices) for workers in WORKERS}
