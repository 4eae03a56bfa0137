"""What `docs/scaling.md` says is what was measured and what follows; the formula holds against a real build."""

from __future__ import annotations

import json
from dataclasses import replace
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scaling.cases import CASES
from benchmarks.scaling.events import simulated_make
from benchmarks.scaling.pages import PAGE, section, written
from benchmarks.scaling.plans import PLANS, job_of, planned, schedules
from benchmarks.scaling.records import Cluster, Finish, Job, Prices
from benchmarks.scaling.schedule import DIGEST, requests, schedule, task_seconds, whole_make
from synthkit.recipe.load import from_data, recipe_names
from synthkit.run import build, prepare
from synthkit.run.tasks import shard_tasks

RESULTS = json.loads((Path(__file__).resolve().parent.parent / "benchmarks" / "results" / "scaling.json").read_text())
FINISH = Finish(hashed=1e9, shard=1e-4, memory=1e4)

jobs = st.builds(
    lambda shards, rows, seconds, bytes, search: Job(shards * rows, shards, seconds, bytes, search, record=1500.0),
    st.integers(1, 3000),
    st.integers(1, 10_000),
    st.floats(1e-6, 1e-1),
    st.floats(50, 1e5),
    st.floats(0, 1e-4),
)
clusters = st.builds(
    Cluster,
    st.integers(1, 500),
    start=st.floats(0, 100),
    hand_out=st.floats(0, 0.1),
    worker_rate=st.floats(1e6, 1e9),
    store_rate=st.floats(1e7, 1e11),
    latency=st.floats(0, 0.2),
)


def test_the_page_says_what_was_measured():
    assert PAGE.read_text() == written(PAGE.read_text(), RESULTS), "python -m benchmarks.scaling --write-docs"


def test_a_changed_result_changes_the_page():
    changed = json.loads(json.dumps(RESULTS))
    changed["cases"][0]["bytes"] *= 3
    assert section(written(PAGE.read_text(), changed), "costs") != section(PAGE.read_text(), "costs")


def test_a_page_without_a_section_is_refused():
    with pytest.raises(ValueError, match="0 sections named 'costs'"):
        written("# Nothing", RESULTS)


def test_every_case_was_measured_and_is_a_recipe():
    assert [case["recipe"] for case in RESULTS["cases"]] == [case.recipe for case in CASES]
    assert {case.recipe for case in CASES} <= set(recipe_names())
    for case in RESULTS["cases"]:
        assert case["seconds"] > 0, case
        assert case["bytes"] > 0, case
        assert case["memory"] > 20e6, case
    assert all(value > 0 for value in RESULTS["ends"].values()), RESULTS["ends"]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.title)
def test_the_shards_are_those_that_the_build_would_cut(plan):
    examples, shards = planned(plan)
    assert examples == plan.examples
    assert RESULTS["plans"][plan.title] == {"examples": examples, "shards": shards}


@given(jobs, clusters)
def test_twice_the_workers_never_take_longer(job, cluster):
    more = replace(cluster, workers=2 * cluster.workers)
    assert whole_make(job, more).seconds <= whole_make(job, cluster).seconds
    assert schedule(job, more, FINISH, Prices()).seconds <= schedule(job, cluster, FINISH, Prices()).seconds


@given(jobs, clusters, st.integers(2, 5))
def test_bytes_are_neither_lost_nor_gained(job, cluster, times):
    """Of several jobs as of one; whatever the workers."""
    one = schedule(job, cluster, FINISH, Prices())
    many = replace(job, examples=times * job.examples, shards=times * job.shards)
    whole = schedule(many, replace(cluster, workers=cluster.workers + 3), FINISH, Prices())
    assert one.bytes == job.examples * job.bytes
    assert whole.bytes == pytest.approx(times * one.bytes)
    assert whole.state_bytes == pytest.approx(times * one.state_bytes)
    assert whole.dollars["storage"] == pytest.approx(times * one.dollars["storage"])


@given(jobs, clusters)
def test_requests_are_a_sum(job, cluster):
    asked = requests(job, cluster)
    assert asked.total == asked.put + asked.get + asked.list + asked.delete
    size = job.examples / job.shards * job.bytes
    uploads = 1 if size <= cluster.part else ceil(size / cluster.part) + 2
    assert asked.put == job.shards * (uploads + 2) + 5
    paid = schedule(job, cluster, FINISH, Prices(put_thousand=1000.0, get_thousand=0.0)).dollars["requests"]
    assert paid == pytest.approx(asked.put + asked.list)


