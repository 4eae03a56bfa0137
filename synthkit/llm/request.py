"""What is asked and what is answered, and the key under which both are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

__all__ = ["REFUSED", "Message", "Reply", "Request", "Usage", "canonical", "chat_request"]

# Tokens that a chat template may add for each message, and around all of them.
_PER_MESSAGE = 16
_PER_REQUEST = 64

REFUSED = "refused"  # finish of a request that a provider will not answer, whatever is tried

Message = tuple[str, str]


def canonical(value: Any) -> str:
    """Canonical JSON: keys sorted, no spaces, whole numbers without a decimal point, no None in tables.

    Raises:
        ValueError: A number that is not finite.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens.

    Attributes:
        prompt: Of what was asked.
        completion: Of what was answered.
    """

    prompt: int = 0
    completion: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt + other.prompt, self.completion + other.completion)

    def __sub__(self, other: Usage) -> Usage:
        return Usage(self.prompt - other.prompt, self.completion - other.completion)

    @property
    def total(self) -> int:
        return self.prompt + self.completion


@dataclass(frozen=True)
class Request:
    """One call of a chat endpoint.

    Attributes:
        body: Canonical JSON of what is sent: model, messages, sampling settings, schema of the answer. Neither the
            address nor the key of the service is part of it.
    """

    body: str

    @cached_property
    def key(self) -> str:
        """The sha256 of the body, 64 hex digits."""
        return hashlib.sha256(self.body.encode()).hexdigest()

    @cached_property
    def data(self) -> dict[str, Any]:
        """The body as plain data."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def model(self) -> str:
        return str(self.data["model"])

    @cached_property
    def bound(self) -> Usage:
        """More tokens than it can take: each has a byte or more; the answer has a limit."""
        messages = self.data["messages"]
        size = sum(len(str(m["content"]).encode()) for m in messages) + _PER_MESSAGE * len(messages) + _PER_REQUEST
        schema = self.data.get("response_format")
        size += len(canonical(schema).encode()) if schema else 0
        return Usage(size, int(self.data.get("max_tokens") or self.data.get("max_completion_tokens") or 0))


def chat_request(model: str, messages: Sequence[Message], settings: Mapping[str, Any]) -> Request:
    """The request of some messages, (role, text) each, with sampling settings."""
    said = [{"role": role, "content": text} for role, text in messages]
    return Request(canonical({**settings, "model": model, "messages": said}))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered.

    Attributes:
        key: Of the request.
        text: The answer.
        finish: Why it ends: ``stop``, ``length`` (cut off), ``content_filter``, or `REFUSED` with the reason as text.
        model: The model as the service names it.
        usage: What it took.
        via: ``chat`` or ``batch``.
        response: The whole response as JSON.
    """

    key: str
    text: str
    finish: str
    model: str
    usage: Usage
    via: str
    response: str
