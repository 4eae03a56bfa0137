"""How far a piece of work is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build or a check is.

    Attributes:
        done: Examples that are finished; a build that goes on counts those that were there.
        total: Examples in all.
        bytes: Bytes written or read by this run.
        said: What else there is to tell.
    """

    done: int
    total: int
    bytes: int
    said: str = ""
