"""Checks a dataset directory: every file's hash, the fingerprint from content, and examples made again."""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import numpy as np

from synthkit.errors import InputError, SynthkitError, WorkError
from synthkit.recipe import Recipe
from synthkit.recipe.load import from_data
from synthkit.records import AudioLayout, TextExample
from synthkit.run import state
from synthkit.run.batches import made_again
from synthkit.run.prepare import prepare
from synthkit.run.progress import Progress
from synthkit.seeds import Permutation, derive_key
from synthkit.shards.base import RawExample
from synthkit.shards.content import audio_digest, batch_digests, fingerprint, text_digest
from synthkit.shards.formats import open_shard
from synthkit.shards.manifest import (
    GIT_ATTRIBUTES,
    SUMS,
    Manifest,
    ShardEntry,
    parse_sums,
    read_manifest,
    refuse_unfinished,
)
from synthkit.storage import Storage, open_root

__all__ = ["VerifyReport", "verify"]

_READ_AT_ONCE = 8
# What git and the Hugging Face hub keep for themselves beside a dataset that came from there; nothing here reads it.
_FOLDERS_OF_OTHERS = (".git/", ".cache/huggingface/")


@dataclass(slots=True)
class VerifyReport:
    """What a check found.

    Attributes:
        files: Files whose hashes were compared.
        examples: Examples read for the fingerprint.
        regenerated: Examples made again and compared.
        fingerprint: The fingerprint computed from content; empty where files were damaged.
        problems: Each names a file first; empty where all is well.
    """

    files: int = 0
    examples: int = 0
    regenerated: int = 0
    fingerprint: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems


def verify(
    out: str | Path, *, regenerate: int = 0, on_progress: Callable[[Progress], None] | None = None
) -> VerifyReport:
    """Check a dataset directory.

    Args:
        out: The directory.
        regenerate: Number of examples, spread over the dataset, to make again and compare.
        on_progress: Called as examples have been read.

    Raises:
        InputError: It is no dataset directory, or an unfinished one.
    """
    root = open_root(out)
    if regenerate < 0:
        raise InputError(f"regenerate: must be >= 0, not {regenerate}")
    refuse_unfinished(root)
    if not root.is_file(SUMS):
        raise InputError(f"{root}: holds no finished synthkit dataset (no {SUMS})")
    report = VerifyReport()
    _check_hashes(root, report)
    if not report.ok:
        return report
    try:
        manifest = read_manifest(root)
        _check_content(root, manifest, report, on_progress)
        if report.ok and regenerate:
            _check_regenerated(root, manifest, regenerate, report)
    except SynthkitError as error:
        report.problems.append(str(error))
    return report


def _check_hashes(root: Storage, report: VerifyReport) -> None:
    try:
        sums = parse_sums(root)
    except WorkError as error:
        report.problems.append(str(error))
        return
    there = {path for path in root.sizes() if not path.startswith(_FOLDERS_OF_OTHERS)} - {SUMS, GIT_ATTRIBUTES}
    listed = sorted(sums)

    def problem(path: str) -> str:
        if path not in there:
            return f"{path}: listed in {SUMS}, but not there"
        try:
            return "" if root.hash(path) == sums[path] else f"{path}: its sha256 is not the one in {SUMS}"
        except OSError as error:
            return f"{path}: cannot be read: {error.strerror or error}"

    with ThreadPoolExecutor(_threads(root)) as pool:
        for found in pool.map(problem, listed):
            report.files += 1
            if found:
                report.problems.append(found)
    report.problems += [f"{path}: not listed in {SUMS}" for path in sorted(there - set(listed))]


def _check_content(
    root: Storage, manifest: Manifest, report: VerifyReport, on_progress: Callable[[Progress], None] | None
) -> None:
    """The fingerprint again, from what the shards hold."""

    def digests(shard: ShardEntry) -> list[bytes]:
        reader = open_shard(root, shard.path, manifest.format, manifest.layout, manifest.factors)
        return [_stored_digest(example, manifest) for example in reader.scan()]

    joined: list[bytes] = []
    with ThreadPoolExecutor(_threads(root)) as pool:
        read = 0
        for shard, found in zip(manifest.shards, pool.map(digests, manifest.shards), strict=True):
            report.examples += len(found)
            read += shard.bytes
            joined.append(b"".join(found))
            if on_progress:
                on_progress(Progress(report.examples, manifest.num_examples, read))
    report.fingerprint = fingerprint(joined)
    if report.fingerprint != manifest.fingerprint:
        report.problems.append(
            f"manifest.json: says {manifest.fingerprint}, but the examples give {report.fingerprint}"
        )


def _stored_digest(example: RawExample | TextExample, manifest: Manifest) -> bytes:
    if isinstance(example, TextExample):
        return text_digest(example)
    if not isinstance(manifest.layout, AudioLayout):
        raise WorkError("manifest.json: says text, but the shards hold audio")
    indices = example.factor_indices.tolist()
    return audio_digest(example.id, example.factors, indices, manifest.layout, example.samples, example.annotations)


def _check_regenerated(root: Storage, manifest: Manifest, count: int, report: VerifyReport) -> None:
    """Make examples again from recipe.json; which ones follows from the fingerprint, so that it can be repeated."""
    prepared = prepare(_recipe_of(root))
    total = manifest.num_examples
    if prepared.plan.sizes != dict(manifest.splits):
        report.problems.append(f"recipe.json: gives splits of {prepared.plan.sizes}, not {dict(manifest.splits)}")
        return
    if prepared.engine is not None and manifest.engine is not None:
        difference = state.engine_difference(manifest.engine, prepared.engine)
        if difference:
            report.problems.append(f"manifest.json: made with another engine, nothing can be made again: {difference}")
            return
    prepared = prepared.answered(root)
    attempts = prepared.stored_attempts(root)
    picked = Permutation(derive_key(0, manifest.fingerprint, "verify"), total)(np.arange(min(count, total)))
    starts = [0, *accumulate(manifest.splits.values())]
    names = list(manifest.splits)
    for number in sorted(picked.tolist()):
        which = bisect_right(starts, number) - 1
        split, index = names[which], number - starts[which]
        shard = next(s for s in manifest.shards if s.split == split and s.first <= index < s.first + s.rows)
        reader = open_shard(root, shard.path, manifest.format, manifest.layout, manifest.factors)
        stored = reader.read(index - shard.first)
        report.regenerated += 1
        again = made_again(prepared.plan, prepared.generator, attempts, split, index)
        if batch_digests(again)[0] != _stored_digest(stored, manifest):
            report.problems.append(f"{shard.path}: {stored.id} is not what the recipe gives")


def _recipe_of(root: Storage) -> Recipe:
    try:
        data = json.loads(root.read("recipe.json"))
    except ValueError as error:
        raise WorkError(f"recipe.json: damaged: {error}") from None
    return from_data(data, root.place("recipe.json"))


def _threads(root: Storage) -> int:
    """A store answers many at a time, and lets each wait."""
    return len(os.sched_getaffinity(0)) if root.local is not None else _READ_AT_ONCE
