"""Calls of an OpenAI-compatible chat endpoint, and what each came to."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from synthkit.errors import InputError
from synthkit.llm.keys import hide, read_key
from synthkit.llm.options import ServiceOptions
from synthkit.llm.request import REFUSED, Reply, Request, Usage, canonical

__all__ = ["Outcome", "Service", "reply_of"]

_OPENAI = "https://api.openai.com/v1"
_LONGEST_WAIT = 600.0
_SHOWN = 300
_NOT_FOR_US = (401, 403, 404)  # no other request would fare better
_OVERLOADED = (429, 503, 529)
_TRY_AGAIN = (408, 409, 425)
_TIMED_OUT = 408  # often said by what stands between, as 502 and 504 are: the service may have gone on
_NO_MONEY = ("insufficient_quota", "billing_hard_limit_reached")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to.

    Attributes:
        kind: ``reply``; ``again``: it may be tried again; ``refused``: this request never will; ``fatal``: none will.
        reply: The answer, for ``reply`` and ``refused``.
        why: What went wrong.
        wait: Seconds that the service asks to wait; None where it does not say.
        overloaded: Whether there were too many calls.
        maybe_paid: Whether the service may have made an answer that was lost.
        unreached: Whether there was no connection at all.
    """

    kind: Literal["reply", "again", "refused", "fatal"]
    reply: Reply | None = None
    why: str = ""
    wait: float | None = None
    overloaded: bool = False
    maybe_paid: bool = False
    unreached: bool = False


class Service:
    """A service, for one event loop.

    Args:
        options: Where it is.

    Raises:
        InputError: The package openai is missing, or the key.
    """

    def __init__(self, options: ServiceOptions) -> None:
        try:
            import openai
        except ImportError:
            raise InputError(
                "the package openai is needed and not installed: pip install 'synthkit[llm]' (--replay needs none)"
            ) from None
        self.openai = openai
        self.url = options.base_url or os.environ.get("OPENAI_BASE_URL", "").rstrip("/") or _OPENAI
        own = urlsplit(self.url).hostname != urlsplit(_OPENAI).hostname
        self._key = read_key(options.key_variable, needed=not own)
        self._timeout = options.timeout
        self.client = openai.AsyncOpenAI(
            api_key=self._key,
            base_url=self.url,
            timeout=options.timeout,
            max_retries=0,  # ours: the log must know of every call
            http_client=_transport(openai),
        )

    def __repr__(self) -> str:
        return f"Service({self.url!r})"

    def hidden(self, text: str) -> str:
        """A text in which the key does not occur."""
        return hide(text, self._key)

    async def call(self, request: Request) -> Outcome:
        """Make one call; never raises what a service or a network may do."""
        o = self.openai
        try:
            async with asyncio.timeout(self._timeout):
                data = await self.client.post(
                    "/chat/completions",
                    cast_to=object,
                    content=request.body.encode(),
                    options={"headers": {"Content-Type": "application/json", "Idempotency-Key": request.key}},
                )
        except (TimeoutError, o.APIConnectionError) as error:  # of which openai's APITimeoutError is one
            return self._unanswered(error)
        except o.APIStatusError as error:
            return self.status(request, error)
        except (o.APIError, ValueError) as error:  # an answer that is no JSON
            return Outcome("again", why=self.hidden(_first_line(error)), maybe_paid=True)
        reply = reply_of(request.key, data, "chat", self.hidden)
        if reply is None:
            return Outcome("again", why="an answer that is no chat completion", maybe_paid=True)
        return Outcome("reply", reply)

    def _unanswered(self, error: BaseException) -> Outcome:
        """No answer came, for the network or the time it took; aiohttp calls a refused connection a timeout too."""
        if _before_sending(error):
            why = f"no connection to {self.url}: {_first_line(error.__cause__ or error)}"
            return Outcome("again", why=self.hidden(why), unreached=True)
        if isinstance(error, TimeoutError | self.openai.APITimeoutError):
            return Outcome("again", why=f"no answer within {self._timeout:g} s", maybe_paid=True)
        why = f"the connection broke: {_first_line(error.__cause__ or error)}"
        return Outcome("again", why=self.hidden(why), maybe_paid=True)

    async def close(self) -> None:
        """Close all connections."""
        await self.client.close()

    def status(self, request: Request, error: Any) -> Outcome:
        """What an error status means for a request."""
        status: int = error.status_code
        body = error.body if isinstance(error.body, dict) else {}
        code = str(body.get("code") or body.get("type") or "")
        said = self.hidden(str(body.get("message") or _first_line(error)))[:_SHOWN]
        why = f"HTTP {status}: {said}"
        if status in _NOT_FOR_US or code in _NO_MONEY:
            return Outcome("fatal", why=f"{self.url}: {why}")
        if status in _OVERLOADED or status in _TRY_AGAIN or status >= 500:
            wait, overloaded = _retry_after(error.response.headers), status in _OVERLOADED
            lost = status == _TIMED_OUT or (status >= 500 and not overloaded)
            return Outcome("again", why=why, wait=wait, overloaded=overloaded, maybe_paid=lost)
        return Outcome(
            "refused",
            Reply(request.key, why, REFUSED, request.model, Usage(), "chat", self.hidden(canonical(body))),
            why,
        )


def reply_of(key: str, data: Any, via: str, hidden: Any) -> Reply | None:
    """An answer out of a chat completion; None where it is none."""
    try:
        choice = data["choices"][0]
        text = choice["message"].get("content") or choice["message"].get("refusal") or ""
        usage = data.get("usage") or {}
        counted = Usage(int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0))
        finish, model = str(choice.get("finish_reason") or "stop"), str(data.get("model") or "")
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return None
    if not isinstance(text, str):
        return None
    whole = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Reply(key, hidden(text), finish, model, counted, via, hidden(whole))


def _transport(openai: Any) -> Any:
    """The faster of openai's two transports, where its package is installed."""
    try:
        return openai.DefaultAioHttpClient()
    except (RuntimeError, ImportError, AttributeError):
        return openai.DefaultAsyncHttpxClient()


def _before_sending(error: BaseException) -> bool:
    """Whether a call failed before anything of it went out."""
    cause = error.__cause__
    return cause is not None and type(cause).__name__ in ("ConnectError", "ConnectTimeout", "PoolTimeout")


def _retry_after(headers: Any) -> float | None:
    """Seconds of ``Retry-After``: a number, or a date; also OpenAI's ``retry-after-ms``."""
    try:
        if "retry-after-ms" in headers:
            return min(max(float(headers["retry-after-ms"]) / 1000, 0.0), _LONGEST_WAIT)
        text = headers.get("retry-after", "")
        if not text:
            return None
        if text.strip().replace(".", "", 1).isdigit():
            return min(float(text), _LONGEST_WAIT)
        when = parsedate_to_datetime(text)
        since = parsedate_to_datetime(headers["date"]) if "date" in headers else None
        return None if since is None else min(max((when - since).total_seconds(), 0.0), _LONGEST_WAIT)
    except (ValueError, TypeError):
        return None


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:_SHOWN] if text else type(error).__name__
