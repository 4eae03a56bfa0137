"""What the tests of builds share."""

import sys
import time
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from dask_cluster import Cluster


@pytest.fixture
def wait_for_workers():
    """Waits for the two workers of a build's process; its third child is multiprocessing's resource tracker."""

    def wait(process):
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline and process.poll() is None:
            children = psutil.Process(process.pid).children()
            found = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
            if len(found) == 2:
                return found
            time.sleep(0.005)
        raise AssertionError("no workers came")

    return wait


@pytest.fixture
def assert_gone():
    """Checks that processes end by themselves."""

    def check(processes):
        _, alive = psutil.wait_procs(processes, timeout=180)  # one may still be importing
        assert not alive

    return check


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """Starts a cluster: ``cluster(workers=2)``."""
    monkeypatch.setattr("synthkit.run.cluster._SECONDS_FOR_WORKERS", 180)  # they start while others work
    started = []

    def start(workers=2):
        folder = tmp_path / f"cluster-{len(started)}"
        folder.mkdir()
        started.append(Cluster(folder, workers))
        return started[-1]

    yield start
    for found in started:
        found.close()
