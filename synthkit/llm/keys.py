"""The key of a service: out of the environment, and into no file, log or message."""

from __future__ import annotations

import os
import re

from synthkit.errors import InputError

__all__ = ["NO_KEY", "hide", "read_key"]

NO_KEY = "none"  # what servers of one's own are sent
_HIDDEN = "***"
_LEAST = 6
_LOOKS_LIKE_KEY = re.compile(r"\b(sk|key|pk|gsk|xai|hf)[-_][A-Za-z0-9_*-]{8,}")


def read_key(variable: str, *, needed: bool) -> str:
    """The key in an environment variable.

    Args:
        variable: Its name.
        needed: Whether the service asks for one.

    Raises:
        InputError: It is needed and not set.
    """
    found = os.environ.get(variable, "").strip()
    if found:
        return found
    if needed:
        raise InputError(
            f"the environment has no {variable}: set it to the key of the service, or params.llm.base_url to a server "
            "of your own (vLLM, llama.cpp, Ollama)"
        )
    return NO_KEY


def hide(text: str, key: str) -> str:
    """A text without the key, and without anything that looks like one."""
    if len(key) >= _LEAST:
        text = text.replace(key, _HIDDEN)
    return _LOOKS_LIKE_KEY.sub(_HIDDEN, text)
