"""What a hub refuses, in words that help, and never with a token in them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from synthkit.errors import InputError, SynthkitError, WorkError

__all__ = ["asked", "hidden"]

T = TypeVar("T")

_WAITS = (1.0, 3.0)
_SHOWN = 300
_NETWORK = {"TransportError", "ConnectionError", "TimeoutError", "TimeoutException"}
_MEANING = {
    401: "the hub does not know the token: see that HF_TOKEN is set and right, or log in with `hf auth login`",
    403: "the token may not write there: it needs the right to write to repositories of this owner",
    404: "the hub knows no such owner, repository or revision",
}


def asked(where: str, token: str, call: Callable[[], T]) -> T:
    """Call a hub, and again where what went wrong may pass.

    Args:
        where: The repository, for messages.
        token: What must not be said.
        call: What to do; it does the same each time.

    Raises:
        InputError: The token, its rights, or the repository's name.
        WorkError: The hub does not answer, or something else went wrong.
    """
    for wait in (*_WAITS, None):
        try:
            return call()
        except SynthkitError:
            raise
        except Exception as error:
            refused = _refusal(where, token, error)
            if wait is None or not _passes(error):
                raise refused from None
        time.sleep(wait)
    raise WorkError(f"{where}: not reached")


def hidden(text: str, token: str) -> str:
    """A text without the token, on one line, not too long."""
    return " ".join(text.replace(token, "***").split())[:_SHOWN]


def _refusal(where: str, token: str, error: Exception) -> SynthkitError:
    status = _status(error)
    if status in _MEANING:
        return InputError(f"{where}: {_MEANING[status]} ({status})")
    said = hidden(str(_cause(error)), token) or type(error).__name__
    if status is not None and 400 <= status < 500:
        return InputError(f"{where}: the hub refuses it ({status}): {said}")
    what = f"the hub failed ({status})" if status is not None else "the hub cannot be reached"
    if status is None and not _is_network(error):
        what = "publishing failed"
    return WorkError(f"{where}: {what}: {said}; what was sent stays: run the same command to go on")


def _cause(error: BaseException) -> BaseException:
    """What a hub answered, behind an error of an upload in a thread; the error itself where it did not answer."""
    found: BaseException | None = error
    while found is not None and _response(found) is None:
        found = found.__cause__
    return error if found is None else found


def _response(error: BaseException) -> object | None:
    found: object | None = getattr(error, "response", None)
    return found


def _status(error: Exception) -> int | None:
    code = getattr(_response(_cause(error)), "status_code", None)
    return code if isinstance(code, int) else None


def _is_network(error: Exception) -> bool:
    """By name, since huggingface_hub has changed the package that it calls the network with."""
    found: BaseException | None = error
    while found is not None:
        if {kind.__name__ for kind in type(found).__mro__} & _NETWORK:
            return True
        found = found.__cause__
    return False


def _passes(error: Exception) -> bool:
    status = _status(error)
    if type(error).__name__ == "OfflineModeIsEnabled":
        return False
    return status in (429, 500, 502, 503, 504) or (status is None and _is_network(error))
