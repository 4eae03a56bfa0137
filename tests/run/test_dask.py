"""Builds on workers of Dask: the local fingerprint, whatever happens to a worker or the scheduler."""

import os
import signal
import subprocess
import sys

import pytest
from dask_cluster import wait_for

from synthkit.errors import InputError, WorkError
from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify
from synthkit.run.cluster import dask_executor, open_executor

TONES = ["design.size=90", 'splits={"train": 70, "test": 20}', "params.duration=0.05", "output.shard_size=10"]
LONG = ["design.size=500", 'splits={"train": 500}', "params.duration=8.0", "output.shard_size=5"]


def tones(*sets):
    return load_recipe("syntone_small", [*TONES, *sets])


def words(sets):
    return [word for text in sets for word in ("--set", text)]


def generate(*arguments):
    command = [sys.executable, "-m", "synthkit", "generate", "syntone_small", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_workers_of_this_machine(tmp_path):
    local = build(tones(), tmp_path / "local", workers=1)
    run = generate("--out", tmp_path / "d", "--executor", "dask", "--workers", "2", *words(TONES))
    out, error = run.communicate(timeout=300)
    assert run.returncode == 0, error
    assert out.splitlines()[-1] == f"fingerprint {local.fingerprint}"
    assert verify(tmp_path / "d", regenerate=2).ok
    assert "Traceback" not in error


def test_a_scheduler_of_a_cluster_and_a_bucket(cluster, store, tmp_path):
    """Workers that know the recipe's text and a URL, and nothing else of this process."""
    found = cluster()
    with dask_executor(found.address) as executor:
        made = build(tones(), store.url, executor)
    assert made.made == 90
    assert made.fingerprint == build(tones(), tmp_path / "d", workers=1).fingerprint
    assert verify(store.url).ok


def test_equal_calls_are_no_one_call(cluster, tmp_path):
    """Dask takes equal calls for one; a build into two directories must write both."""
    found = cluster(1)
    with dask_executor(found.address) as executor:
        assert executor.submit(os.getpid).result(180) == executor.submit(os.getpid).result(180)
        first = build(tones(), tmp_path / "a", executor)
        for path in (tmp_path / "a").rglob("*.parquet"):
            path.unlink()
        for path in [tmp_path / "a/SHA256SUMS"]:
            path.unlink()
        again = build(tones(), tmp_path / "a", executor)
    assert (again.fingerprint, again.made) == (first.fingerprint, 90)


def test_a_worker_that_is_killed_loses_nothing(cluster, tmp_path):
    found = cluster()
    out = tmp_path / "d"
    run = generate("--out", out, "--executor", "dask", "--scheduler", found.address, *words(LONG))
    wait_for(lambda: len(list((out / ".synthkit/shards").glob("*.json"))) >= 3 or run.poll() is not None)
    found.workers[0].send_signal(signal.SIGKILL)
    text, error = run.communicate(timeout=300)
    assert run.returncode == 0, error
    expected = build(load_recipe("syntone_small", LONG), tmp_path / "local")
    assert text.splitlines()[-1] == f"fingerprint {expected.fingerprint}"
    assert verify(out).ok
    assert not list(out.rglob(".tmp-*"))


def test_a_scheduler_that_is_lost(cluster, tmp_path):
    found = cluster()
    out = tmp_path / "d"
    run = generate("--out", out, "--executor", "dask", "--scheduler", found.address, *words(LONG))
    wait_for(lambda: len(list((out / ".synthkit/shards").glob("*.json"))) >= 3 or run.poll() is not None)
    found.scheduler.send_signal(signal.SIGKILL)
    _, error = run.communicate(timeout=300)
    assert run.returncode == 1
    assert "the workers or their scheduler are gone" in error
    assert "run the same command to go on" in error
    assert "Traceback (most recent call last)" not in error.partition("synthkit: ")[2]
    kept = len(list((out / ".synthkit/shards").glob("*.json")))
    assert kept >= 3
    again = cluster()
    run = generate("--out", out, "--executor", "dask", "--scheduler", again.address, *words(LONG))
    text, error = run.communicate(timeout=300)
    assert run.returncode == 0, error
    assert "were there from an earlier run" in text
    assert verify(out).ok


def test_no_scheduler_there(monkeypatch):
    monkeypatch.setattr("synthkit.run.cluster._SECONDS_TO_CONNECT", 1)
    nobody = "no Dask scheduler answers there"
    with pytest.raises(WorkError, match=f"--scheduler tcp://127.0.0.1:9: {nobody}"), dask_executor("tcp://127.0.0.1:9"):
        pass
    with pytest.raises(WorkError, match="no Dask scheduler answers there"), dask_executor("nonsense"):
        pass


def test_a_scheduler_without_workers(cluster, monkeypatch):
    monkeypatch.setattr("synthkit.run.cluster._SECONDS_FOR_WORKERS", 1)
    found = cluster(0)
    with (
        pytest.raises(WorkError, match="has no workers; start some with `dask worker tcp:"),
        dask_executor(found.address),
    ):
        pass


def test_workers_with_another_synthkit_are_refused(cluster, monkeypatch):
    found = cluster(1)
    monkeypatch.setattr("synthkit.run.cluster.version", lambda _: "999.0")
    told = r"workers with another synthkit than 999.0 here: tcp://.* has "
    with pytest.raises(InputError, match=told), dask_executor(found.address):
        pass


def test_workers_that_write_elsewhere_are_told(tmp_path):
    """A worker's own disk is not this process's."""
    from concurrent.futures import Executor, Future

    from synthkit.run.tasks import ShardDone

    class Elsewhere(Executor):
        def submit(self, _fn, task):
            future = Future()
            future.set_result(ShardDone(task.name.stem, task.rows, 1))
            return future

    with pytest.raises(WorkError, match="put --out on a shared disk or into a bucket"):
        build(tones(), tmp_path / "d", Elsewhere())


def test_options_that_do_not_go_together():
    with (
        pytest.raises(InputError, match="a scheduler that is there has its own workers"),
        open_executor("dask", "tcp://a:1", 2),
    ):
        pass


def test_without_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    told = r"needs dask.distributed: pip install 'synthkit\[cluster\]'"
    with pytest.raises(InputError, match=told), dask_executor():
        pass


def test_mpi(tmp_path):
    """Three ranks: one that builds, two that make shards."""
    expected = build(tones(), tmp_path / "local", workers=1).fingerprint
    program = ["-m", "mpi4py.futures", "-m", "synthkit", "generate", "syntone_small", "--out", tmp_path / "d"]
    mpiexec = os.path.join(os.path.dirname(sys.executable), "mpiexec")
    allowed = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    command = [mpiexec, "-n", "3", sys.executable, *map(str, program), "--executor", "mpi", *words(TONES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env={**os.environ, **allowed})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"fingerprint {expected}"
    assert verify(tmp_path / "d").ok
