"""Tables as parquet, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synthkit.errors import WorkError
from synthkit.storage.files import HashingFile

__all__ = ["write_columns", "write_rows"]


def write_columns(path: Path, columns: Mapping[str, Any]) -> None:
    """Write columns, arrays of one length; folders are made.

    Raises:
        WorkError: They cannot be written.
    """
    try:
        with HashingFile(path.parent, path.name) as file:
            pq.write_table(pa.table(dict(columns)), file)
            file.commit()
    except OSError as error:
        raise WorkError(f"{path}: {error.strerror or error}") from error


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, pa.DataType] | None = None) -> None:
    """Write rows, at least one, that have the same names.

    Args:
        path: The file.
        rows: The rows.
        kinds: Types of columns that may hold nothing but None.

    Raises:
        WorkError: They cannot be written.
    """
    types = kinds or {}
    write_columns(path, {name: pa.array([row[name] for row in rows], types.get(name)) for name in rows[0]})
