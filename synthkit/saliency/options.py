"""Settings of a teacher and of its saliency, as a recipe states them; needs no torch."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from synthkit.errors import InputError
from synthkit.recipe.base import Record

__all__ = ["METHODS", "AskedOptions", "Method", "Selection", "TeacherOptions", "parse_memory"]

Method = Literal["saliency", "input_x_gradient", "integrated_gradients", "attention_rollout", "leave_one_out", "random"]
METHODS: tuple[Method, ...] = (
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "attention_rollout",
    "leave_one_out",
    "random",
)
_UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_PLACE = "{input}"


class AskedOptions(Record):
    """How a teacher is asked.

    Attributes:
        head: ``classification``, ``seq2seq`` or ``causal``; ``auto`` takes the architecture that its configuration
            names.
        labels: The model's classes in the order of its outputs, as the corpus calls them, where its configuration
            does not tell.
        template: What the model reads; ``{input}`` stands for the text. What is around it is never chosen.
        answer_prefix: Before an answer as text, e.g. a space for GPT-2.
        max_new_tokens: Longest answer where the corpus has no labels.
        max_length: Most tokens that it reads at once; None for what the model can take. Longer texts are read in
            windows that overlap by half.
    """

    head: Literal["auto", "classification", "seq2seq", "causal"] = "auto"
    labels: tuple[str, ...] = Field(default=(), strict=False)
    template: str = _PLACE
    answer_prefix: str = ""
    max_new_tokens: int = Field(default=16, ge=1)
    max_length: int | None = Field(default=None, ge=8)

    @field_validator("template")
    @classmethod
    def _has_a_place(cls, template: str) -> str:
        if template.count(_PLACE) != 1:
            raise ValueError(f"must have {_PLACE} once, where the text goes")
        return template

    @property
    def around(self) -> tuple[str, str]:
        """Text before and after the input."""
        before, _, after = self.template.partition(_PLACE)
        return before, after


class TeacherOptions(AskedOptions):
    """Which model is the teacher, and how it is asked; see `AskedOptions`.

    Attributes:
        path: Name on the Hugging Face hub, a directory that ``save_pretrained`` or ``synthkit export`` wrote, or
            ``tiny:bert``, ``tiny:gpt2``, ``tiny:t5``, ``tiny:bart``: random weights, to see that everything runs.
    """

    path: str


class Selection(Record):
    """Which words are chosen.

    Attributes:
        rank: ``magnitude``: words that say much for or against the answer. ``signed``: words that speak for it.
        top: How many: a number of words.
        mass: Or the fewest words that together have this share of all scores, 0 to 1. Exactly one of the two.
    """

    rank: Literal["magnitude", "signed"] = "magnitude"
    top: int | None = Field(default=None, ge=1)
    mass: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.top is None) == (self.mass is None):
            raise ValueError("state either top (a number of words) or mass (a share of all scores)")
        return self


def parse_memory(text: str) -> int:
    """Bytes of e.g. ``2GB``, ``512MiB`` or ``1000000``.

    Raises:
        InputError: It is no amount of memory.
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*", text)
    unit = None if match is None else _UNITS.get(match[2].lower(), 1 if match[2].lower() in ("", "b") else None)
    if match is None or unit is None:
        raise InputError(f"--max-memory: must be like 2GB, 512MiB or a number of bytes, not {text!r}")
    return int(float(match[1]) * unit)
