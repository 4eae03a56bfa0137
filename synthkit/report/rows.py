"""Small tables that a training left, and what is said of those that are not as it writes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from synthkit.errors import SynthkitError, WorkError

__all__ = ["as_written", "read_rows"]

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


@contextmanager
def as_written(path: Path) -> Iterator[None]:
    """Where the fields of a file are used: one that lacks them was changed by hand, or is of another version.

    Raises:
        WorkError: A field is missing or of another type.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, SynthkitError):
            raise
        what = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise WorkError(f"{path}: is not as this version of synthkit writes it: {what}") from error
