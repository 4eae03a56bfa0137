"""A full disk, Ctrl-C, two runs at once: told clearly, nothing lost, the same command goes on."""

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify

SYNTHKIT = [sys.executable, "-m", "synthkit"]


def start(*args):
    return subprocess.Popen(
        [*SYNTHKIT, *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


# Python 3.11 leaves a module's bytecode cut off where the limit on a file's size cuts it.
NO_BYTECODE = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def finals(root):
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in (root / "data").glob("[!.]*") if p.is_file()}


@pytest.mark.parametrize("format", ["parquet", "wav", "flac", "webdataset"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk(format, workers, tmp_path):
    """The limit on a file's size stands in for a disk that fills up: the same kind of error from the same calls."""
    # A folder's files are small: there the metadata of many short clips outgrows the limit.
    one_file = format in ("parquet", "webdataset")
    changes, limit = (["design.size=80"], 200_000) if one_file else (["params.duration=0.01"], 8_000)
    recipe = load_recipe("syntone_small", [*changes, f"output.format={format}"])
    (tmp_path / "r.json").write_text(recipe.pretty_json())
    command = [*SYNTHKIT, "generate", str(tmp_path / "r.json"), "--out", str(tmp_path / "d"), f"--workers={workers}"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=180,
        env=NO_BYTECODE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 1
    assert "File too large; what was finished stays: free some room and run the same command" in done.stderr
    assert str(tmp_path / "d") in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "d/SHA256SUMS").exists()
    assert list((tmp_path / "d/data").glob(".tmp-*")) == []
    kept = finals(tmp_path / "d")
    made = build(recipe, tmp_path / "d", workers=1)
    assert finals(tmp_path / "d").items() >= kept.items()
    assert verify(tmp_path / "d", regenerate=5).fingerprint == made.fingerprint
    assert made.fingerprint == build(recipe, tmp_path / "whole", workers=1).fingerprint


def test_what_was_finished_before_the_disk_was_full_stays(tmp_path):
    recipe = load_recipe("syntone_small", ["design.size=80", 'splits={"train": 5, "later": 75}'])
    (tmp_path / "r.json").write_text(recipe.pretty_json())
    done = subprocess.run(
        [*SYNTHKIT, "generate", str(tmp_path / "r.json"), "--out", str(tmp_path / "d"), "--workers=1"],
        capture_output=True,
        text=True,
        timeout=180,
        env=NO_BYTECODE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
    )
    assert done.returncode == 1
    assert [path.name for path in finals(tmp_path / "d")] == ["train-00000-of-00001.parquet"]
    assert build(recipe, tmp_path / "d", workers=1).made == 75


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c(workers, wait_for_workers, assert_gone, tmp_path):
    arguments = ["generate", "syntone_plus", "--set=design.size=30000", "--out", tmp_path / "d", f"--workers={workers}"]
    process = start(*arguments, "--shard-size=100")
    children = wait_for_workers(process) if workers == 2 else []
    while not (tmp_path / "d/.synthkit/shards").is_dir():
        assert process.poll() is None
        time.sleep(0.01)
    asked = time.perf_counter()
    # What a terminal does: the signal goes to the parent and to the workers.
    os.killpg(process.pid, signal.SIGINT)
    output, error = process.communicate(timeout=180)
    waited = time.perf_counter() - asked
    assert process.returncode == 130
    assert waited < 60  # the work takes longer, a sync of another's files may take some
    assert error == "\nsynthkit: interrupted; what was finished stays: run the same command to go on\n"
    assert output == ""
    assert_gone(children)
    assert list((tmp_path / "d/data").glob(".tmp-*")) == []


def test_ctrl_c_then_the_same_command(tmp_path):
    arguments = ["generate", "syntone_plus", "--limit=600", "--shard-size=20", "--workers=1", "--out", tmp_path / "d"]
    process = start(*arguments)
    while len(list(tmp_path.glob("d/.synthkit/shards/*.json"))) < 3:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=180)
    assert process.returncode == 130
    done = subprocess.run([*SYNTHKIT, *map(str, arguments)], capture_output=True, text=True, timeout=180)
    assert "were there from an earlier run" in done.stdout
    recipe = load_recipe("syntone_plus", ["design.limit=600"])
    assert done.stdout.splitlines()[-1] == f"fingerprint {build(recipe, tmp_path / 'whole').fingerprint}"


INTERRUPT_AT_IMPORT = """
import signal, sys
def hook(event, args, wanted={wanted!r}):
    if event == "import" and args[0] == wanted and hook.armed:
        hook.armed = False
        signal.raise_signal(signal.SIGINT)
hook.armed = True
from synthkit.cli import main
sys.addaudithook(hook)
code = main(["generate", "syntone_plus", "--out", "d", "--workers=1"])
assert not hook.armed, "was never imported"
sys.exit(code)
"""


@pytest.mark.parametrize(
    "module",
    ["synthkit.cli.commands", "typer", "pydantic", "numpy.linalg", "synthkit._core", "synthkit.run.build"],
)
def test_ctrl_c_while_starting(module, tmp_path):
    """Whatever is being imported: one line, no trace. Before Python runs our code, the signal is Python's own."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPT_AT_IMPORT.format(wanted=module)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=180,
    )
    assert done.stderr == "\nsynthkit: interrupted; what was finished stays: run the same command to go on\n"
    assert done.returncode == 130


def test_two_runs_at_once(synthkit, tmp_path):
    first = start("generate", "syntone_plus", "--limit=1000", "--workers=1", "--out", tmp_path / "d")
    while not (tmp_path / "d/.synthkit").is_dir():
        assert first.poll() is None
        time.sleep(0.005)
    first.send_signal(signal.SIGSTOP)  # so that it lasts
    second = synthkit("generate", "syntone_small", "--out", tmp_path / "d", check=False)
    assert second.returncode == 1
    assert "another run is writing here; wait for it, or choose another --out" in second.stderr
    overwriting = synthkit("generate", "syntone_small", "--out", tmp_path / "d", "--overwrite", check=False)
    assert overwriting.returncode == 1
    first.send_signal(signal.SIGCONT)
    first.communicate(timeout=180)
    assert first.returncode == 0
    assert json.loads((tmp_path / "d/manifest.json").read_bytes())["name"] == "syntone_plus"
    assert verify(tmp_path / "d").ok


def test_a_directory_that_may_not_be_written(command, tmp_path):
    done = command("generate", "syntone_small", "--out", "/proc/nothing/here", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("synthkit: /proc/nothing")
    assert len(done.stderr.splitlines()) == 1
