"""Signatures as people read them: without the bounds that pydantic checks, arrays by their dtype alone."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

__all__ = ["shorten", "shortened", "skip_member"]

_FROM = r"~?(?:\w+\.)*"
_ARRAY = re.compile(rf"{_FROM}ndarray\[tuple\[{_FROM}Any, \.\.\.\], {_FROM}dtype\[{_FROM}(\w+)\]\]")


def shorten(
    _app: Sphinx, _what: str, _name: str, _thing: object, _options: object, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """The signature and the type that is returned."""
    return shortened(signature), shortened(returned)


def shortened(text: str | None) -> str | None:
    """``Annotated[int, Ge(ge=1)]`` is ``int``, an array of any shape is ``ndarray[float64]``."""
    if text is None:
        return None
    while "Annotated[" in text:
        text = _without_first(text)
    return _ARRAY.sub(r"ndarray[\1]", text)


def _without_first(text: str) -> str:
    start = text.index("Annotated[") + len("Annotated[")
    depth, comma, quote = 0, 0, ""
    for place in range(start, len(text)):
        letter = text[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "[(":
            depth += 1
        elif letter in "])" and depth:
            depth -= 1
        elif letter == "]":
            return text[: start - len("Annotated[")] + text[start : comma or place] + text[place + 1 :]
        elif letter == "," and not depth and not comma:
            comma = place
    return text.replace("Annotated[", "[", 1)  # no such annotation: its end is missing


def skip_member(_app: Sphinx, _what: str, name: str, _thing: Any, _skip: bool, _options: object) -> bool | None:
    """pydantic's own settings are no part of a record."""
    return True if name == "model_config" else None
