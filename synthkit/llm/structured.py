"""Answers as JSON of a known shape: found in what a model wrote, mended where that is safe, and checked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

__all__ = ["Parsed", "answer_format", "parse_answer"]

A = TypeVar("A", bound=BaseModel)

_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Parsed(Generic[A]):
    """What was found in a text.

    Attributes:
        answer: The answer; None where there is none.
        problem: What is wrong, as a model is told; empty where nothing is.
        mended: Whether the text had more than the JSON in it, or JSON that was not quite right.
    """

    answer: A | None
    problem: str = ""
    mended: bool = False


def answer_format(kind: type[BaseModel], how: str) -> dict[str, Any] | None:
    """The ``response_format`` of a request.

    Args:
        kind: Shape of the answer.
        how: ``json_schema``, ``json_object``, or ``none`` for servers that know neither.
    """
    if how == "none":
        return None
    if how == "json_object":
        return {"type": "json_object"}
    schema = {"name": kind.__name__.lower(), "strict": True, "schema": kind.model_json_schema()}
    return {"type": "json_schema", "json_schema": schema}


def parse_answer(text: str, kind: type[A]) -> Parsed[A]:
    """The answer in a text.

    JSON in a fence or among other words is found, a comma before a closing bracket is taken out; what is cut off is not
    completed, and nothing is guessed.
    """
    found, mended = _json(text)
    if found is None:
        shown = text.strip()[:_SHOWN]
        return Parsed(None, f"the answer is not valid JSON: {shown!r}" if shown else "the answer is empty")
    try:
        return Parsed(kind.model_validate(found, strict=True), mended=mended)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the answer"
        return Parsed(None, f"{where}: {first['msg']}")


def _json(text: str) -> tuple[dict[str, Any] | None, bool]:
    fenced = _FENCE.search(text)
    inner = fenced[1] if fenced else text
    start, end = inner.find("{"), inner.rfind("}")
    pieces = [text, inner]
    if 0 <= start < end:
        pieces += [inner[start : end + 1], _TRAILING_COMMA.sub(r"\1", inner[start : end + 1])]
    for number, piece in enumerate(pieces):
        try:
            found = json.loads(piece)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found, number > 0
    return None, False
