"""Formats by what they hold and by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from synthkit.records import FactorInfo, Layout, TextLayout
from synthkit.shards.audio_parquet import AudioParquetReader, AudioParquetWriter
from synthkit.shards.audiofolder import FlacReader, FlacWriter, WavReader, WavWriter
from synthkit.shards.base import ShardReader
from synthkit.shards.text_lines import JsonLinesReader, JsonLinesWriter, TsvReader, TsvWriter
from synthkit.shards.text_parquet import TextParquetReader, TextParquetWriter
from synthkit.shards.webdataset import AudioTarReader, AudioTarWriter, TextTarReader, TextTarWriter
from synthkit.storage import Storage, open_root

__all__ = ["READERS", "WRITERS", "open_shard"]

Content = Literal["audio", "text"]

WRITERS: dict[Content, dict[str, Callable[..., Any]]] = {
    "audio": {"parquet": AudioParquetWriter, "wav": WavWriter, "flac": FlacWriter, "webdataset": AudioTarWriter},
    "text": {"parquet": TextParquetWriter, "jsonl": JsonLinesWriter, "tsv": TsvWriter, "webdataset": TextTarWriter},
}
READERS: dict[Content, dict[str, Callable[..., Any]]] = {
    "audio": {"parquet": AudioParquetReader, "wav": WavReader, "flac": FlacReader, "webdataset": AudioTarReader},
    "text": {"parquet": TextParquetReader, "jsonl": JsonLinesReader, "tsv": TsvReader, "webdataset": TextTarReader},
}


def open_shard(
    root: str | Path | Storage, path: str, format: str, layout: Layout, factors: Sequence[FactorInfo]
) -> ShardReader[Any]:
    """The reader of a shard: of `RawExample` where the layout is that of clips, of `TextExample` where of texts."""
    content: Content = "text" if isinstance(layout, TextLayout) else "audio"
    reader: ShardReader[Any] = READERS[content][format](open_root(root), path, layout, factors)
    return reader
