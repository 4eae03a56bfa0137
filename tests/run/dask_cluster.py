"""A Dask cluster of processes on loopback."""

import json
import os
import subprocess
import sys
import time


def wait_for(condition, seconds=180):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.02)


class Cluster:
    """A scheduler and workers, each a process of its own, as on a cluster."""

    def __init__(self, folder, workers):
        self.folder = folder
        self._env = {
            **os.environ,
            "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False",
            "DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE": "False",  # one that pauses takes no task, and says nothing
            "DASK_DISTRIBUTED__SCHEDULER__NO_WORKERS_TIMEOUT": "300s",  # else tasks wait for ever for workers that died
        }
        file = folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file
        )
        wait_for(lambda: file.exists() and file.read_text().rstrip().endswith("}"))  # it is not written at once
        self.address = json.loads(file.read_text())["address"]
        self.workers = [self.add_worker() for _ in range(workers)]

    def _start(self, what, *arguments):
        command = [sys.executable, "-m", "distributed.cli.dask_" + what, *map(str, arguments)]
        return subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self._env, cwd=self.folder
        )

    def add_worker(self):
        return self._start(
            "worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"
        )

    def close(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait(120)
