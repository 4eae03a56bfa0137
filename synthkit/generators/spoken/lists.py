"""Fixed texts: digits, command words, and the lines of a user's file."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Sequence
from pathlib import Path

from synthkit.errors import InputError
from synthkit.generators.spoken.base import Spoken

__all__ = ["COMMANDS", "DIGITS", "TextList", "read_texts"]

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

# The 35 words of Speech Commands v2 (Warden 2018, "Speech Commands: A Dataset for Limited-Vocabulary Speech
# Recognition", table 1), by the alphabet.
COMMANDS = (
    "backward",
    "bed",
    "bird",
    "cat",
    "dog",
    "down",
    "eight",
    "five",
    "follow",
    "forward",
    "four",
    "go",
    "happy",
    "house",
    "learn",
    "left",
    "marvin",
    "nine",
    "no",
    "off",
    "on",
    "one",
    "right",
    "seven",
    "sheila",
    "six",
    "stop",
    "three",
    "tree",
    "two",
    "up",
    "visual",
    "wow",
    "yes",
    "zero",
)

_MAX_CHARACTERS = 1000
_MAX_BYTES = 64 * 2**20


class TextList:
    """Texts in a fixed order."""

    factors = ()

    def __init__(self, texts: Sequence[str], notes: tuple[str, ...] = ()) -> None:
        self._texts = tuple(texts)
        self.count = len(self._texts)
        self.notes = notes

    def text(self, number: int, *, words: int, vocabulary: str, coverage: str) -> Spoken:  # noqa: ARG002
        said = self._texts[number]
        return Spoken(said, len(said.split()))


def read_texts(path: str, sha256: str) -> TextList:
    """The lines of a UTF-8 file, one text each, in their order; blank lines are left out and noted.

    Raises:
        InputError: The file is missing, is not what ``sha256`` says (where that is not empty), is no UTF-8, has no
            text, one text twice, or a line of more than 1000 characters.
    """
    where = "params.texts.path"
    file = Path(path)
    if not file.is_file():
        raise InputError(f"{where}: there is no file {path}")
    if file.stat().st_size > _MAX_BYTES:
        raise InputError(f"{where}: {path} has {file.stat().st_size} bytes; at most {_MAX_BYTES}")
    content = file.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if sha256 and found != sha256:
        raise InputError(f"params.texts.sha256: {path} hashes to {found}, not {sha256}: it is not what was meant")
    seen: dict[str, int] = {}
    lines = content.removeprefix(codecs.BOM_UTF8).split(b"\n")
    blank = 0
    for number, line in enumerate(lines, start=1):
        try:
            text = " ".join(line.decode("utf-8").split())
        except UnicodeDecodeError as error:
            raise InputError(f"{where}: {path}, line {number}: no UTF-8 at byte {error.start + 1}") from None
        if not text:
            blank += number < len(lines)  # what follows the last line end is no line
            continue
        if len(text) > _MAX_CHARACTERS:
            raise InputError(f"{where}: {path}, line {number}: {len(text)} characters; at most {_MAX_CHARACTERS}")
        if text in seen:
            raise InputError(f"{where}: {path}, line {number}: the same text as line {seen[text]}")
        seen[text] = number
    if not seen:
        raise InputError(f"{where}: {path} holds no text")
    notes = [f"texts are the {len(seen)} lines of a file, sha256:{found}"]
    if blank:
        notes.append(f"{blank} blank line(s) of the file of texts were left out")
    return TextList(list(seen), tuple(notes))
