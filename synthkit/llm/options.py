"""Settings: which model and how it is sampled, which are part of every request; and where it is, which is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, field_validator

from synthkit.errors import InputError
from synthkit.llm.budget import Prices
from synthkit.recipe.base import Record
from synthkit.recipe.files import checked, read_data

__all__ = ["ModelOptions", "ServiceOptions", "prices_of"]

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
_OWN = ("model", "messages", "response_format", "stream", "n")


class ModelOptions(Record):
    """Which model is asked, and how; a change of any of these asks anew.

    Attributes:
        name: The model, as the service calls it.
        temperature: 0 for the likeliest answer; None leaves it to the service (some models allow no other).
        top_p: Share of the likeliest tokens to sample from; None leaves it to the service.
        seed: Of the sampling, where the service takes one.
        max_tokens: Most tokens of an answer.
        max_tokens_field: What the service calls this; newer models of OpenAI want ``max_completion_tokens``.
        extra: Further fields of the request, e.g. ``{"reasoning_effort": "low"}``.
        structured: How JSON is asked for: ``json_schema``, ``json_object``, ``none`` where the service knows neither.
        repairs: How often a model is told what is wrong with its answer, and asked again.
    """

    name: str = Field(default="gpt-3.5-turbo", min_length=1)
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = None
    max_tokens: int = Field(default=256, ge=1)
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    repairs: int = Field(default=2, ge=0, le=10)

    @field_validator("extra")
    @classmethod
    def _not_ours(cls, extra: dict[str, JsonValue]) -> dict[str, JsonValue]:
        taken = [name for name in extra if name in _OWN]
        if taken:
            raise ValueError(f"extra: {taken[0]} is set by synthkit")
        return extra

    @property
    def settings(self) -> dict[str, Any]:
        """Sampling settings as fields of a request."""
        return {
            **self.extra,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "seed": self.seed,
            self.max_tokens_field: self.max_tokens,
        }


class ServiceOptions(Record):
    """Where the model is and how calls are made; none of it changes a request.

    Attributes:
        base_url: Address of an OpenAI-compatible service, e.g. ``http://127.0.0.1:8000/v1``; empty for that in the
            environment's ``OPENAI_BASE_URL``, or else OpenAI.
        key_variable: Environment variable that holds the key.
        mode: ``chat``: calls one by one, many in flight. ``batch``: files of requests, answered within a day.
        in_flight: Most calls in flight; fewer while the service is overloaded.
        timeout: Seconds that a call may take.
        retries: How often a call is tried again that came to nothing.
        prices: Prices of the model, or the path of a TOML or JSON file with them; None where they are not known.
        batch_size: Most requests of a batch.
        batch_poll: Seconds between two looks at a batch.
    """

    base_url: str = ""
    key_variable: str = "OPENAI_API_KEY"
    mode: Literal["chat", "batch"] = "chat"
    in_flight: int = Field(default=32, ge=1, le=1024)
    timeout: float = Field(default=120.0, gt=0)
    retries: int = Field(default=8, ge=0, le=100)
    prices: Prices | str | None = None
    batch_size: int = Field(default=50_000, ge=1, le=50_000)
    batch_poll: float = Field(default=60.0, gt=0)

    @field_validator("key_variable")
    @classmethod
    def _a_name(cls, name: str) -> str:
        if not _VARIABLE.fullmatch(name):
            raise ValueError("must be the name of an environment variable (A-Z, 0-9, _), never the key itself")
        return name

    @field_validator("base_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        if not url:
            return url
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address, e.g. http://127.0.0.1:8000/v1")
        if parts.username or parts.password or parts.query:
            raise ValueError("must hold no name, password or query: keys come from the environment alone")
        return url.rstrip("/")


def prices_of(options: ServiceOptions) -> Prices | None:
    """The prices, read from their file where they are in one.

    Raises:
        InputError: No such file, or something wrong in it.
    """
    if not isinstance(options.prices, str):
        return options.prices
    path = Path(options.prices).expanduser()
    if path.suffix not in (".toml", ".json"):
        raise InputError(f"params.service.prices: {options.prices}: must be a .toml or .json file")
    return checked(read_data(path), str(path), "table of prices", Prices)
