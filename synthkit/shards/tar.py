"""Tar archives: members with nothing of a machine or a clock in their headers, and where each member lies."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from synthkit.errors import WorkError

__all__ = ["BLOCK", "Bytes", "Member", "end", "member", "members"]

BLOCK = 512
_RECORD = 20 * BLOCK  # what tar programs round an archive up to
_EMPTY = bytes(BLOCK)


class Bytes(Protocol):
    """An archive that is read by ranges of its bytes."""

    def at(self, offset: int, size: int) -> bytes:
        """Bytes from an offset on; fewer where the archive ends before."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: ``size`` bytes at ``offset``."""

    name: str
    offset: int
    size: int


def member(name: str, data: bytes | memoryview) -> Iterable[bytes | memoryview]:
    """A file as an archive holds it: header, content, padding to whole blocks of 512 bytes.

    The header is that of POSIX 1988 (ustar), mode 0644, of owner 0 without a name, of the time 0.

    Args:
        name: At most 100 bytes of ASCII.
        data: The content.
    """
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict"), data, bytes(-len(data) % BLOCK)


def end(size: int) -> bytes:
    """What ends an archive of ``size`` bytes: two empty blocks, and zeros up to a whole record of 10,240 bytes."""
    closing = 2 * BLOCK
    return bytes(closing + -(size + closing) % _RECORD)


def members(archive: Bytes, path: str) -> Iterator[Member]:
    """The members of an archive in order; only headers are read.

    Raises:
        WorkError: A header is damaged, or the archive is cut off.
    """
    offset = 0
    while True:
        header = archive.at(offset, BLOCK)
        if header == _EMPTY:
            if archive.at(offset + BLOCK, BLOCK) != _EMPTY:
                raise WorkError(f"{path}: its end is damaged")
            return
        try:
            info = tarfile.TarInfo.frombuf(header, "ascii", "strict")
        except (tarfile.HeaderError, ValueError) as error:
            cut = " (the archive is cut off)" if len(header) < BLOCK else ""
            raise WorkError(f"{path}: damaged at byte {offset}: {error}{cut}") from None
        if not info.isreg() or info.size < 0:
            raise WorkError(f"{path}: damaged at byte {offset}: {info.name!r} is no file")
        yield Member(info.name, offset + BLOCK, info.size)
        offset += BLOCK + info.size + -info.size % BLOCK
