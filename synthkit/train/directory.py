"""Directories of trainings and sweeps: one writer at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from synthkit.errors import InputError, WorkError
from synthkit.storage.base import TEMPORARY

__all__ = ["clear", "explained", "held", "others", "remove_leftovers"]


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


def others(path: Path, known: Collection[str]) -> set[str]:
    """Names in a directory, but for some and for what a kill left half written; none where there is no directory."""
    names = {entry.name for entry in path.iterdir()} if path.is_dir() else set()
    return {name for name in names.difference(known) if not name.startswith(TEMPORARY)}


def clear(path: Path, keep: Collection[str]) -> None:
    """Remove what a directory holds, but for some names.

    Raises:
        WorkError: Something cannot be removed.
    """
    with explained(path):
        for entry in path.iterdir():
            if entry.name not in keep:
                _remove(entry)


def remove_leftovers(*folders: Path) -> None:
    """Remove what killed trainings left half written; only for who holds the directory."""
    for folder in folders:
        for path in folder.glob(f"{TEMPORARY}*"):
            with contextlib.suppress(OSError):
                _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
