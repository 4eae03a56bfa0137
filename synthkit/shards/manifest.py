"""``manifest.json`` and ``SHA256SUMS``: what a dataset directory says about itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

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
from synthkit.storage import Storage, open_root

__all__ = [
    "CONVERSION",
    "GIT_ATTRIBUTES",
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
GIT_ATTRIBUTES = ".gitattributes"  # which the Hugging Face hub puts beside a dataset
STATE = ".synthkit"  # there while a build is unfinished
CONVERSION = f"{STATE}/conversion.json"  # in it where `synthkit convert` is at work
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
    reproducible: Literal["bits", "engine", "replay"] = "bits"
    notes: tuple[str, ...] | None = None  # None where it was written before manifests had notes

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
        "notes": list(info.notes),
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


def refuse_unfinished(root: str | Path | Storage) -> None:
    """Refuse a directory whose build has not come to its end.

    Raises:
        InputError: It is unfinished, or cannot be looked into.
    """
    place = open_root(root)
    try:
        unfinished = place.holds(STATE)
    except OSError as error:
        raise InputError(f"{root}: cannot be read: {error.strerror or error}") from None
    if unfinished:
        command = "convert" if place.is_file(CONVERSION) else "generate"
        raise InputError(f"{root}: is not finished; run the same `synthkit {command}` again to complete it")


def read_manifest(root: str | Path | Storage, *, unfinished: bool = False) -> Manifest:
    """Read the manifest of a dataset directory, or of a URL.

    Raises:
        InputError: This is no dataset directory, or an unfinished one.
        WorkError: The manifest is damaged, or cannot be read.
    """
    root = open_root(root)
    path = root.place(MANIFEST)
    if not unfinished:
        refuse_unfinished(root)
    try:
        content = root.read(MANIFEST)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise InputError(f"{root}: holds no synthkit dataset (no {MANIFEST})") from None
    except OSError as error:
        raise WorkError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        data = json.loads(content)
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
            reproducible=data["reproducible"],
            notes=None if data.get("notes") is None else tuple(data["notes"]),
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


def parse_sums(root: str | Path | Storage) -> dict[str, str]:
    """Path -> sha256 from ``SHA256SUMS``.

    Raises:
        WorkError: It cannot be read, or a line is not in the format of coreutils; the message names the line.
    """
    sums: dict[str, str] = {}
    try:
        content = open_root(root).read(SUMS)
    except OSError as error:
        raise WorkError(f"{SUMS}: cannot be read: {error.strerror or error}") from None
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line:
            continue
        digest, gap, path = line[:64], line[64:66], line[66:]
        if gap != b"  " or not path or len(digest.translate(None, b"0123456789abcdef")) or len(digest) != 64:
            raise WorkError(f"{SUMS}: line {number} is damaged")
        sums[path.decode("utf-8", "replace")] = digest.decode()
    return sums
