"""``manifest.json`` and ``SHA256SUMS``: what a dataset directory says about itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from synthkit.errors import InputError, WorkError
from synthkit.records import (
    Annotation,
    AudioLayout,
    DatasetInfo,
    EngineInfo,
    FactorInfo,
    FileRecord,
    Layout,
    TextLayout,
)

__all__ = [
    "MANIFEST",
    "STATE",
    "SUMS",
    "Manifest",
    "ShardEntry",
    "parse_sums",
    "read_manifest",
    "refuse_unfinished",
    "render_manifest",
    "render_sums",
]

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
STATE = ".synthkit"  # there while a build is unfinished
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """A shard as the manifest lists it; ``path`` is the file that a reader opens."""

    path: str
    split: str
    first: int
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a reader needs of ``manifest.json``."""

    name: str
    fingerprint: str
    format: str
    layout: Layout
    factors: tuple[FactorInfo, ...]
    splits: Mapping[str, int]
    shards: tuple[ShardEntry, ...]
    versions: Mapping[str, str]
    engine: EngineInfo | None = None

    @property
    def num_examples(self) -> int:
        return sum(self.splits.values())


def render_manifest(info: DatasetInfo) -> bytes:
    """``manifest.json`` of a finished dataset; no clock, no machine: the same data gives the same bytes."""
    shards = [
        ShardEntry(
            path=shard.files[0].path,
            split=split.name,
            first=shard.first,
            rows=shard.rows,
            bytes=sum(file.bytes for file in shard.files),
            sha256=shard.files[0].sha256,
        )
        for split in info.splits
        for shard in split.shards
    ]
    data = {
        "schema": _SCHEMA,
        "name": info.name,
        "version": info.version,
        "fingerprint": info.fingerprint,
        "reproducible": info.reproducible,
        "generator": info.generator,
        "seed": info.seed,
        "license": info.license,
        "content": info.content,
        "format": info.format,
        "layout": asdict(info.layout),
        "factors": [asdict(factor) for factor in info.factors],
        "num_examples": info.num_examples,
        "splits": {split.name: split.num_examples for split in info.splits},
        "shards": [asdict(shard) for shard in shards],
        "versions": dict(info.versions),
        "engine": None if info.engine is None else asdict(info.engine),
    }
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def refuse_unfinished(root: Path) -> None:
    """Refuse a directory whose build has not come to its end.

    Raises:
        InputError: It is unfinished.
    """
    if (root / STATE).is_dir():
        raise InputError(f"{root}: is not finished; run the same `synthkit generate` again to complete it")


def read_manifest(root: Path) -> Manifest:
    """Read the manifest of a dataset directory.

    Raises:
        InputError: This is no dataset directory, or an unfinished one.
        WorkError: The manifest is damaged.
    """
    path = root / MANIFEST
    refuse_unfinished(root)
    if not path.is_file():
        raise InputError(f"{root}: holds no synthkit dataset (no {MANIFEST})")
    try:
        data = json.loads(path.read_bytes())
        if data["schema"] != _SCHEMA:
            raise WorkError(f"{path}: written by another version of synthkit (schema {data['schema']})")
        return Manifest(
            name=data["name"],
            fingerprint=data["fingerprint"],
            format=data["format"],
            layout=_layout(data["content"], data["layout"]),
            factors=tuple(_factor(item) for item in data["factors"]),
            splits={str(k): int(v) for k, v in data["splits"].items()},
            shards=tuple(ShardEntry(**item) for item in data["shards"]),
            versions=data["versions"],
            engine=None if data["engine"] is None else EngineInfo(**data["engine"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WorkError(f"{path}: damaged: {type(error).__name__}: {error}") from None


def _layout(content: str, item: dict[str, Any]) -> Layout:
    annotations = tuple(Annotation(**column) for column in item.pop("annotations", ()))
    if content == "audio":
        return AudioLayout(**item, annotations=annotations)
    labels = item.pop("labels")
    return TextLayout(**item, labels=None if labels is None else tuple(labels), annotations=annotations)


def _factor(item: dict[str, Any]) -> FactorInfo:
    values = item.pop("values")
    return FactorInfo(**item, values=None if values is None else tuple(values))


def render_sums(files: Iterable[FileRecord]) -> bytes:
    """``SHA256SUMS`` in the format of coreutils, sorted by path."""
    return "".join(f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda f: f.path)).encode()


def parse_sums(root: Path) -> dict[str, str]:
    """Path -> sha256 from ``SHA256SUMS``.

    Raises:
        WorkError: A line is not in the format of coreutils; the message names the line.
    """
    sums: dict[str, str] = {}
    for number, line in enumerate((root / SUMS).read_bytes().split(b"\n"), start=1):
        if not line:
            continue
        digest, gap, path = line[:64], line[64:66], line[66:]
        if gap != b"  " or not path or len(digest.translate(None, b"0123456789abcdef")) or len(digest) != 64:
            raise WorkError(f"{SUMS}: line {number} is damaged")
        sums[path.decode("utf-8", "replace")] = digest.decode()
    return sums
