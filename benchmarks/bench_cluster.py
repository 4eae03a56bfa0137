"""Builds on Dask and uploads to S3, against the process pool and boto3's own transfers in the same run.

Expected: Dask's scheduler takes about 3 ms a task and a task of `syntone` makes 130 MB, so that nothing of it shows;
the upload is bound by the service, ours and boto3's send the same parts. The service is moto's, on loopback, in a
process of its own: it hashes all that it takes, and says nothing of what a real one would do.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from benchmarks.table import Row, alternating
from synthkit.recipe.load import load_recipe
from synthkit.run import build
from synthkit.run.cluster import dask_executor
from synthkit.run.executors import process_pool
from synthkit.storage import open_root
from synthkit.storage.remote import ObjectStorage

__all__ = ["run"]

_WORKERS = 2
_ROUNDS = 3


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Check and time; returns the table's title and rows."""
    with tempfile.TemporaryDirectory() as folder:
        return "cluster and storage", [
            _dask(Path(folder), smoke=smoke),
            *_upload(Path(folder), (40 if smoke else 256) * 2**20),
            _help(2 if smoke else 7),
        ]


def _dask(folder: Path, *, smoke: bool) -> Row:
    """Both with workers that have started and have imported everything; rounds in turn."""
    recipe = load_recipe("syntone_small" if smoke else "syntone", ["output.shard_size=50" if smoke else "seed=0"])
    warm = load_recipe("syntone_small", ["output.shard_size=50"])
    seconds: dict[str, list[float]] = {"pool": [], "dask": []}
    fingerprints = set()
    with process_pool(_WORKERS) as pool, dask_executor(workers=_WORKERS) as dask:
        executors: dict[str, Executor] = {"pool": pool, "dask": dask}
        for name, executor in executors.items():
            build(warm, folder / f"warm-{name}", executor)
        for number in range(1 if smoke else _ROUNDS):
            for name, executor in executors.items():
                out = folder / f"{name}-{number}"
                started = time.perf_counter()
                fingerprints.add(build(recipe, out, executor).fingerprint)
                seconds[name].append(time.perf_counter() - started)
                subprocess.run(["rm", "-rf", str(out)], check=True)
    assert len(fingerprints) == 1
    best = {name: min(found) for name, found in seconds.items()}
    title = f"{recipe.name} on Dask, {_WORKERS} local workers"
    return Row(
        title, f"{best['dask']:.2f} s", f"{best['pool']:.2f} s, process pool", best["pool"] / best["dask"], ">= 0.9"
    )


def _upload(folder: Path, size: int) -> list[Row]:
    data = folder / "upload"
    data.write_bytes(os.urandom(2**20) * (size // 2**20))
    with _service() as store:
        root = open_root(store.url)
        assert isinstance(root, ObjectStorage)

        def ours() -> None:
            with data.open("rb") as file:
                parts = root.parts("ours", file.fileno())
                assert parts is not None
                parts.announce(size)
                parts.complete(size)

        def written() -> None:
            sink = root.create("written")
            with data.open("rb") as file:
                while piece := file.read(2**20):
                    sink.write(piece)
            sink.commit()

        def theirs() -> None:
            store.client.upload_file(str(data), store.bucket, "theirs")

        seconds = alternating(_ROUNDS, ours=ours, written=written, theirs=theirs)
        for name in ("sets/one/ours", "sets/one/written", "theirs"):
            assert store.read(name) == data.read_bytes()
    against = f"{seconds['theirs']:.2f} s, boto3"
    title = f"{size / 2**20:.0f} MiB to S3"
    return [
        Row(f"{title}: sent", f"{seconds['ours']:.2f} s", against, seconds["theirs"] / seconds["ours"], ">= 0.8"),
        Row(
            f"{title}: written to a disk, hashed and sent",
            f"{seconds['written']:.2f} s",
            against,
            seconds["theirs"] / seconds["written"],
        ),
    ]


def _help(rounds: int) -> Row:
    command = [str(Path(sys.executable).with_name("synthkit")), "--help"]

    def once() -> None:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert "generate" in done.stdout

    seconds = alternating(rounds, help=once)["help"]
    return Row("synthkit --help", f"{seconds:.2f} s", "0.3 s", seconds / 0.3, "<= 1")


@contextlib.contextmanager
def _service() -> Iterator[Any]:
    """The S3 service of the tests, set in the environment for as long as it lives."""
    path = Path(__file__).resolve().parent.parent / "tests" / "storage" / "store.py"
    spec = importlib.util.spec_from_file_location("store", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.StoreServer()
    before = dict(os.environ)
    try:
        store = module.Store(server)
        os.environ.update(store.environment)
        yield store
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.close()
