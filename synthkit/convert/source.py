"""What a conversion reads: a finished dataset directory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from synthkit.errors import InputError, WorkError
from synthkit.recipe import Recipe
from synthkit.recipe.load import from_data
from synthkit.records import AudioLayout, TextExample
from synthkit.shards.base import RawExample, ShardReader
from synthkit.shards.content import audio_digest, text_digest
from synthkit.shards.formats import open_shard
from synthkit.shards.manifest import SUMS, Manifest, ShardEntry, parse_sums, read_manifest, refuse_unfinished
from synthkit.storage import Storage, open_root

__all__ = ["RECIPE", "Source", "StoredExamples", "digest_of", "open_source"]

RECIPE = "recipe.json"
_OPEN = 2


@dataclass(frozen=True, slots=True)
class Source:
    """A finished dataset.

    Attributes:
        root: Its directory.
        manifest: Its manifest.
        recipe: Its resolved recipe.
        sums: sha256 of each of its files but ``SHA256SUMS``, by path.
    """

    root: Storage
    manifest: Manifest
    recipe: Recipe
    sums: dict[str, str]

    @property
    def content(self) -> Literal["audio", "text"]:
        return "audio" if isinstance(self.manifest.layout, AudioLayout) else "text"


def open_source(directory: str | Path | Storage) -> Source:
    """Open a finished dataset.

    Raises:
        InputError: It is none, or not finished.
        WorkError: Its manifest or its recipe is damaged.
    """
    root = open_root(directory)
    refuse_unfinished(root)
    if not root.is_file(SUMS):
        raise InputError(f"{root}: holds no finished synthkit dataset (no {SUMS})")
    manifest = read_manifest(root)
    try:
        data = json.loads(root.read(RECIPE))
    except FileNotFoundError:
        raise WorkError(f"{root}: {RECIPE} is gone") from None
    except ValueError as error:
        raise WorkError(f"{root.place(RECIPE)}: damaged: {error}") from None
    return Source(root, manifest, from_data(data, root.place(RECIPE)), parse_sums(root))


class StoredExamples:
    """The examples of a dataset by split and index, whatever the shards that hold them.

    The last shards stay open, as what comes next lies in the same one or in the one after it.
    """

    def __init__(self, root: Storage, manifest: Manifest) -> None:
        self.manifest = manifest
        self._root = root
        self._open: dict[str, ShardReader[Any]] = {}

    def read(self, split: str, first: int, rows: int) -> Iterator[RawExample | TextExample]:
        """Examples first .. first + rows - 1 of a split, in order.

        Raises:
            WorkError: A shard is gone, damaged, or not as long as the manifest says.
        """
        for shard in self.manifest.shards:
            start, end = max(first, shard.first), min(first + rows, shard.first + shard.rows)
            if shard.split == split and start < end:
                reader = self._reader(shard)
                for row in range(start - shard.first, end - shard.first):
                    yield reader.read(row)

    def _reader(self, shard: ShardEntry) -> ShardReader[Any]:
        if shard.path not in self._open:
            while len(self._open) >= _OPEN:
                del self._open[next(iter(self._open))]
            known = self.manifest
            reader = open_shard(self._root, shard.path, known.format, known.layout, known.factors)
            try:
                found = len(reader)
            except FileNotFoundError:
                raise WorkError(f"{self._root.place(shard.path)}: is gone from a finished dataset") from None
            if found != shard.rows:
                raise WorkError(f"{self._root.place(shard.path)}: holds {found} examples, not {shard.rows}")
            self._open[shard.path] = reader
        return self._open[shard.path]


def digest_of(example: RawExample | TextExample, manifest: Manifest) -> bytes:
    """Digest of a stored example, 32 bytes."""
    if isinstance(example, TextExample):
        return text_digest(example)
    if not isinstance(manifest.layout, AudioLayout):
        raise WorkError("manifest.json: says text, but the shards hold audio")
    levels = example.factor_indices.tolist()
    return audio_digest(example.id, example.factors, levels, manifest.layout, example.samples, example.annotations)
