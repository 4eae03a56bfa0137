"""One build asks with a request log at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from synthkit.errors import InputError, WorkError

__all__ = ["clear_lock", "sole_asker"]


@contextlib.contextmanager
def sole_asker(log: Path) -> Iterator[None]:
    """Hold a log while questions are asked: two builds would pay for the same ones, and each spend the whole budget.

    Who only reads the log needs no hold. The lock is the kernel's, so that it ends with its holder. It is on a file of
    its own, since sqlite locks the log itself.

    Args:
        log: The log; made later where there is none.

    Raises:
        InputError: Nothing can be written where the log is.
        WorkError: Another build asks.
    """
    log = log.resolve()
    lock = log.with_name(f"{log.name}.lock")
    handle = _taken(lock, log)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(handle)


def clear_lock(log: Path) -> None:
    """Remove the file of a lock that a killed build has left; one that is held stays."""
    if log.with_name(f"{log.name}.lock").is_file():
        with contextlib.suppress(InputError, WorkError), sole_asker(log):
            pass


def _taken(lock: Path, log: Path) -> int:
    while True:
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
        except OSError as error:
            raise InputError(f"{log}: {lock.name} cannot be made beside it: {error.strerror}") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise WorkError(
                f"{log}: another build asks with this log; wait until it has asked and run the same command again "
                "(what it paid is not paid twice), or give another --log FILE"
            ) from None
        if _is(lock, handle):
            return handle
        os.close(handle)  # its holder has put it away in this moment


def _is(lock: Path, handle: int) -> bool:
    try:
        return os.path.samestat(lock.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
