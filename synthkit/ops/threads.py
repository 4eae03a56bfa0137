"""How many threads a kernel may use."""

from __future__ import annotations

import os
from numbers import Integral
from typing import Any

from synthkit.errors import InputError

__all__ = ["MAX_THREADS", "thread_count"]

MAX_THREADS = 4096


def thread_count(threads: Any) -> int:
    """``threads``, checked; for None, one for each core that this process may run on."""
    if threads is None:
        return len(os.sched_getaffinity(0))
    whole = isinstance(threads, Integral) or (isinstance(threads, float) and threads.is_integer())
    if isinstance(threads, bool) or not whole or not 1 <= threads <= MAX_THREADS:
        raise InputError(f"threads: must be a whole number from 1 to {MAX_THREADS}, not {threads!r}")
    return int(threads)
