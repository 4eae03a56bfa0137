"""Killed at any moment, a build leaves no half file under a final name, and the next run completes it."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify

# 1,200 clips in 30 shards: enough work for two processes that a random moment falls into it.
CHANGES = ["design.size=1200", "output.shard_size=40"]
COMMAND = [sys.executable, "-m", "synthkit", "generate", "syntone", *(f"--set={c}" for c in CHANGES), "--workers=2"]
KILLS = int(os.environ.get("SYNTHKIT_SOAK_KILLS", "8"))
GROUPS = 4

# Runs in a process of its own. Each round forks a child that kills itself just before or just after its n-th rename or
# removal of a file, and a second child that completes what the first has left.
EACH_CHANGE = """
import os, shutil, signal, sys
from pathlib import Path
from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify
import synthkit.shards.parquet

recipe = load_recipe(sys.argv[1])
out, expected, older = Path(sys.argv[2]), sys.argv[3], sys.argv[4:]
CHANGES = ("replace", "rename", "unlink")

def child(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def killed_at(number, after, root):
    count = 0
    def deadly(real):
        def change(*args, **kwargs):
            nonlocal count
            count += 1
            if count == number and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = real(*args, **kwargs)
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return result
        return change
    for name in CHANGES:
        setattr(Path, name, deadly(getattr(Path, name)))
    build(recipe, root, workers=1, overwrite=bool(older))

def completed(root):
    build(recipe, root, workers=1, overwrite=bool(older))
    report = verify(root, regenerate=2)
    assert report.ok, report.problems
    assert report.fingerprint == expected, report.fingerprint

number = 0
while True:
    number += 1
    for after in (False, True):
        root = out / f"{number}-{after}"
        if older:
            shutil.copytree(older[0], root)
        code = child(lambda: killed_at(number, after, root))
        if code == 0:
            print(number - 1)
            sys.exit(0)
        assert code == -signal.SIGKILL, (number, after, code)
        assert child(lambda: completed(root)) == 0, (number, after)
"""


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """What the build gives when nobody disturbs it: fingerprint, sha256 of each file, and its seconds."""
    folder = tmp_path_factory.mktemp("reference")
    started = time.perf_counter()
    subprocess.run([*COMMAND, "--out", folder / "d"], check=True, capture_output=True, timeout=300)
    seconds = time.perf_counter() - started
    sums = dict(line.split("  ")[::-1] for line in (folder / "d/SHA256SUMS").read_text().splitlines())
    return verify(folder / "d").fingerprint, sums, seconds


def assert_whole(root: Path, sums: dict[str, str]) -> None:
    """Every file under a final name is the finished one, byte for byte; others bear temporary names."""
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not path.name.startswith(".tmp-") and not name.startswith(".synthkit/"):
            if name == "SHA256SUMS":
                continue
            assert hashlib.sha256(path.read_bytes()).hexdigest() == sums[name], name


@pytest.mark.parametrize("group", range(GROUPS))
def test_killed_at_random_moments(group, reference, assert_gone, tmp_path):
    fingerprint, sums, seconds = reference
    moments = random.Random(group)
    for kill in range(group, KILLS, GROUPS):
        root = tmp_path / str(kill)
        process = subprocess.Popen(
            [*COMMAND, "--out", root], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        # Starting takes 0.2 s or more, in which there is nothing to break.
        time.sleep(moments.uniform(0.2, max(seconds, 0.3)))
        children = []
        if process.poll() is None:  # else it was faster than the reference; only then is its number not its own
            process.send_signal(signal.SIGSTOP)  # so that none is born after they were counted
            children = psutil.Process(process.pid).children(recursive=True)
            if kill % 2:
                os.killpg(process.pid, signal.SIGKILL)  # all processes at once, as a node that goes down
            else:
                process.kill()  # the parent alone
        process.wait(120)
        assert_gone(children)
        assert_whole(root, sums)
        done = subprocess.run([*COMMAND, "--out", root], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == f"fingerprint {fingerprint}"
        assert_whole(root, sums)
        assert {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()} == {*sums, "SHA256SUMS"}


@pytest.mark.parametrize("overwrite", [False, True])
def test_killed_before_and_after_each_change(overwrite, tmp_path):
    changes = ["design.size=6", 'splits={"train": 4, "test": 2}', "params.duration=0.01", "output.shard_size=2"]
    recipe = load_recipe("syntone_small", changes)
    (tmp_path / "small.json").write_text(recipe.pretty_json())
    expected = build(recipe, tmp_path / "whole", workers=1).fingerprint
    arguments = [tmp_path / "small.json", tmp_path, expected]
    # Three shards with two records each, the recipe, and five files at the end.
    points = 3 * 3 + 1 + 5
    if overwrite:
        build(load_recipe("syntone_small", [*changes, "seed=1"]), tmp_path / "older", workers=1)
        arguments.append(tmp_path / "older")
        # A mark before and one after, its shards, sums, five files by name, and twice its attempts, if it had any.
        points += 2 + 3 + 1 + 5 + 2
    done = subprocess.run(
        [sys.executable, "-c", EACH_CHANGE, *map(str, arguments)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == points


def test_a_worker_that_is_killed_is_told(tmp_path, reference, wait_for_workers, assert_gone):
    process = subprocess.Popen(
        [*COMMAND, "--set=output.shard_size=4", "--out", tmp_path / "d"], stderr=subprocess.PIPE, text=True
    )
    workers = wait_for_workers(process)
    workers[0].kill()
    _, error = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "a worker process died" in error
    assert "Traceback" not in error
    assert_gone(workers)
    again = [*COMMAND, "--set=output.shard_size=4", "--out", tmp_path / "d"]
    done = subprocess.run(again, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1] == f"fingerprint {reference[0]}"
