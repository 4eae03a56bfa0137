"""``synthkit report``: seconds and memory of the whole command, for 100,000 clips and for a million texts.

What is read of all examples are the columns of their factors; content is read for a dozen examples, and for the audit
of at most a thousand clips. For 100,000 clips 20 s and 500 MB are allowed.

Measured, clips of a tenth of a second: 2.2 to 3.2 s and 382 MB; a million ListOps texts: 2.1 to 4.2 s and 494 MB; pages
of 263 and 144 kB. About half of the time for clips is the audit.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import synthkit
from benchmarks.bench_generate import generate
from benchmarks.table import Row

__all__ = ["run"]

_MEGABYTE = 10**6
_ALLOWED_SECONDS, _ALLOWED_MEGABYTES, _ALLOWED_BYTES = 20, 500, 5_000_000
_CLIPS = ("--set", "params.duration=0.1", "--set", "factors.amplitude.num=63")


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Time whole runs of the command; returns the table's title and rows."""
    clips, texts = (400, 400) if smoke else (100_000, 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        generate("syntone", root / "clips", *_CLIPS, "--limit", str(clips), keep=True)
        generate("listops_spinn", root / "texts", "--limit", str(texts), keep=True)
        rows = [*_measured(root / "clips", clips, "clips", "<= 1"), *_measured(root / "texts", texts, "texts", "")]
    return "synthkit report", rows


def _measured(data: Path, count: int, what: str, memory: str) -> list[Row]:
    """Check the page's counts, then give time, memory and size against what is allowed."""
    page = data.with_suffix(".html")
    seconds, peak = _report(data, page)
    _check(data, page.read_text())
    size = page.stat().st_size
    title = f"{count:,} {what}"
    return [
        Row(f"{title}: time", f"{seconds:.1f} s", f"{_ALLOWED_SECONDS} s", seconds / _ALLOWED_SECONDS, "<= 1"),
        Row(f"{title}: memory", f"{peak:.0f} MB", f"{_ALLOWED_MEGABYTES} MB", peak / _ALLOWED_MEGABYTES, memory),
        Row(f"{title}: page", f"{size / 1000:.0f} kB", f"{_ALLOWED_BYTES:,} bytes", size / _ALLOWED_BYTES, "<= 1"),
    ]


def _report(data: Path, page: Path) -> tuple[float, float]:
    """Seconds of the whole command, and its peak memory in MB."""
    code = (
        "import json, resource, subprocess, sys, time; started = time.perf_counter();"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "seconds = time.perf_counter() - started;"
        "print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024]))"
    )
    command = [sys.executable, "-m", "synthkit", "report", str(data), "--out", str(page)]
    done = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    seconds, peak = json.loads(done.stdout)
    return float(seconds), peak / _MEGABYTE


def _check(data: Path, page: str) -> None:
    """Every histogram holds all examples; that of the first factor is what NumPy counts."""
    dataset = synthkit.load(data)
    for k, name in enumerate(dataset.factor_names):
        table = re.search(rf'aria-label="Numbers of {re.escape(name)}".*?</table>', page, re.DOTALL)
        assert table is not None, name
        counts = [int(cell.replace(",", "")) for cell in re.findall(r"<td>([\d,]+)</td>", table.group())]
        assert sum(counts) == len(dataset), name
        if k == 0 and len(counts) == dataset.factors[0].levels:
            assert counts == np.bincount(dataset.factor_levels()[:, 0]).tolist(), name
