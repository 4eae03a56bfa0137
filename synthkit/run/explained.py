"""Turns what the system says into what a user can do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from synthkit.errors import ExamplesError, SynthkitError, WorkError
from synthkit.storage import Storage

__all__ = ["explained"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# Of dask.distributed, which is not imported here. By name: KilledWorker is raised where a task took workers down.
_LOST = {"KilledWorker", "CommClosedError", "FutureCancelledError", "NoWorkerError", "TimeoutError"}


@contextmanager
def explained(root: Storage) -> Iterator[None]:
    """Errors of workers, executors and the system as a `WorkError` that says what to do."""
    again = "what was finished stays: free some room and run the same command to go on"
    try:
        yield
    except ExamplesError as error:
        raise WorkError(f"{root}: stopped at the first failure; what was finished stays\n{error}") from None
    except SynthkitError:
        raise
    except BrokenProcessPool:
        raise WorkError(
            f"{root}: a worker process died: killed, out of memory, or the calling script has no "
            "`if __name__ == '__main__'` guard; run the same command to go on"
        ) from None
    except (BrokenExecutor, CancelledError) as error:
        raise _lost(root, error) from None
    except Exception as error:
        if type(error).__name__ in _LOST:
            raise _lost(root, error) from None
        if not isinstance(error, OSError):
            raise
        where = error.filename or root
        if error.errno in _FULL:
            raise WorkError(f"{where}: {error.strerror}; {again}") from None
        raise WorkError(f"{where}: {error.strerror or error}") from None


def _lost(root: Storage, error: BaseException) -> WorkError:
    return WorkError(
        f"{root}: the workers or their scheduler are gone ({type(error).__name__}): killed, out of memory, or cut off; "
        "what was finished stays: run the same command to go on"
    )
