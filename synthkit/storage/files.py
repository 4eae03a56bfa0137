"""Files that are either whole or absent: written to a temporary name, synced, hashed, renamed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from synthkit.records import FileRecord
from synthkit.storage.base import TEMPORARY
from synthkit.storage.write_only import WriteOnly

__all__ = ["HashingFile", "hash_file", "sync_folder", "temporary_name", "write_file"]

_CHUNK = 4 * 2**20
_SYNC_EVERY = 16 * 2**20


class HashingFile(WriteOnly):
    """A file being written, hashed as it goes; it gets its name only when it is whole and on the disk.

    Args:
        root: The dataset's directory.
        path: Final path below it.
    """

    def __init__(self, root: Path, path: str) -> None:
        self._root = root
        self._path = path
        final = root / path
        final.parent.mkdir(parents=True, exist_ok=True)
        self._temporary = final.with_name(temporary_name(final.name))
        self._file = self._temporary.open("wb", buffering=0)
        self._hash = hashlib.sha256()
        self._sync: threading.Thread | None = None
        self._synced = 0

    def write(self, data: bytes | memoryview) -> int:
        """Write all of the data (a raw file may take less than it is given); nothing after `abort`."""
        view = memoryview(data).cast("B")
        if self._file.closed:  # a writer on top of us that is closed late, after an error, writes its footer
            return len(view)
        self._hash.update(view)
        done = 0
        while done < len(view):
            done += self._file.write(view[done:]) or 0
        self._bytes += len(view)
        if self._bytes - self._synced >= _SYNC_EVERY:
            self._start_sync()
        return len(view)

    def _start_sync(self) -> None:
        """Let the disk work while the next examples are made; the last sync then has little left to do."""
        if self._sync is not None and self._sync.is_alive():
            return
        self._synced = self._bytes
        self._sync = threading.Thread(target=_sync_quietly, args=(self._file.fileno(),), daemon=True)
        self._sync.start()

    def _join_sync(self) -> None:
        if self._sync is not None:
            self._sync.join()
            self._sync = None

    def commit(self, *, sync_parent: bool = True) -> FileRecord:
        """Sync, rename, and say what was written.

        Args:
            sync_parent: Also make the rename itself last; left out where the folder will be renamed as a whole.
        """
        self._join_sync()
        os.fsync(self._file.fileno())
        self._file.close()
        final = self._root / self._path
        self._temporary.replace(final)
        if sync_parent:
            sync_folder(final.parent)
        return FileRecord(self._path, self._bytes, self._hash.hexdigest())

    def abort(self) -> None:
        """Remove what was written."""
        self._join_sync()
        self._file.close()
        self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            with contextlib.suppress(OSError):
                self.abort()


def temporary_name(name: str) -> str:
    """A name that nobody else takes: not a killed run whose leftover is there, nor a worker on another machine."""
    return f"{TEMPORARY}{secrets.token_hex(6)}-{name}"


def _sync_quietly(handle: int) -> None:
    """An early sync; an error shows again in the one that counts."""
    with contextlib.suppress(OSError):
        os.fdatasync(handle)


def write_file(root: Path, path: str, data: bytes) -> FileRecord:
    """Write a small file whole or not at all."""
    with HashingFile(root, path) as file:
        file.write(data)
        return file.commit()


def hash_file(path: Path) -> str:
    """sha256 of a file, 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
