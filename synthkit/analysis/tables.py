"""Findings as parquet: ``attention``, ``states``, ``similarity`` and ``probes``, before and after training."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synthkit.analysis.inspect import Findings

__all__ = ["TABLES", "write_table", "write_tables"]

TABLES = ("attention", "states", "similarity", "probes")


def write_tables(found: Mapping[str, Findings], folder: Path) -> list[Path]:
    """A file for each table that has rows, with a column ``when``: ``before`` or ``after``."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in TABLES:
        rows = [{"when": when, **row} for when, each in found.items() for row in getattr(each, name)]
        if rows:
            written.append(write_table(rows, folder / f"{name}.parquet"))
    return written


def write_table(rows: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Rows with the same names, as parquet; whole or not at all."""
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    columns = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
    empty = {n: pa.array(c.to_pylist(), pa.float64()) for n, c in columns.items() if pa.types.is_null(c.type)}
    pq.write_table(pa.table({**columns, **empty}), temporary)
    temporary.replace(path)
    return path
