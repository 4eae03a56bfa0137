"""``synthkit show``: a dataset in the terminal."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthkit.cli.output import console, print_text
from synthkit.dataset import Dataset, load
from synthkit.records import AudioExample, FactorInfo, TextExample
from synthkit.shards.manifest import read_manifest
from synthkit.shards.wording import format_bytes, format_number

__all__ = ["run"]

_BARS = " ▁▂▃▄▅▆▇█"
_BINS = 40
_NAMED_LEVELS = 12


def run(directory: str, split: str | None, examples: int) -> None:
    """Print factor histograms and a few examples."""
    from rich.table import Table

    manifest = read_manifest(directory)
    dataset = load(directory, split)
    screen = console()
    size = format_bytes(sum(s.bytes for s in manifest.shards if split in (None, s.split)))
    screen.print(f"{manifest.name}: {len(dataset):,} examples, {size}, {manifest.format}, {split or 'all splits'}")
    screen.print(manifest.fingerprint)
    table = Table("factor", "unit", "range", "histogram", "min..max count")
    for factor in dataset.factors:
        table.add_row(*_histogram_row(dataset, factor))
    screen.print(table)
    for position in np.linspace(0, len(dataset) - 1, min(examples, len(dataset))).astype(int).tolist():
        example = dataset[position]
        if isinstance(example, TextExample):
            print_text(example.id, (example.input, example.target, example.rationale), example.factors)
        else:
            _print_clip(example)


def _histogram_row(dataset: Dataset[Any], factor: FactorInfo) -> tuple[str, str, str, str, str]:
    values = dataset.factor_values(factor.name)
    if factor.dtype == "string":
        names, counts = np.unique(values.astype(str), return_counts=True)
        span = ", ".join(names[:_NAMED_LEVELS].tolist()) + (", ..." if len(names) > _NAMED_LEVELS else "")
    else:
        numbers = values.astype(np.float64)
        span = f"{format_number(float(numbers.min()))} to {format_number(float(numbers.max()))}"
        bins = min(_BINS, factor.levels or _BINS)
        counts, _ = np.histogram(numbers, bins=bins)
    return factor.name, factor.unit, span, _bars(counts), f"{counts.min():,}..{counts.max():,}"


def _bars(counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    scale = (len(_BARS) - 1) / max(int(counts.max()), 1)
    return "".join(_BARS[int(np.ceil(count * scale))] for count in counts)


def _print_clip(example: AudioExample) -> None:
    screen = console()
    factors = ", ".join(f"{name} {format_number(value)}" for name, value in example.factors.items())
    peak, rms = float(np.abs(example.audio).max()), float(np.sqrt(np.mean(np.square(example.audio, dtype=np.float64))))
    screen.print(f"\n{example.id}: {factors}", markup=False)
    if "transcript" in example.annotations:
        phonemes = example.annotations.get("phonemes")
        said = " ".join(map(str, phonemes)) if isinstance(phonemes, list) else ""
        screen.print(f"  {example.annotations['transcript']}: {said}", markup=False)
    first = ", ".join(f"{sample:.4f}" for sample in example.audio[:6].tolist())
    screen.print(f"  peak {peak:.4f}, rms {rms:.4f}, first samples {first}", markup=False)
    pieces = np.array_split(np.abs(example.audio), min(64, len(example.audio)))
    screen.print("  " + "".join(_BARS[int(np.ceil(float(p.max()) * (len(_BARS) - 1)))] for p in pieces), markup=False)
