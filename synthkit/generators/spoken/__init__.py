"""What is said: sentences by a grammar, digits, command words, or the lines of a file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from synthkit.errors import InputError
from synthkit.generators.spoken.base import Spoken, SpokenTexts
from synthkit.generators.spoken.lists import COMMANDS, DIGITS, TextList, read_texts
from synthkit.generators.spoken.sentences import Sentences
from synthkit.recipe.base import Record

__all__ = ["Spoken", "SpokenTexts", "TextOptions", "spoken_texts"]


class TextOptions(Record):
    """Where texts come from.

    Attributes:
        source: ``sentences`` of our grammar, ``digits`` (zero to nine), ``commands`` (the 35 words of Speech Commands),
            or ``file``: the lines of a text file.
        path: The file, UTF-8, one text a line.
        sha256: What the file must hash to, so that a changed one is refused; empty takes any.
        count: How many sentences there are.
    """

    source: Literal["sentences", "digits", "commands", "file"] = "sentences"
    path: str | None = None
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    count: int = Field(default=100, ge=1)


def spoken_texts(options: TextOptions, key: int) -> SpokenTexts:
    """The texts.

    Args:
        options: Where they come from.
        key: Of `synthkit.seeds.derive_key`; sentences are a function of it.

    Raises:
        InputError: The options contradict each other, or the file is refused; with the path of the field.
    """
    if (options.path is not None) != (options.source == "file"):
        what = "needs a file's path" if options.path is None else f"means nothing with source = {options.source!r}"
        raise InputError(f"params.texts.path: {what}")
    if options.sha256 and options.path is None:
        raise InputError("params.texts.sha256: means nothing without a file")
    if options.path is not None:
        return read_texts(options.path, options.sha256)
    if options.source == "sentences":
        return Sentences(options.count, key)
    return TextList(DIGITS if options.source == "digits" else COMMANDS)
