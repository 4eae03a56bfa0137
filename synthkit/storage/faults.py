"""What can go wrong with an object store: what passes if one waits, and what a user must mend."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from synthkit.errors import InputError, SynthkitError, WorkError

__all__ = ["patience", "patiently"]

T = TypeVar("T")

_PATIENCE = 300.0
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 15.0
_PASSING = {errno.EREMOTEIO, errno.EBUSY, errno.EIO, errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT}
_PASSING |= {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNABORTED}
# By name, since the packages that define them are not imported here.
_PASSING_NAMES = {
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ReadTimeoutError",
    "HTTPClientError",
    "ResponseParserError",
    "IncompleteReadError",
    "ResponseStreamingError",
    "ClientError",  # aiohttp's; botocore's is turned into an OSError before
    "ClientConnectorError",
    "ClientPayloadError",
    "ServerDisconnectedError",
    "FSTimeoutError",
    "HttpError",  # of gcsfs; told apart by its code
    "TransportError",
}
_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError"}
_NO_CREDENTIALS |= {"DefaultCredentialsError", "RefreshError", "ProfileNotFound"}
_NEVER = threading.Event()
_CLOCK = ("RequestTimeTooSkewed", "RequestExpired", "difference between the request time")


def patience() -> float:
    """Seconds that a store may be away before a run gives up; ``SYNTHKIT_STORAGE_PATIENCE`` changes it."""
    text = os.environ.get("SYNTHKIT_STORAGE_PATIENCE", "")
    if not text:
        return _PATIENCE
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise InputError(f"SYNTHKIT_STORAGE_PATIENCE: must be a number of seconds >= 0, not {text!r}")
    return seconds


def patiently(where: str, call: Callable[[], T], giving_up: threading.Event = _NEVER) -> T:
    """Call, and again where what went wrong may pass; ``call`` must do the same each time.

    Args:
        where: The place, for messages.
        call: What to do.
        giving_up: While it is set nothing is waited for, and who waits stops.

    Raises:
        FileNotFoundError: Handed on.
        FileExistsError: Handed on.
        InputError: Wrong or missing credentials, no such bucket, a wrong clock: nothing that passes.
        WorkError: The store was away for longer than `patience`, or is away while the run gives up.
    """
    deadline: float | None = None
    wait = _FIRST_WAIT
    while True:
        try:
            return call()
        except (FileNotFoundError, FileExistsError, SynthkitError):
            raise
        except Exception as error:
            refused = _refusal(where, error)
            if refused is not None:
                raise refused from None
            if not _passes(error):
                raise
            now = time.monotonic()
            deadline = now + patience() if deadline is None else deadline
            late = now + wait > deadline
            if late or giving_up.wait(wait):
                how_long = f" for {patience():g} s" if late else ""
                raise WorkError(
                    f"{where}: the object store did not answer{how_long} ({_said(error)}); what was finished stays: "
                    "run the same command to go on"
                ) from None
        wait = min(2 * wait, _LONGEST_WAIT)


def _refusal(where: str, error: Exception) -> InputError | None:
    """What a user must mend. What the store said is not repeated: it may hold parts of a key."""
    text = f"{_code(error)} {error}"
    if any(word in text for word in _CLOCK):
        return InputError(f"{where}: the store refuses requests, as the clock of this machine is wrong; set it")
    if type(error).__name__ in _NO_CREDENTIALS:
        return InputError(f"{where}: no usable credentials are set ({_HELP})")
    if isinstance(error, PermissionError) or _is_google_refusal(error):
        code = _code(error)
        return InputError(
            f"{where}: access denied{f' ({code})' if code else ''}; see that the credentials ({_HELP}) are right and "
            "may list, read, write and delete there"
        )
    return None


_HELP = "of S3 in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile, of Google in GOOGLE_APPLICATION_CREDENTIALS"


def _code(error: BaseException) -> str:
    """The service's own code for an error, as ``InvalidAccessKeyId``."""
    response = getattr(error.__cause__, "response", None)
    code = response.get("Error", {}).get("Code", "") if isinstance(response, dict) else ""
    return str(code)


def _is_google_refusal(error: Exception) -> bool:
    """Whether it is a refusal of gcsfs, which has no class of its own for it."""
    if type(error).__name__ == "HttpError":
        return str(getattr(error, "code", "")) in ("401", "403")
    return isinstance(error, OSError) and str(error).startswith("Forbidden: ")


def _passes(error: Exception) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    if "HttpError" in names:
        code = getattr(error, "code", None)
        return code is None or int(code) in (408, 429) or int(code) >= 500
    if names & _PASSING_NAMES or isinstance(error, TimeoutError | ConnectionError):
        return True
    return isinstance(error, OSError) and error.errno in _PASSING


def _said(error: Exception) -> str:
    """A word on what happened that holds no part of a request."""
    return f"{type(error).__name__} {_code(error)}".strip() if not isinstance(error, OSError) else _os_words(error)


def _os_words(error: OSError) -> str:
    code = _code(error)
    return code or (os.strerror(error.errno) if error.errno else type(error).__name__)
