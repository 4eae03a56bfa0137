"""A lock in an object store: an object that its holder renews.

A store has no locks that end with their holder, and the clocks of two machines may differ by hours. So nobody writes
down a time: the holder counts up, and who finds the lock held watches, by a clock of its own that only runs forward,
whether the count moves. One that stands still for `lease_seconds` belongs to the dead and is taken over.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
import time
from contextlib import AbstractContextManager
from typing import Protocol

from synthkit.errors import InputError, WorkError

__all__ = ["LOCK", "Lease", "lease_seconds"]

LOCK = ".synthkit/lock"
_SECONDS = 30.0
_BEATS = 6  # renewals in that time


class _Place(Protocol):
    def read(self, path: str) -> bytes: ...
    def put(self, path: str, data: bytes) -> None: ...
    def put_new(self, path: str, data: bytes) -> None: ...
    def remove(self, paths: list[str]) -> None: ...
    def giving_up(self) -> AbstractContextManager[None]: ...


def lease_seconds() -> float:
    """How long a run may show no sign of life before another takes over; ``SYNTHKIT_LEASE_SECONDS`` changes it."""
    text = os.environ.get("SYNTHKIT_LEASE_SECONDS", "")
    if not text:
        return _SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InputError(f"SYNTHKIT_LEASE_SECONDS: must be a number of seconds > 0, not {text!r}")
    return seconds


class Lease:
    """The lock of one dataset.

    Args:
        place: Its storage.
    """

    def __init__(self, place: _Place) -> None:
        self._place = place
        self._token = secrets.token_hex(8)
        self._seconds = lease_seconds()
        self._count = 0
        self._renewed = 0.0  # by this process's own clock
        self._lost = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self) -> None:
        """Take it, from the dead too.

        Raises:
            WorkError: A living run holds it.
        """
        while True:
            try:
                self._place.put_new(LOCK, self._content())
                break
            except FileExistsError:
                known = self._known()
                if known is None:
                    continue  # given back just now
                if _token(known) == self._token:
                    break  # our own: the answer to the first try was lost on its way
                self._wait_for_death(known)
        self._renewed = time.monotonic()
        self._thread = threading.Thread(target=self._renew, daemon=True)
        self._thread.start()

    def refuse_held(self) -> None:
        """Refuse to work beside a run that holds it alone.

        Raises:
            WorkError: A living run holds it.
        """
        known = self._known()
        if known is not None:
            self._wait_for_death(known)

    def check(self) -> None:
        """See that it is still ours.

        A store that is away takes no lock away: nobody else reaches it. So who could not renew for too long looks.

        Raises:
            InputError: The store refuses to be asked.
            WorkError: Another run has taken it, as this one was not heard of for too long; or the store is away.
        """
        late = time.monotonic() - self._renewed > self._seconds
        if self._lost.is_set() or (late and not self._is_ours()):
            raise WorkError(
                f"{self._place}: another run has taken over, as this one was cut off for more than "
                f"{self._seconds:g} s; what was finished stays"
            )

    def release(self) -> None:
        """Give it back."""
        self._ended.set()
        if self._thread is not None:
            with self._place.giving_up():  # a renewal is not worth a wait any more
                self._thread.join()
        with contextlib.suppress(Exception):  # the store is away, or refuses: the next run waits a little longer
            if self._is_ours():
                self._place.remove([LOCK])

    def _wait_for_death(self, known: bytes) -> None:
        """Watch a lock; comes back, with the lock removed, when its holder has shown no sign of life."""
        deadline = time.monotonic() + self._seconds
        while time.monotonic() < deadline:
            time.sleep(self._seconds / _BEATS / 2)
            now = self._known()
            if now is None:
                return
            if now != known:
                raise WorkError(f"{self._place}: another run is writing here; wait for it, or choose another --out")
        if self._known() == known:
            self._place.remove([LOCK])

    def _renew(self) -> None:
        while not self._ended.wait(self._seconds / _BEATS):
            with contextlib.suppress(Exception):  # the next one may get through; where none does, `check` finds out
                if not self._is_ours():
                    self._lost.set()
                    return
                now = time.monotonic()
                self._count += 1
                self._place.put(LOCK, self._content())
                self._renewed = now

    def _is_ours(self) -> bool:
        known = self._known()
        return known is not None and _token(known) == self._token

    def _known(self) -> bytes | None:
        try:
            return self._place.read(LOCK)
        except FileNotFoundError:
            return None

    def _content(self) -> bytes:
        return json.dumps({"holder": self._token, "count": self._count}).encode()


def _token(content: bytes) -> str:
    try:
        found = json.loads(content)
        return str(found["holder"])
    except (ValueError, KeyError, TypeError):
        return ""
