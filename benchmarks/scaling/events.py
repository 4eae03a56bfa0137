"""The same work event by event: a scheduler, workers and a store, each doing one thing after the other."""

from __future__ import annotations

import heapq

from benchmarks.scaling.records import Cluster, Job
from benchmarks.scaling.schedule import DIGEST, task_seconds

__all__ = ["simulated_make"]


def simulated_make(job: Job, cluster: Cluster) -> float:
    """Seconds until the last shard is in the store.

    The scheduler hands out tasks ahead of time, one after the other; the worker that is free first takes the next one,
    makes its shard and sends it, at its own rate at best; all bytes pass the store in turn.
    """
    free = [cluster.start] * cluster.workers
    heapq.heapify(free)
    scheduler = store = last = cluster.start
    bytes = job.examples / job.shards * (job.bytes + DIGEST)
    alone = task_seconds(job, cluster)
    computing = job.examples / job.shards * job.seconds
    for _ in range(job.shards):
        scheduler += cluster.hand_out
        begins = max(scheduler, heapq.heappop(free))
        store = max(store, begins + computing) + bytes / cluster.store_rate
        done = max(begins + alone, store)
        heapq.heappush(free, done)
        last = max(last, done)
    return last
