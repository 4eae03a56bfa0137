"""``synthkit generate synspeech_small`` against bare ``espeak-ng`` processes that write the same texts.

Predicted before the first run, for 2 cores: a bare process takes 14 ms, 9 of them for reading all voices and languages
that are installed; a private folder with what is needed alone should halve that. Resampling, level and hashing about
1 ms, phoneme times 5 ms for each text and style, once a worker: a ratio of 1.2 to 1.5, the 1,600 utterances in 15 s.

Measured: times differ from voice to voice, so that they have to be asked for with each utterance; but the process that
tells them gives the audio as well, in 4.5 ms, without a start for each, and the program is only asked now and then. One
worker: 12 s, a ratio of 1.2 to 1.4. Two workers: 9 to 10 s, 0.82 to 0.98, for starting up and the audit at the end
(1.6 s) are not shared out. The rest of the chain takes 0.5 to 0.7 ms. 200 to 235 MB; 470 MB before readers of shards
let go of their files.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.bench_generate import generate
from benchmarks.table import Row, alternating
from synthkit.recipe.load import load_recipe
from synthkit.records import AudioBatch
from synthkit.run import prepare, verify
from synthkit.run.batches import batches
from synthkit.speech.chain import ChainOptions, finish

__all__ = ["run"]

_MEGABYTE = 2**20


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Time whole runs of the command; returns the table's title and rows."""
    count, rounds = (24, 1) if smoke else (1600, 3)
    cores = min(len(os.sched_getaffinity(0)), 2)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _check(root)
        texts = _texts(count)
        rows = [row for workers in sorted({1, cores}) for row in _against_bare(root, texts, workers, rounds)]
        rows.append(_chain(rounds))
    return f"SynSpeech by espeak-ng, {cores} cores", rows


def _check(root: Path) -> None:
    """What is timed is right: one fingerprint for one and two workers, and examples made again are the same."""
    prints = set()
    for workers in ("1", "2"):
        generate(
            "synspeech_small", root / workers, "--limit", "40", "--shard-size", "8", "--workers", workers, keep=True
        )
        report = verify(root / workers, regenerate=10)
        assert report.ok, report.problems
        prints.add(report.fingerprint)
    assert len(prints) == 1, prints


def _texts(count: int) -> list[str]:
    """What the recipe's first clips say."""
    prepared = prepare(load_recipe("synspeech_small", [f"design.limit={count}"]))
    size = prepared.plan.sizes["train"]
    said: list[str] = []
    for batch in batches(prepared.plan, prepared.generator, None, "train", 0, min(size, 100)):
        assert isinstance(batch, AudioBatch)
        said += [str(text) for text in batch.annotations["transcript"]]
    return [said[i % len(said)] for i in range(count)]


def _against_bare(root: Path, texts: list[str], workers: int, rounds: int) -> list[Row]:
    """Pairs in turn; the pairs' median ratio counts."""
    ratios, seconds, peaks = [], [], []
    for number in range(rounds):
        bare = _bare_seconds(root / "bare", texts, workers)
        more = ("--limit", str(len(texts)), "--workers", str(workers))
        taken, peak = generate("synspeech_small", root / f"d{number}", *more)
        ratios.append(bare / taken)
        seconds.append(taken)
        peaks.append(peak)
    middle, bare_rate = float(np.median(seconds)), len(texts) / bare
    figure = f"{len(texts):,} in {middle:.1f} s, {len(texts) / middle:.0f}/s"
    said = f"bare espeak-ng, {bare_rate:.0f}/s (pairs {', '.join(f'{r:.2f}' for r in ratios)})"
    peak = max(peaks) / _MEGABYTE
    return [
        Row(f"whole command, {workers} worker(s)", figure, said, float(np.median(ratios)), ">= 0.8"),
        Row(f"whole command, {workers} worker(s)", f"{middle:.1f} s", "3 minutes", middle / 180, "<= 1"),
        Row("peak memory of a process", f"{peak:.0f} MB", "300 MB", peak / 300, "<= 1"),
    ]


def _bare_seconds(folder: Path, texts: list[str], workers: int) -> float:
    """Seconds of ``espeak-ng`` processes that write WAV files of the texts, started by xargs."""
    folder.mkdir(exist_ok=True)
    pairs = "".join(f"{folder / str(i)}.wav\0{text}\0" for i, text in enumerate(texts))
    command = ["xargs", "-0", "-n", "2", "-P", str(workers), "espeak-ng", "-v", "en-us", "-w"]
    started = time.perf_counter()
    subprocess.run(command, input=pairs.encode(), check=True)
    return time.perf_counter() - started


def _chain(rounds: int) -> Row:
    """What is done to the audio afterwards, against the bare process that made it."""
    time_axis = np.arange(2 * 22050) / 22050
    audio = (0.3 * np.sin(2 * np.pi * 220 * time_axis)).astype(np.float32)
    options = ChainOptions(duration=2.5)
    bare = ["espeak-ng", "-v", "en-us", "--stdout", "the old farmer carried seven wooden boxes to the river"]
    best = alternating(
        5 * rounds,
        chain=lambda: finish(audio, 22050, options),
        bare=lambda: subprocess.run(bare, check=True, stdout=subprocess.DEVNULL),
    )
    figure = f"{best['chain'] * 1000:.2f} ms for 2 s of speech"
    said = f"a bare espeak-ng, {best['bare'] * 1000:.1f} ms"
    return Row("resample, level, length", figure, said, best["chain"] / best["bare"], "<= 0.2")
