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

__all__ = ["READERS", "WRITERS", "open_shard"]

Content = Literal["audio", "text"]

WRITERS: dict[Content, dict[str, Callable[..., Any]]] = {
    "audio": {"parquet": AudioParquetWriter, "wav": WavWriter, "flac": FlacWriter},
    "text": {"parquet": TextParquetWriter, "jsonl": JsonLinesWriter, "tsv": TsvWriter},
}
READERS: dict[Content, dict[str, Callable[..., Any]]] = {
    "audio": {"parquet": AudioParquetReader, "wav": WavReader, "flac": FlacReader},
    "text": {"parquet": TextParquetReader, "jsonl": JsonLinesReader, "tsv": TsvReader},
}


def open_shard(root: Path, path: str, format: str, layout: Layout, factors: Sequence[FactorInfo]) -> ShardReader[Any]:
    """The reader of a shard: of `RawExample` where the layout is that of clips, of `TextExample` where of texts."""
    content: Content = "text" if isinstance(layout, TextLayout) else "audio"
    reader: ShardReader[Any] = READERS[content][format](root, path, layout, factors)
    return reader
