"""Findings as parquet: ``attention``, ``states``, ``similarity`` and ``probes``, before and after training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from synthkit.analysis.inspect import Findings
from synthkit.train.parquet import write_rows

__all__ = ["TABLES", "write_tables"]

TABLES = ("attention", "states", "similarity", "probes")
_KINDS = {"chance": pa.float64(), "cka": pa.float64()}  # None where there is no such number


def write_tables(found: Mapping[str, Findings], folder: Path) -> list[Path]:
    """A file for each table that has rows, with a column ``when``: ``before`` or ``after``."""
    written: list[Path] = []
    for name in TABLES:
        rows = [{"when": when, **row} for when, each in found.items() for row in getattr(each, name)]
        if rows:
            written.append(folder / f"{name}.parquet")
            write_rows(written[-1], rows, _KINDS)
    return written
