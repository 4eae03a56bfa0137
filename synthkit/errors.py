"""Errors whose message is all that a user needs; the command line prints them without a traceback."""

from __future__ import annotations

__all__ = ["InputError", "SynthkitError", "WorkError"]


class SynthkitError(Exception):
    """Base of all errors that synthkit raises on purpose."""

    exit_code = 1


class InputError(SynthkitError, ValueError):
    """What was given is wrong: a recipe, a flag, an argument. Exit code 2; nothing was written."""

    exit_code = 2


class WorkError(SynthkitError, RuntimeError):
    """The work failed though the input was good: disk full, a damaged file, a lock. Exit code 1."""
