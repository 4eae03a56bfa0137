"""What goes into a schedule and what comes out of it: plain numbers with units."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Cluster", "Finish", "Job", "Phase", "Prices", "Requests", "Schedule"]


@dataclass(frozen=True)
class Job:
    """A dataset to be made.

    Attributes:
        examples: How many.
        shards: Tasks, one a shard.
        seconds: CPU seconds an example on one core.
        bytes: Bytes an example in the shards, all included.
        search: Seconds an example of the search for draws that count, on one machine; 0 where there is none.
        record: Bytes of the record of one shard (JSON).
        reads: Small objects that a task reads.
    """

    examples: int
    shards: int
    seconds: float
    bytes: float
    search: float = 0.0
    record: float = 0.0
    reads: int = 0


@dataclass(frozen=True)
class Cluster:
    """What works on it. Rates are bytes a second.

    Attributes:
        workers: Processes, one a core.
        start: Seconds until the last worker begins.
        hand_out: Seconds of the scheduler for one task, one after the other.
        worker_rate: What one worker can send.
        store_rate: What the store takes in all.
        latency: Seconds of a small request.
        at_once: Small requests at a time when finishing.
        part: Bytes of one part of an upload.
        page: Objects of one page of a listing, and of one deletion.
    """

    workers: int
    start: float = 60.0
    hand_out: float = 0.002
    worker_rate: float = 50e6
    store_rate: float = 10e9
    latency: float = 0.05
    at_once: int = 64
    part: float = 16 * 2**20
    page: int = 1000


@dataclass(frozen=True)
class Finish:
    """What the last step costs on its one machine.

    Attributes:
        hashed: Bytes of digests hashed a second.
        shard: Seconds a shard: its record is read and parsed, and told in card, manifest, Croissant and sums.
        memory: Bytes of memory a shard.
        rate: Bytes a second that it can fetch.
    """

    hashed: float
    shard: float
    memory: float
    rate: float = 500e6


@dataclass(frozen=True)
class Prices:
    """US dollars. Inputs, not facts: check yours."""

    core_hour: float = 0.04
    put_thousand: float = 0.005
    get_thousand: float = 0.0004
    gigabyte_month: float = 0.023
    prompt_million: float = 0.15
    completion_million: float = 0.60


@dataclass(frozen=True)
class Requests:
    """Requests to the store by kind; a listing costs what a PUT costs, a deletion nothing."""

    put: int
    get: int
    list: int
    delete: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.put + self.get + self.list + self.delete


@dataclass(frozen=True)
class Phase:
    """One part of the work, and the seconds that each resource alone would need for it; the longest counts."""

    name: str
    bounds: dict[str, float]

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return max(self.bounds.values())

    @property
    def bottleneck(self) -> str:
        """What it waits for."""
        return max(self.bounds, key=lambda name: self.bounds[name])


@dataclass(frozen=True)
class Schedule:
    """What a dataset would take.

    Attributes:
        phases: ``search``, ``make``, ``finish``, one after the other.
        bytes: In the store when it is finished.
        state_bytes: In the store beside it until then.
        requests: All requests to the store.
        finish_memory: Bytes of memory of the last step.
        cpu_hours: Core hours that are worked; cores that wait for others are paid as well.
        dollars: ``cores``, ``requests``, ``storage`` (a month).
    """

    phases: tuple[Phase, ...]
    bytes: float
    state_bytes: float
    requests: Requests
    finish_memory: float
    cpu_hours: float
    dollars: dict[str, float]

    @property
    def seconds(self) -> float:
        """From start to fingerprint."""
        return sum(phase.seconds for phase in self.phases)

    @property
    def bottleneck(self) -> str:
        """What the longest phase waits for."""
        longest = max(self.phases, key=lambda phase: phase.seconds)
        return longest.bottleneck if longest.name == "make" else f"{longest.name}: {longest.bottleneck}"
