"""A file that is read by ranges of its bytes."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any

__all__ = ["RangeReader"]


class RangeReader(io.RawIOBase):
    """Random access to an object; every read is one request.

    Args:
        fetch: Gives the bytes from a start to an end.
        size: Bytes of the object.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"seek to {start + offset}, in front of the file")
        self._place = start + offset
        return self._place

    def readinto(self, buffer: Any) -> int:
        end = min(self._place + len(buffer), self._size)
        if end <= self._place:
            return 0
        data = self._fetch(self._place, end)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
