"""What writers on top of a sink ask of a file."""

from __future__ import annotations

__all__ = ["WriteOnly"]


class WriteOnly:
    """A file that is only added to. Subclasses count their bytes in ``_bytes``."""

    _bytes = 0
    closed = False

    def tell(self) -> int:
        return self._bytes

    def flush(self) -> None:
        """Nothing is held back for longer than `commit`."""

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        """For callers that close what they were given; `commit` is what makes it visible."""
        self.closed = True
