"""Extras that are not installed, as one line instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from synthkit.errors import WorkError

__all__ = ["needs_extra"]


@contextmanager
def needs_extra(extra: str, *modules: str) -> Iterator[None]:
    """Within it a missing module is an error that says what to install.

    Raises:
        WorkError: One of an extra's modules is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "synthkit":
            raise
        what = ", ".join(dict.fromkeys([*modules, error.name.partition(".")[0]]))
        raise WorkError(f"{what} is needed and not installed: pip install 'synthkit[{extra}]'") from error
