"""What a place for datasets can do, on a disk or in an object store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO, Protocol

from synthkit.records import FileRecord

__all__ = ["TEMPORARY", "Folder", "Sink", "Storage"]

TEMPORARY = ".tmp-"


class Sink(Protocol):
    """A file being written, hashed as it goes; nobody sees it before `commit`."""

    def write(self, data: bytes | memoryview) -> int:
        """Add data, all of it."""

    def commit(self) -> FileRecord:
        """Make it visible, whole, and say what was written."""

    def abort(self) -> None:
        """Leave nothing behind."""


class Folder(Protocol):
    """Files that belong together. A reader opens the last one, which is written last."""

    def write(self, files: Mapping[str, bytes | memoryview]) -> None:
        """Add files by their names in the folder."""

    def commit(self) -> tuple[FileRecord, ...]:
        """Make them all visible; records in the order of writing, with paths below the root."""

    def abort(self) -> None:
        """Leave nothing that a reader opens. In an object store the other files stay: another run may count on them."""


class Storage(ABC):
    """A dataset's directory. All paths are relative to it, with slashes.

    It may be handed to other processes.
    """

    @abstractmethod
    def __str__(self) -> str:
        """As the user wrote it."""

    @property
    @abstractmethod
    def address(self) -> str:
        """What `open_root` finds it by from any working directory."""

    @property
    @abstractmethod
    def local(self) -> Path | None:
        """The directory on a disk; None in an object store."""

    @property
    def shared(self) -> bool:
        """Whether other processes see it."""
        return True

    def place(self, path: str) -> str:
        """How messages name a file."""
        return f"{self}/{path}"

    @abstractmethod
    def make(self) -> None:
        """Make the directory; in an object store see that it can be used."""

    @abstractmethod
    def sizes(self, folder: str = "") -> dict[str, int]:
        """Path -> bytes of all files in a folder, and below it, sorted; hidden ones too. Empty where there is none."""

    @abstractmethod
    def size(self, path: str) -> int | None:
        """Bytes of a file; None where there is no such file."""

    def is_file(self, path: str) -> bool:
        """Whether there is such a file."""
        return self.size(path) is not None

    @abstractmethod
    def holds(self, folder: str) -> bool:
        """Whether there is such a folder (on a disk it may be empty)."""

    @abstractmethod
    def names(self) -> list[str]:
        """Files and folders directly in the directory, sorted."""

    @abstractmethod
    def read(self, path: str) -> bytes:
        """All of a file.

        Raises:
            FileNotFoundError: There is none.
        """

    @abstractmethod
    def open(self, path: str, *, ahead: int = 2**16) -> BinaryIO:
        """A file for random access; a store is asked for at least ``ahead`` bytes at a time.

        Raises:
            FileNotFoundError: There is none.
        """

    @abstractmethod
    def create(self, path: str) -> Sink:
        """Begin a file."""

    @abstractmethod
    def folder(self, path: str) -> Folder:
        """Begin a folder of files that belong together; one that was there before is replaced."""

    def write(self, path: str, data: bytes) -> FileRecord:
        """Write a small file whole or not at all."""
        sink = self.create(path)
        try:
            sink.write(data)
            return sink.commit()
        except BaseException:
            sink.abort()
            raise

    @abstractmethod
    def remove(self, paths: list[str]) -> None:
        """Remove files; those that are not there are no matter."""

    @abstractmethod
    def remove_folder(self, folder: str) -> None:
        """Remove a folder with all that is in it."""

    @abstractmethod
    def remove_temporaries(self) -> None:
        """Remove what killed or failed runs left half done; call it with the lock held."""

    def giving_up(self) -> AbstractContextManager[None]:
        """For cleaning up after an error: in the context nobody waits for an object store, in other threads neither."""
        return nullcontext()

    @abstractmethod
    def hash(self, path: str) -> str:
        """sha256 of a file, 64 hex digits.

        Raises:
            FileNotFoundError: There is none.
        """

    @abstractmethod
    def sync(self) -> None:
        """Make names and removals last through a power cut."""

    @abstractmethod
    def locked(self, *, shared: bool = False) -> AbstractContextManager[Callable[[], None]]:
        """Hold the directory, alone or together with others that share it.

        Returns:
            A context; in it, what to call now and then: it raises where the hold was lost.

        Raises:
            WorkError: Another run holds it.
        """

    def readable(self, paths: list[str]) -> Iterator[tuple[str, bytes]]:
        """Many small files in order; in an object store some at a time."""
        for path in paths:
            yield path, self.read(path)
