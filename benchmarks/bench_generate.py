"""``synthkit generate`` from start to fingerprint, against the disk, the released script's way, and itself.

Predicted before the first run, for 2 cores: 1.03 GB need 1.4 s of rendering, 1.3 s of hashing and 1.5 s of writing
and copying, over two processes 2.2 s, and 0.5 s of starting them, where a plain write and fsync of the same bytes needs
1 to 3 s: a ratio of 1 to 2. The released script makes 176 clips/s: more than 40 times slower. Memory: a 4 MB batch and
the shard's row groups on top of 100 MB of Python, NumPy and Arrow, whatever the number of clips.

Measured at first: 3.4 to 3.8 s; median ratios of 1.6 and 3.5, for the disk took as little as 0.4 s now and then; the
script 22 to 26 times slower; 145 and 151 MB. Profiling showed that the rendering was nearly all conversion to 16 bits,
not vectorised. Since then: 1.9 to 2.9 s, bound by hashing and copying; median ratios of 1.6, 2.7, 2.9 and 3.7; the
script 34 to 44 times slower. On another machine 3.4 to 4.4 s; median ratios of 1.45, 1.52, 2.05 and 2.26; 25 to 37
times. Two workers, not predicted: 1.45 on a run of 4 s, 1.61 to 1.77 on runs of 10 s; 1.63 to 1.84 since the largest
shards are handed out first. The cores themselves do not hinder each other (rendering and hashing take as long beside a
second process); 0.5 s of starting up and the end of the last shard are what is not shared out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import signal

from benchmarks.table import Row
from synthkit.run import verify

__all__ = ["generate", "run"]

_MEGABYTE = 2**20
_SCRIPT_CLIPS = 320
_CLIP_BYTES = 32044


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Time whole runs of the command; returns the table's title and rows."""
    clips, plus, rounds = (320, 200, 1) if smoke else (32_000, 60_000, 3)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _check(root)
        rows = [*_against_disk(root, clips, rounds), *_memory(root, clips), *_two_workers(root, plus, rounds)]
    return f"synthkit generate, {len(os.sched_getaffinity(0))} cores", rows


def generate(recipe: str, out: Path, *more: str, keep: bool = False) -> tuple[float, int]:
    """Seconds of the whole command, and the peak memory of its largest process in bytes."""
    code = (
        "import json, resource, subprocess, sys, time; started = time.perf_counter();"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "seconds = time.perf_counter() - started;"
        "print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024]))"
    )
    command = [sys.executable, "-m", "synthkit", "generate", recipe, "--out", str(out), *more]
    done = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    seconds, peak = json.loads(done.stdout)
    if not keep:
        shutil.rmtree(out)
    return float(seconds), int(peak)


def _check(root: Path) -> None:
    """What is timed is right: one fingerprint for one and two workers, and examples made again are the same."""
    prints = set()
    for workers in ("1", "2"):
        generate("syntone", root / workers, "--limit", "400", "--shard-size", "50", "--workers", workers, keep=True)
        report = verify(root / workers, regenerate=20)
        assert report.ok, report.problems
        prints.add(report.fingerprint)
    assert len(prints) == 1, prints


def _against_disk(root: Path, clips: int, rounds: int) -> list[Row]:
    """Pairs in turn: the same bytes written plainly and synced, then the command. The pairs' median ratio counts."""
    blob = np.random.default_rng(0).integers(0, 256, clips * _CLIP_BYTES, np.uint8)
    ratios, seconds, plain = [], [], []
    for number in range(rounds):
        plain.append(_plain_write(root / f"raw{number}", blob))
        taken, _ = generate("syntone", root / f"g{number}", "--limit", str(clips), "--workers", "2")
        seconds.append(taken)
        ratios.append(seconds[-1] / plain[-1])
    script = _script_seconds(root) * clips / _SCRIPT_CLIPS
    middle = float(np.median(seconds))
    figure = f"{middle:.2f} s for {clips:,} clips"
    said = f"plain write + fsync, {np.median(plain):.2f} s (pairs {', '.join(f'{r:.2f}' for r in ratios)})"
    slower = f"the released script's way, {script:.0f} s (from {_SCRIPT_CLIPS} clips)"
    return [
        Row("syntone, 2 workers: time", figure, said, float(np.median(ratios)), "<= 2"),
        Row("syntone, 2 workers: speed", figure, slower, script / middle, ">= 20"),
    ]


def _plain_write(path: Path, blob: np.ndarray) -> float:
    started = time.perf_counter()
    with path.open("wb") as file:
        file.write(blob.data)
        file.flush()
        os.fsync(file.fileno())
    seconds = time.perf_counter() - started
    path.unlink()
    return seconds


def _script_seconds(root: Path) -> float:
    """The released script's way on a subset: a Python loop in float64, then a compressed npz."""
    frequencies = np.linspace(440, 8000, _SCRIPT_CLIPS // 4)
    started = time.perf_counter()
    t = np.linspace(0, 1, 16000)
    clips = []
    for frequency in frequencies:
        phase = 2 * np.pi * frequency * t
        waves = (np.sin(phase), signal.sawtooth(phase, 0.5), signal.sawtooth(phase), signal.square(phase))
        clips += [0.5 * wave for wave in waves]
    np.savez_compressed(root / "script.npz", audio=np.array(clips))
    return time.perf_counter() - started


def _memory(root: Path, clips: int) -> list[Row]:
    """Peak memory of the largest process, with a tenth of the clips and with all."""
    _, few = generate("syntone", root / "few", "--limit", str(clips // 10), "--workers", "2")
    _, many = generate("syntone", root / "many", "--limit", str(clips), "--workers", "2")
    figure = f"{many / _MEGABYTE:.0f} MB"
    return [
        Row("peak memory of a process", figure, "400 MB", many / (400 * _MEGABYTE), "<= 1"),
        Row(
            "peak memory of a process", figure, f"a tenth of the clips, {few / _MEGABYTE:.0f} MB", many / few, "<= 1.5"
        ),
    ]


def _two_workers(root: Path, clips: int, rounds: int) -> list[Row]:
    ratios = []
    for number in range(rounds):
        one, _ = generate("syntone_plus", root / f"p1-{number}", "--limit", str(clips), "--workers", "1")
        two, _ = generate("syntone_plus", root / f"p2-{number}", "--limit", str(clips), "--workers", "2")
        ratios.append(one / two)
    figure = f"{clips:,} clips, {two:.2f} s"
    said = f"one worker, {one:.2f} s (pairs {', '.join(f'{r:.2f}' for r in ratios)})"
    return [Row("syntone_plus, 2 workers", figure, said, float(np.median(ratios)), ">= 1.7")]
