"""How corpora are published, and how their files are read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthkit.errors import InputError
from synthkit.generators.corpora.base import WHOLE, Item, Licensed

__all__ = [
    "VALIDATION",
    "Parts",
    "Piece",
    "Pieces",
    "Place",
    "Published",
    "Reader",
    "Row",
    "find_parts",
    "json_lines",
    "parsed_json",
    "text_lines",
    "tidy",
]

# What sources call the part `validation`.
VALIDATION = ("dev", "valid", "validation")
_BOM = b"\xef\xbb\xbf"
_SHOWN = 60

# Part -> (origin, name of the file or split) of each of its pieces.
Parts = dict[str, list[tuple[str, str]]]
# Where a row is, and the row.
Place = tuple[str, Any]
# What reads the file or split of a name.
Reader = Callable[[str], Iterator[Place]]


@dataclass(frozen=True, slots=True)
class Row:
    """What a source tells of one question.

    Attributes:
        where: Its file and line, for messages.
        part: The part that it belongs to.
        origin: Which piece of the source it is from.
        number: Its place in that piece, from 0.
        values: Name of a field -> value.
    """

    where: str
    part: str
    origin: str
    number: int
    values: Mapping[str, Any]

    def value(self, *names: str) -> Any:
        """The value of the first of these fields that there is.

        Raises:
            InputError: There is none of them.
        """
        for name in names:
            if name in self.values:
                return self.values[name]
        raise InputError(f"{self.where}: has no {' or '.join(map(repr, names))}; it has: {', '.join(self.values)}")

    def text(self, *names: str) -> str:
        """The text of the first of these fields that there is, see `tidy`.

        Raises:
            InputError: There is none of them, or it is no text, or blank.
        """
        value = self.value(*names)
        name = next(name for name in names if name in self.values)
        text = tidy(value, f"{self.where}: {name!r}")
        if not text:
            raise InputError(f"{self.where}: {name!r} is blank")
        return text

    def maybe(self, name: str) -> str:
        """The text of a field, empty where there is none."""
        value = self.values.get(name)
        return "" if value is None else tidy(value, f"{self.where}: {name!r}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of a folder, or a split of a Hugging Face dataset.

    Attributes:
        origin: What its questions are said to be from, e.g. ``anli R1 train``.
        names: Names that it may have.
    """

    origin: str
    names: tuple[str, ...]


Pieces = Mapping[str, tuple[Piece, ...]]


@dataclass(frozen=True, slots=True)
class Published:
    """How a corpus is published.

    Attributes:
        licensed: Its licence and what to cite.
        labels: All answers that there are, for a classification; Hugging Face numbers them in this order.
        contents: The published files, in words.
        files: Part -> its files; where the part `WHOLE` is there, it stands alone.
        hub: Part -> its splits on Hugging Face.
        hub_name: Its name there.
        read: Line or row, and what stands there, of all rows of a file; refuses what is no such file.
        item: The question of a row, None where it has none; counts what is left out and why.
        inner: Folder with the files, in the folder that users may name in its place.
        test_hint: Why there is no part ``test``, and what to do.
        some: Whether a part may lack some of its pieces.
    """

    licensed: Licensed
    labels: tuple[str, ...] | None
    contents: str
    files: Pieces
    hub: Pieces
    hub_name: str
    read: Callable[[Path], Iterator[Place]]
    item: Callable[[Row, Counter[str]], Item | None]
    inner: str = "."
    test_hint: str = ""
    some: bool = False


def tidy(value: Any, what: str) -> str:
    """A text without white space around it, and with single spaces for all white space within.

    Raises:
        InputError: It is no text, or none that UTF-8 can hold.
    """
    if not isinstance(value, str):
        raise InputError(f"{what} must be a text, not {repr(value)[:_SHOWN]}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{what} holds half a character at place {error.start}, which UTF-8 cannot hold") from None
    return " ".join(value.split())


def find_parts(pieces: Pieces, where: object, there: Callable[[str], bool], *, some: bool = False) -> Parts:
    """The parts that are there, each as a whole or not at all; with ``some``, of those pieces that are there.

    Raises:
        InputError: A piece of a part is missing, or is there twice.
    """
    found: Parts = {}
    for part, wanted in pieces.items():
        here = [(piece, [name for name in piece.names if there(name)]) for piece in wanted]
        if not any(names for _, names in here):
            continue
        here = [(piece, names) for piece, names in here if names or not some]
        for piece, names in here:
            if not names:
                raise InputError(f"{where}: the part {part!r} is not whole: {piece.names[0]} is missing; add it")
            if len(names) > 1:
                raise InputError(f"{where}: has {' and '.join(names)}, all of them for {part!r}; leave one")
        found[part] = [(piece.origin, names[0]) for piece, names in here]
    if WHOLE in found and len(found) > 1:
        files = [name for part in found.values() for _, name in part]
        raise InputError(f"{where}: has {' and '.join(files)}; leave {files[0]} or the others")
    return found


def json_lines(path: Path) -> Iterator[Place]:
    """One object a line; a line of white space alone holds none."""
    for number, line in enumerate(text_lines(path), 1):
        if not line.isspace():
            yield f"line {number}", parsed_json(line.rstrip("\r\n"), path, number)


def parsed_json(text: str, path: Path, first: int) -> Any:
    """What a piece of a file says, whose first line is given.

    Raises:
        InputError: It is no JSON.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}: line {first + error.lineno - 1}"
        raise InputError(f"{where}: is no JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:  # a number of too many digits; nested too deeply
        raise InputError(f"{path}: line {first}: is no JSON that can be read: {error}") from None


def text_lines(path: Path) -> Iterator[str]:
    """The lines of a file, each with its end.

    Raises:
        InputError: One is not UTF-8.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield (line.removeprefix(_BOM) if number == 1 else line).decode()
            except UnicodeDecodeError as error:
                raise InputError(f"{path}: line {number}: is not UTF-8 text from byte {error.start} on") from None
