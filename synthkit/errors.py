"""Errors whose message is all that a user needs; the command line prints them without a traceback."""

from __future__ import annotations

__all__ = ["ExamplesError", "InputError", "SynthkitError", "UtteranceError", "WorkError"]


class SynthkitError(Exception):
    """Base of all errors that synthkit raises on purpose."""

    exit_code = 1


class InputError(SynthkitError, ValueError):
    """What was given is wrong: a recipe, a flag, an argument. Exit code 2; nothing was written."""

    exit_code = 2


class WorkError(SynthkitError, RuntimeError):
    """The work failed though the input was good: disk full, a damaged file, a lock. Exit code 1."""


class UtteranceError(WorkError):
    """One utterance could not be made, though its engine works; others may succeed."""


class ExamplesError(WorkError):
    """Some examples of a batch could not be made.

    Attributes:
        failures: (id of the example, what went wrong), one for each, in order.
    """

    def __init__(self, failures: tuple[tuple[str, str], ...]) -> None:
        super().__init__("\n".join(f"{id}: {what}" for id, what in failures))
        self.failures = failures

    def __reduce__(self) -> tuple[type[ExamplesError], tuple[tuple[tuple[str, str], ...]]]:
        return type(self), (self.failures,)  # workers send it to their parent
