"""The factor audit: does the finished audio hold the factors that the recipe put in?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.audit.dependence import Dependence, dependences
from synthkit.audit.features import FeatureOptions, MelFeatures
from synthkit.audit.levels import SILENT, Distances, Summary, clip_levels, distances, summarize
from synthkit.audit.probe import FactorProbe, probe_labels, probe_values
from synthkit.errors import InputError
from synthkit.records import AudioLayout, FactorInfo, FactorValue
from synthkit.seeds import Permutation, derive_key
from synthkit.shards.base import RawExample, ShardReader
from synthkit.shards.formats import open_shard
from synthkit.shards.manifest import read_manifest
from synthkit.storage import Storage, open_root

__all__ = ["Audit", "audit_dataset", "audit_shards"]

_MOST_LEVELS = 10  # a factor of numbers with more is probed by its value
_MAX_CLASSES = 1000
_IDENTITY = "speaker"
_FEW_CLASSES = 20


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found.

    Attributes:
        examples: Clips that were listened to, of so many in the dataset.
        total: Clips in the dataset.
        features: What was measured, in words.
        normalization: Of the mel spectrum.
        probes: One for each factor but those that only count repetitions (takes).
        dependences: One for each pair of factors, over all examples.
        distances: Of the speaker, or of each factor with up to 20 levels.
        summaries: Peak, RMS (dBFS) and, where it is known, duration (s) of the clips.
        silent: Clips without a sound.
        clipped: Clips with three or more samples at full scale in a row.
        problems: Factors that are lost, and clipped clips, in words; empty where all is well.
        warnings: What need not be wrong: factors that depend on each other, silent clips, too few examples.
    """

    examples: int
    total: int
    features: str
    normalization: str
    probes: tuple[FactorProbe, ...]
    dependences: tuple[Dependence, ...]
    distances: tuple[Distances, ...]
    summaries: dict[str, Summary]
    silent: int
    clipped: int
    problems: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def audit_dataset(
    root: str | Path,
    *,
    max_examples: int = 4000,
    features: FeatureOptions | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> Audit:
    """Audit a finished dataset of clips.

    Args:
        root: Its directory.
        max_examples: Clips to listen to, spread over the whole dataset.
        features: How a clip becomes a vector.
        seed: Of the choice of clips, and of which of them train the probes.
        threads: Threads; the result does not depend on them.

    Raises:
        InputError: It is no finished dataset, or one of texts.
        WorkError: It is damaged.
    """
    path = open_root(root)
    manifest = read_manifest(path)
    if not isinstance(manifest.layout, AudioLayout):
        raise InputError(f"{path}: holds texts; an audit listens to clips")
    return audit_shards(
        path,
        [(shard.path, shard.rows) for shard in manifest.shards],
        manifest.format,
        manifest.layout,
        manifest.factors,
        max_examples=max_examples,
        features=features,
        seed=seed,
        threads=threads,
    )


def audit_shards(
    root: Storage,
    shards: Sequence[tuple[str, int]],
    format: str,
    layout: AudioLayout,
    factors: tuple[FactorInfo, ...],
    *,
    max_examples: int = 4000,
    features: FeatureOptions | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> Audit:
    """The same for finished shards, (path below ``root``, rows) each, before there is a manifest.

    One shard is open at a time, and one clip is held beside the features.
    """
    if max_examples < 1:
        raise InputError(f"max_examples: must be >= 1, not {max_examples}")
    options = features or FeatureOptions()
    total = sum(rows for _, rows in shards)
    order = Permutation(derive_key(seed, "audit", "examples"), max(total, 1))(np.arange(min(max_examples, total)))
    opened = ((open_shard(root, path, format, layout, factors), rows) for path, rows in shards)
    clips = _listen(opened, layout, options, order)
    labels = {f.name: clips.indices[:, k] for k, f in enumerate(factors)}
    probes = tuple(_probe(f, clips, labels[f.name], threads) for f in factors if _varies(f))
    values = {f.name: np.concatenate([columns[f.name] for columns, _ in clips.columns]) for f in factors}
    pairs = dependences(factors, values, np.concatenate([levels for _, levels in clips.columns])) if factors else ()
    apart = [
        distances(f.name, clips.features, labels[f.name], [str(v) for v in f.values or ()])
        for f in _identities(factors)
    ]
    silent, clipped = sum(peak <= SILENT for peak in clips.peaks), sum(clips.clipped)
    summaries = summarize({"peak": clips.peaks, "rms": clips.rms, "duration": clips.durations})
    return Audit(
        examples=len(order),
        total=total,
        features=options.description,
        normalization=options.normalization,
        probes=probes,
        dependences=pairs,
        distances=tuple(found for found in apart if found is not None),
        summaries=summaries,
        silent=silent,
        clipped=clipped,
        problems=tuple(_problems(probes, clipped, options)),
        warnings=tuple(_warnings(probes, pairs, silent, clips.cropped)),
    )


@dataclass(slots=True)
class _Clips:
    """What was heard, in the order of the keyed permutation: its first part trains the probes."""

    features: npt.NDArray[np.float64]
    indices: npt.NDArray[np.int64]
    values: list[dict[str, FactorValue]]
    peaks: list[float]
    rms: list[float]
    clipped: list[bool]
    durations: list[float]
    cropped: int
    columns: list[tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]]


def _listen(
    shards: Iterable[tuple[ShardReader[RawExample], int]],
    layout: AudioLayout,
    options: FeatureOptions,
    order: npt.NDArray[np.int64],
) -> _Clips:
    measure = MelFeatures(layout.sample_rate, layout.num_samples, options)
    vectors = np.zeros((len(order), options.size))
    heard: list[RawExample | None] = [None] * len(order)
    levels: list[tuple[float, float, bool]] = [(0.0, 0.0, False)] * len(order)
    columns = []
    for reader, places, rows in _in_order(shards, order):
        columns.append(reader.factor_columns())
        for place, row in zip(places, rows, strict=True):
            example = reader.read(row)
            vectors[place] = measure(example.samples)
            levels[place] = clip_levels(example.samples)
            nothing = np.empty(0, example.samples.dtype)  # a view would hold the clip
            heard[place] = replace(example, samples=nothing)
    kept = [example for example in heard if example is not None]
    durations = [float(d) for e in kept if isinstance(d := e.annotations.get("duration"), float)]
    indices = np.array([e.factor_indices for e in kept], np.int64).reshape(len(kept), -1)
    peaks, rms, clipped = ([level[i] for level in levels] for i in range(3))
    cropped = sum(isinstance(lost := e.annotations.get("cropped"), float) and lost > 0 for e in kept)
    values = [e.factors for e in kept]
    return _Clips(vectors, indices, values, peaks, rms, [bool(c) for c in clipped], durations, cropped, columns)


def _in_order(
    shards: Iterable[tuple[ShardReader[RawExample], int]], order: npt.NDArray[np.int64]
) -> Iterator[tuple[ShardReader[RawExample], list[int], list[int]]]:
    """Each shard with the places in the permutation of its chosen examples, and their rows in it."""
    start = 0
    for reader, rows in shards:
        places = np.flatnonzero((order >= start) & (order < start + rows))
        places = places[np.argsort(order[places], kind="stable")]
        yield reader, places.tolist(), (order[places] - start).tolist()
        start += rows


def _varies(factor: FactorInfo) -> bool:
    """Whether there is something to find."""
    return not factor.repetition and (factor.levels is None or factor.levels > 1)


def _probe(factor: FactorInfo, clips: _Clips, labels: npt.NDArray[np.int64], threads: int | None) -> FactorProbe:
    numeric = factor.dtype != "string" and factor.kind != "categorical"
    if factor.levels is None or (numeric and factor.levels > _MOST_LEVELS) or factor.levels > _MAX_CLASSES:
        return probe_values(factor.name, clips.features, np.array([float(v[factor.name]) for v in clips.values]))
    return probe_labels(factor.name, clips.features, labels, factor.levels, threads)


def _identities(factors: tuple[FactorInfo, ...]) -> list[FactorInfo]:
    """The speaker, or else each factor with few levels."""
    named = [f for f in factors if f.values is not None and f.levels is not None and f.levels > 1]
    speakers = [f for f in named if f.name == _IDENTITY]
    return speakers or [f for f in named if f.levels is not None and f.levels <= _FEW_CLASSES]


def _problems(probes: Sequence[FactorProbe], clipped: int, options: FeatureOptions) -> Iterator[str]:
    for probe in probes:
        if probe.verdict == "lost":
            yield (
                f"{probe.factor}: {probe.measure} {probe.score:.3f} against chance {probe.chance:.3f} on "
                f"{probe.examples} clips: lost, in the audio or by normalization {options.normalization!r}"
            )
    if clipped:
        yield f"{clipped} clip(s) have three or more samples at full scale in a row: they are clipped"


def _warnings(probes: Sequence[FactorProbe], pairs: Sequence[Dependence], silent: int, cropped: int) -> Iterator[str]:
    for probe in probes:
        if probe.verdict == "too few":
            yield f"{probe.factor}: too few examples for so many levels; nothing can be said"
    for pair in pairs:
        if pair.notable:
            yield f"{pair.first} and {pair.second} depend on each other: Cramer's V {pair.cramers_v:.3f}"
    if silent:
        yield f"{silent} clip(s) hold no sound"
    if cropped:
        yield f"{cropped} clip(s) were longer than the clip and lost their end: the column cropped says how much"
