"""Formats by name."""

from __future__ import annotations

from collections.abc import Callable

from synthkit.shards.audiofolder import FlacReader, FlacWriter, WavReader, WavWriter
from synthkit.shards.base import ShardReader, ShardWriter
from synthkit.shards.parquet import ParquetReader, ParquetWriter

__all__ = ["READERS", "WRITERS"]

WRITERS: dict[str, Callable[..., ShardWriter]] = {"parquet": ParquetWriter, "wav": WavWriter, "flac": FlacWriter}
READERS: dict[str, Callable[..., ShardReader]] = {"parquet": ParquetReader, "wav": WavReader, "flac": FlacReader}
