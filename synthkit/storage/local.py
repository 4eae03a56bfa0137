"""A directory on a disk: files are renamed into place, the lock is the kernel's."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from synthkit.errors import WorkError
from synthkit.records import FileRecord
from synthkit.storage.base import TEMPORARY, Folder, Storage
from synthkit.storage.files import HashingFile, hash_file, sync_folder, temporary_name

__all__ = ["LocalStorage"]


class LocalStorage(Storage):
    """Files below a directory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __str__(self) -> str:
        return str(self._root)

    @property
    def address(self) -> str:
        return str(self._root.resolve())

    @property
    def local(self) -> Path:
        return self._root

    def make(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)

    def sizes(self, folder: str = "") -> dict[str, int]:
        found = {}
        for path in (self._root / folder).rglob("*"):
            with contextlib.suppress(FileNotFoundError):  # a temporary file that another run has just renamed
                if path.is_file():
                    found[path.relative_to(self._root).as_posix()] = path.stat().st_size
        return dict(sorted(found.items()))

    def size(self, path: str) -> int | None:
        file = self._root / path
        return file.stat().st_size if file.is_file() else None

    def holds(self, folder: str) -> bool:
        return (self._root / folder).is_dir()

    def names(self) -> list[str]:
        return sorted(path.name for path in self._root.iterdir()) if self._root.is_dir() else []

    def read(self, path: str) -> bytes:
        return (self._root / path).read_bytes()

    def open(self, path: str, *, ahead: int = 2**16) -> BinaryIO:  # noqa: ARG002 - the system reads ahead
        return (self._root / path).open("rb")

    def create(self, path: str) -> HashingFile:
        return HashingFile(self._root, path)

    def folder(self, path: str) -> Folder:
        return _LocalFolder(self._root, path)

    def remove(self, paths: list[str]) -> None:
        for path in paths:
            (self._root / path).unlink(missing_ok=True)

    def remove_folder(self, folder: str) -> None:
        shutil.rmtree(self._root / folder, ignore_errors=True)

    def remove_temporaries(self) -> None:
        for folder in (self._root, self._root / "data"):
            for half in folder.glob(f"{TEMPORARY}*"):
                if half.is_dir():
                    shutil.rmtree(half)
                else:
                    half.unlink(missing_ok=True)

    def hash(self, path: str) -> str:
        return hash_file(self._root / path)

    def sync(self) -> None:
        sync_folder(self._root)

    @contextlib.contextmanager
    def locked(self, *, shared: bool = False) -> Iterator[Callable[[], None]]:
        """The lock is the kernel's, so that it ends with the process, however that ends."""
        handle = os.open(self._root, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WorkError(f"{self}: another run is writing here; wait for it, or choose another --out") from None
            yield _held
        finally:
            os.close(handle)


def _held() -> None:
    """The kernel takes no lock away."""


class _LocalFolder:
    """Fills a folder with a temporary name; the rename of the folder is what makes its files visible."""

    def __init__(self, root: Path, path: str) -> None:
        final = root / path
        self._root = root
        self._final = path
        self._temporary = final.with_name(temporary_name(final.name)).relative_to(root).as_posix()
        self._files: list[FileRecord] = []
        (root / self._temporary).mkdir(parents=True)

    def write(self, files: Mapping[str, bytes | memoryview]) -> None:
        for name, data in files.items():
            with HashingFile(self._root, f"{self._temporary}/{name}") as file:
                file.write(data)
                record = file.commit(sync_parent=False)
            self._files.append(FileRecord(f"{self._final}/{name}", record.bytes, record.sha256))

    def commit(self) -> tuple[FileRecord, ...]:
        final = self._root / self._final
        if final.exists():
            shutil.rmtree(final)
        (self._root / self._temporary).rename(final)
        sync_folder(final.parent)
        return tuple(self._files)

    def abort(self) -> None:
        shutil.rmtree(self._root / self._temporary, ignore_errors=True)
