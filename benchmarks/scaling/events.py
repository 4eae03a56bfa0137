"""The same work event by event: a scheduler, workers and a store, each doing one thing after the other."""

from __future__ import annotations

import heapq
from dataclasses import replace

from benchmarks.scaling.records import Cluster, Job
from benchmarks.scaling.schedule import DIGEST, pieces_of, task_seconds

__all__ = ["simulated_make"]


def simulated_make(job: Job, cluster: Cluster) -> float:
    """Seconds until the last shard is in the store.

    The scheduler hands out tasks ahead of time, one after the other; the worker that is free first takes the next one,
    makes its shard and sends each part while the next is made, at its own rate at best; all bytes pass the store in
    turn.
    """
    free = [cluster.start] * cluster.workers
    heapq.heapify(free)
    scheduler = store = last = cluster.start
    bytes = job.examples / job.shards * (job.bytes + DIGEST)
    pieces = pieces_of(job, cluster)
    computing = job.examples / job.shards * job.seconds
    requests = task_seconds(replace(job, seconds=0.0), replace(cluster, worker_rate=float("inf")))
    for _ in range(job.shards):
        scheduler += cluster.hand_out
        begins = max(scheduler, heapq.heappop(free))
        made = sent = begins
        for _ in range(pieces):
            made += computing / pieces
            sent = max(sent, made) + bytes / pieces / cluster.worker_rate
        store = max(store, begins + computing / pieces) + bytes / cluster.store_rate
        done = max(sent + requests, store)
        heapq.heappush(free, done)
        last = max(last, done)
    return last
