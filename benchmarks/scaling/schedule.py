"""How long a dataset takes, in closed form: each resource alone would need so long; the longest counts."""

from __future__ import annotations

from math import ceil

from benchmarks.scaling.records import Cluster, Finish, Job, Phase, Prices, Requests, Schedule

__all__ = ["DIGEST", "pieces_of", "requests", "schedule", "task_seconds", "whole_make"]

DIGEST = 32
_FILES = 5  # README, croissant.json, recipe.json, manifest.json, SHA256SUMS
_SMALL_PER_TASK = 2  # digests and record of a shard, put one after the other


def task_seconds(job: Job, cluster: Cluster) -> float:
    """Seconds of a worker for one task: it makes a shard, and sends each part of it while the next is made."""
    rows, pieces = job.examples / job.shards, pieces_of(job, cluster)
    made, sent = rows * job.seconds, rows * (job.bytes + DIGEST) / cluster.worker_rate
    # Parts are sent several at a time: a beginning, one of them and an end wait for one another.
    turns = min(_parts(job, cluster), 3) + _SMALL_PER_TASK + job.reads
    return max(made + sent / pieces, made / pieces + sent) + turns * cluster.latency


def pieces_of(job: Job, cluster: Cluster) -> int:
    """Parts that a shard is sent in; one that fits into one part is sent when it is finished."""
    return max(ceil(job.bytes * job.examples / job.shards / cluster.part), 1)


def whole_make(job: Job, cluster: Cluster) -> Phase:
    """All shards: waves of tasks over the workers, the store's rate, the scheduler."""
    waves = ceil(job.shards / cluster.workers)
    rows = job.examples / job.shards
    computing = rows * job.seconds
    one = task_seconds(job, cluster)
    name = "computing" if 2 * computing >= one else "upload of a worker"
    return Phase(
        "make",
        {
            name: cluster.start + waves * one,
            "store": cluster.start + job.examples * (job.bytes + DIGEST) / cluster.store_rate,
            "scheduler": cluster.start + job.shards * cluster.hand_out,
        },
    )


def _parts(job: Job, cluster: Cluster) -> int:
    """Requests of one shard's upload: one, or a beginning, its parts and an end."""
    pieces = pieces_of(job, cluster)
    return 1 if pieces == 1 else pieces + 2


def _finish(job: Job, cluster: Cluster, finish: Finish) -> Phase:
    """One machine reads all records and digests, hashes, writes the last files, and removes the state."""
    small = job.shards * cluster.latency / cluster.at_once
    pages = 3 * job.shards / cluster.page * cluster.latency
    digests = job.examples * DIGEST
    fetched = max(small, digests / finish.rate) + digests / finish.hashed
    records = max(small, job.shards * job.record / finish.rate) + job.shards * finish.shard
    deleted = 2 * job.shards / cluster.page * cluster.latency
    total = fetched + records + pages + deleted + _FILES * cluster.latency
    return Phase("finish", {"one machine": total})


def requests(job: Job, cluster: Cluster) -> Requests:
    """Requests to the store: of the shards, and of the last step."""
    puts = job.shards * (_parts(job, cluster) + _SMALL_PER_TASK) + _FILES
    pages = ceil(job.shards / cluster.page)
    # Before and after the work the state and the data are listed; the state has two objects a shard.
    return Requests(puts, (2 + job.reads) * job.shards, 3 * pages, 2 * pages)


def schedule(job: Job, cluster: Cluster, finish: Finish, prices: Prices) -> Schedule:
    """Hours, bytes, requests and money of a dataset."""
    search = Phase("search", {"one machine": job.examples * job.search})
    phases = (search, whole_make(job, cluster), _finish(job, cluster, finish))
    asked = requests(job, cluster)
    stored = job.examples * job.bytes
    hours = (cluster.workers * phases[1].seconds + search.seconds + phases[2].seconds) / 3600
    dollars = {
        "cores": hours * prices.core_hour,
        "requests": (asked.put + asked.list) / 1000 * prices.put_thousand + asked.get / 1000 * prices.get_thousand,
        "storage": stored / 1e9 * prices.gigabyte_month,
    }
    return Schedule(
        phases,
        stored,
        job.examples * DIGEST + job.shards * job.record,
        asked,
        job.shards * finish.memory,
        job.examples * (job.seconds + job.search) / 3600,
        dollars,
    )
