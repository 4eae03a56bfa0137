"""Files of sequences: looked through once, then read record by record."""

from __future__ import annotations

import gzip
import hashlib
import mmap
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from synthkit.errors import InputError

__all__ = ["Data", "SequenceFile", "place"]

_CHUNK = 2**20
_MOST_UNPACKED = 2**30

Data = bytes | mmap.mmap


class SequenceFile:
    """One file, as it is or packed with gzip.

    A plain file is mapped while it is looked through, and opened anew for every batch, which reads its own records
    only. A packed one is unpacked into memory, 1 GiB at most, for nothing in it can be found otherwise.

    Args:
        path: Where it is; packed where it ends in ``.gz``.

    Raises:
        InputError: It cannot be read, is empty or damaged; the message says where.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._state = _state(path.stat())
            if not self._state[0]:
                raise InputError(f"{path}: is empty: it ends at byte 0")
            self._unpacked = _unpacked(path) if path.suffix == ".gz" else None
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from None

    @contextmanager
    def looked_through(self) -> Iterator[Data]:
        """The whole content."""
        if self._unpacked is not None:
            yield self._unpacked
            return
        try:
            with self.path.open("rb") as file:
                # Not closed by hand: a match that an error keeps alive may still point into it.
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # a ValueError where it has become empty
            raise InputError(f"{self.path}: {getattr(error, 'strerror', None) or error}") from None
        yield data

    def read(self, spans: Sequence[tuple[int, int]]) -> list[bytes]:
        """What lies from a first byte to before a last one, for each span.

        Raises:
            InputError: The file is another than it was when it was opened.
        """
        if self._unpacked is not None:
            return [self._unpacked[start:end] for start, end in spans]
        found = [b""] * len(spans)
        try:
            with self.path.open("rb") as file:
                if _state(os.fstat(file.fileno())) != self._state:
                    raise InputError(f"{self.path}: was changed while it was read")
                for k in sorted(range(len(spans)), key=spans.__getitem__):
                    file.seek(spans[k][0])
                    found[k] = file.read(spans[k][1] - spans[k][0])
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror or error}") from None
        return found

    def sha256(self) -> str:
        """Of the file as it lies there: what ``sha256sum`` says."""
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror or error}") from None


def place(data: Data, offset: int) -> str:
    """``line 3, byte 120``: lines are counted from 1, bytes from 0."""
    lines = sum(data[k : min(k + _CHUNK, offset)].count(b"\n") for k in range(0, offset, _CHUNK))
    return f"line {lines + 1}, byte {offset}"


def _state(found: os.stat_result) -> tuple[int, int]:
    return found.st_size, found.st_mtime_ns


def _unpacked(path: Path) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        with gzip.open(path) as file:
            while some := file.read(_CHUNK):
                parts.append(some)
                size += len(some)
                if size > _MOST_UNPACKED:
                    raise InputError(f"{path}: holds more than {_MOST_UNPACKED} bytes; unpack it, and name that file")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: truncated or damaged after {size} unpacked bytes: {error}") from None
    if not size:
        raise InputError(f"{path}: is empty: it ends at byte 0, unpacked")
    return b"".join(parts)
