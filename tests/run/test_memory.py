"""Memory is that of a shard's batch, not of the dataset."""

import subprocess
import sys

# The largest process of a build, in bytes: a command's children and their children are all waited for.
MEASURE = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "synthkit", *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def peak(out, clips):
    arguments = ["generate", "syntone", "--limit", str(clips), "--workers", "2", "--out", str(out)]
    done = subprocess.run([sys.executable, "-c", MEASURE, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_ten_times_the_clips_take_the_same_memory(tmp_path):
    few, many = peak(tmp_path / "few", 800), peak(tmp_path / "many", 8000)
    assert many < 400 * 2**20
    assert many < 1.25 * few