@given(jobs, clusters)
@settings(max_examples=60)
def test_events_agree_with_the_formula(job, cluster):
    """Never sooner than the formula; later by no more than filling and emptying the line takes."""
    formula, events = whole_make(job, cluster).seconds, simulated_make(job, cluster)
    assert events >= formula * (1 - 1e-9)
    busy = min(cluster.workers, job.shards)
    sent = job.examples / job.shards * (job.bytes + DIGEST) / cluster.store_rate
    slack = 2 * (task_seconds(job, cluster) + busy * (cluster.hand_out + sent))
    if formula - cluster.start > 20 * slack:
        assert events - cluster.start <= 1.1 * (formula - cluster.start)
    else:
        assert events <= formula + (job.shards / busy + 2) * slack


@pytest.mark.parametrize(
    ("cluster", "bottleneck"),
    [
        (Cluster(10, hand_out=1e-4), "computing"),
        (Cluster(10, hand_out=1e-4, worker_rate=1e6), "upload of a worker"),
        (Cluster(1000, hand_out=1e-4, store_rate=1e6), "store"),
        (Cluster(1000, hand_out=10.0), "scheduler"),
    ],
)
def test_what_is_scarce_is_what_is_waited_for(cluster, bottleneck):
    job = Job(10**6, 1000, 1e-3, 3e4)
    assert whole_make(job, cluster).bottleneck == bottleneck
    formula, events = whole_make(job, cluster).seconds, simulated_make(job, cluster)
    assert formula <= events <= 1.1 * formula


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.title)
def test_events_agree_on_the_plans_of_the_page(plan):
    """With a tenth of the shards and of the workers, for time's sake."""
    job = job_of(plan, RESULTS, RESULTS["plans"][plan.title]["shards"])
    small = replace(job, examples=job.examples // 10, shards=job.shards // 10)
    for workers in (16, 128, 819):
        cluster = Cluster(workers, hand_out=RESULTS["ends"]["dask_seconds_per_task"])
        formula, events = whole_make(small, cluster).seconds, simulated_make(small, cluster)
        assert formula <= events * (1 + 1e-9)
        assert events <= 1.05 * formula + task_seconds(small, cluster)


@pytest.mark.parametrize("plan", PLANS[:2], ids=lambda plan: plan.title)
def test_the_bottleneck_moves(plan):
    """From what each worker does to what one machine does for all, as the page says."""
    few, *_, many = schedules(plan, RESULTS).values()
    assert few.bottleneck in ("computing", "upload of a worker")
    assert many.bottleneck in ("store", "scheduler", "finish: one machine")
    assert many.seconds < few.seconds / 5


def test_a_real_build_asks_a_store_as_often_as_is_said(data, monkeypatch):
    """Of a store in memory, whose calls are counted; a small shard is one upload and no parts."""
    from fsspec.implementations.memory import MemoryFileSystem

    counts = {"put": 0, "get": 0}

    def counted(name, kind):
        real = getattr(MemoryFileSystem, name)

        def call(self, path, *more, **options):
            counts[kind] += "shards-of-mine/data" in f"{path}{more}" or "/.synthkit/shards/" in f"{path}{more}"
            return real(self, path, *more, **options)

        monkeypatch.setattr(MemoryFileSystem, name, call)

    for name, kind in (("pipe_file", "put"), ("put_file", "put"), ("cat_file", "get")):
        counted(name, kind)
    recipe = from_data({**data, "output": {"shard_size": 5}}, "tiny")
    prepared = prepare(recipe)
    shards = len(shard_tasks(prepared, "x"))
    assert shards == 14
    build(recipe, "memory://shards-of-mine", workers=1)
    said = requests(Job(60, shards, 1e-3, 900.0), Cluster(1))
    assert counts["put"] == said.put - 5
    assert counts["get"] == said.get


def test_the_plan_fetches_as_many_at_a_time_as_the_program():
    from synthkit.storage import remote

    assert Cluster(1).at_once == remote._AT_ONCE
