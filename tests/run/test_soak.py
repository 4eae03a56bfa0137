"""A build on Dask into S3 under random kills of its parts, beside a store that fails now and then.

A few kills in the tests; `make soak` sets SYNTHKIT_SOAK_SECONDS.
"""

import os
import random
import subprocess
import sys
import time

from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify

SECONDS = float(os.environ.get("SYNTHKIT_SOAK_SECONDS", "0"))
LEAST_KILLS = 3
SETS = ["design.size=500", 'splits={"train": 400, "test": 100}', "params.duration=4.0", "output.shard_size=5"]


class Soak:
    """One build, with all that takes part in it."""

    def __init__(self, start_cluster, url, moments):
        self.start_cluster, self.url, self.moments = start_cluster, url, moments
        self.cluster = start_cluster()
        self.kills = dict.fromkeys(("worker", "build", "scheduler"), 0)
        self.run = self.start()

    def start(self):
        sets = [word for text in SETS for word in ("--set", text)]
        command = [sys.executable, "-m", "synthkit", "generate", "syntone_small", "--out", self.url, *sets]
        command += ["--executor", "dask", "--scheduler", self.cluster.address]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def kill(self):
        victim = self.moments.choice(("worker", "worker", "build", "scheduler"))
        self.kills[victim] += 1
        if victim == "worker":
            which = self.moments.randrange(len(self.cluster.workers))
            self.cluster.workers[which].kill()
            self.cluster.workers[which].wait(120)
            self.cluster.workers[which] = self.cluster.add_worker()
        elif victim == "build":
            self.run.kill()
        else:
            self.cluster.close()
            self.cluster = self.start_cluster()

    def finish(self, least_kills, last):
        """Kill and start again until a build comes to its end; returns its output."""
        end = max(last, time.monotonic()) + 900
        while True:
            assert time.monotonic() < end, "the build does not end"
            try:
                out, error = self.run.communicate(timeout=self.moments.uniform(0.5, 6))
            except subprocess.TimeoutExpired:
                if time.monotonic() < last or sum(self.kills.values()) < least_kills:
                    self.kill()
                continue
            if self.run.returncode == 0:
                return out
            # Whatever ended it said so, or was a kill; a traceback of ours would be a bug.
            assert self.run.returncode in (1, -9), error
            assert self.run.returncode == -9 or "run the same command to go on" in error, error
            self.run = self.start()


def test_random_kills_of_a_build_on_dask_into_s3(cluster, store, tmp_path):
    expected = build(load_recipe("syntone_small", SETS), tmp_path / "local").fingerprint
    wanted = {p.relative_to(tmp_path / "local").as_posix() for p in (tmp_path / "local").rglob("*") if p.is_file()}
    started = time.monotonic()
    total, round = 0, 0
    while round == 0 or time.monotonic() - started < SECONDS:
        url = f"s3://{store.bucket}/soak/{round}"
        store.faults(every=83, drop=211)
        soak = Soak(cluster, url, random.Random(round))
        out = soak.finish(LEAST_KILLS, started + SECONDS - 60 if SECONDS else 0)
        soak.cluster.close()
        store.faults()
        assert out.splitlines()[-1] == f"fingerprint {expected}"
        assert {name.removeprefix(f"soak/{round}/") for name in store.names(f"soak/{round}/")} == wanted
        assert store.uploads() == []
        report = verify(url)
        assert report.ok, report.problems
        assert report.fingerprint == expected
        total += sum(soak.kills.values())
        print(f"round {round}: {soak.kills}, {time.monotonic() - started:.0f} s")
        round += 1
    print(f"{total} kills in {round} builds: nothing lost")
    assert total >= LEAST_KILLS
