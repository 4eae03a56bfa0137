"""Small tables that a training left, as rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from synthkit.errors import WorkError

__all__ = ["read_rows"]

Row = dict[str, Any]


def read_rows(path: Path) -> list[Row]:
    """The rows of a parquet file; none where there is no such file.

    Raises:
        WorkError: It is damaged.
    """
    if not path.is_file():
        return []
    try:
        found: list[Row] = pq.read_table(path).to_pylist()
    except (OSError, ValueError) as error:
        raise WorkError(f"{path}: damaged: {error}") from None
    return found
