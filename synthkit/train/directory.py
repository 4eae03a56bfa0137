"""Directories of trainings and sweeps: one writer at a time, and the old one is kept until the new one has begun."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from synthkit.errors import InputError, WorkError
from synthkit.storage.base import TEMPORARY
from synthkit.storage.files import temporary_name

__all__ = ["Replacement", "explained", "held", "remove_leftovers"]


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Within it nothing else trains in a directory, which is made where it is not there.

    The lock is the kernel's, so that it ends with the process, however that ends.

    Raises:
        InputError: It cannot be a directory: a file is in the way.
        WorkError: Another training is writing there, or it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise InputError(f"{path}: is a file; a training is kept in a directory") from None
    except NotADirectoryError as error:
        raise InputError(f"{path}: {error.strerror}; choose another directory") from None
    except OSError as error:
        raise WorkError(f"{path}: {error.strerror or error}") from error
    with explained(path):
        handle = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkError(
                f"{path}: another training is writing here; wait for it, or choose another directory"
            ) from None
        except OSError:
            pass  # file systems over a network may lock no directories: those are trained on without a lock
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Within it, what the system refuses is told with the name of a file.

    Raises:
        WorkError: The system refused something.
    """
    try:
        yield
    except OSError as error:
        raise WorkError(f"{path}: {error.strerror or error}") from error


class Replacement:
    """A directory that begins anew: what it held stays in it, under a temporary name, until it is settled.

    The directory itself stays, as does the lock on it.

    Args:
        path: The directory.
        shared: Names that stay in their place; None to move everything out of the way.
        order: Name -> its turn to be moved, 0 for all others: what a kill leaves in between must still be understood.

    Raises:
        WorkError: Something cannot be moved; all is back in its place.
    """

    def __init__(self, path: Path, shared: Collection[str] | None, order: Mapping[str, int]) -> None:
        self._path, self._order = path, order
        self._aside: Path | None = None
        self._keep: Collection[str] = shared or ()
        if shared is not None:
            return
        self._aside = path / temporary_name("old")
        self._keep = (self._aside.name,)
        try:
            with explained(path):
                entries = sorted(path.iterdir(), key=self._turn)
                self._aside.mkdir()
                for entry in entries:
                    entry.rename(self._aside / entry.name)
        except BaseException:
            self._bring_back()
            raise

    def settle(self) -> None:
        """Remove what was there before."""
        if self._aside is not None:
            _remove(self._aside)

    def undo(self) -> None:
        """Remove what is new, and bring back what was there before."""
        for entry in self._path.iterdir():
            if entry.name not in self._keep:
                _remove(entry)
        self._bring_back()

    def _bring_back(self) -> None:
        if self._aside is None or not self._aside.is_dir():
            return
        with explained(self._path):
            for entry in sorted(self._aside.iterdir(), key=self._turn, reverse=True):
                entry.rename(self._path / entry.name)
            self._aside.rmdir()

    def _turn(self, path: Path) -> int:
        return self._order.get(path.name, 0)


def remove_leftovers(*folders: Path) -> None:
    """Remove what killed trainings left half written; only for who holds the directory."""
    for folder in folders:
        for path in folder.glob(f"{TEMPORARY}*"):
            _remove(path)


def _remove(path: Path) -> None:
    """A file or a folder, as far as that can be done."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
