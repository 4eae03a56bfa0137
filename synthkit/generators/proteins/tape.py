"""Remote homology of TAPE as JSON (Rao et al. 2019, "Evaluating protein transfer learning with TAPE").

A list of objects, or one object a line, with ``primary`` (the residues) and ``class_label``, ``fold_label``,
``superfamily_label`` and ``family_label`` (whole numbers); ``id`` and ``protein_length`` are looked at, all else is
passed over. Objects are found by their braces and read one by one, so that a file of any size needs little memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from synthkit.errors import InputError
from synthkit.generators.proteins.files import Data, place
from synthkit.generators.proteins.records import Record

__all__ = ["tape_records"]

# A string, or a brace, or a quotation mark that opens a string without end.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}"]', re.DOTALL)
_PRIMARY = re.compile(rb'"primary"\s*:\s*"([^"\\]*)"')
_FIRST = {"list": re.compile(rb"\s*\[\s*"), "lines": re.compile(rb"\s*")}
_BETWEEN = {"list": re.compile(rb"\s*,\s*"), "lines": re.compile(rb"[ \t\r]*\n\s*")}
_LAST = {"list": re.compile(rb"\s*\]\s*"), "lines": re.compile(rb"\s*")}
_QUOTE, _OPEN = b'"{'
_SHOWN = 40


def tape_records(data: Data, level: str) -> Iterator[Record]:
    """The records of a file, in order.

    Args:
        data: The whole file.
        level: Which label: ``class``, ``fold``, ``superfamily`` or ``family``.

    Raises:
        InputError: It is no such JSON, or truncated; the message says where, but not in which file.
    """
    for number, (begin, end) in enumerate(_objects(data)):
        try:
            yield _record(data[begin:end], begin, level, number)
        except InputError as error:
            raise InputError(f"record {number} ({place(data, begin)}): {error}") from None


def _objects(data: Data) -> Iterator[tuple[int, int]]:
    """First byte of each object of the list, and the byte behind its last."""
    head = re.match(rb"\s*(.?)", data)
    kind = "list" if head is not None and head[1] == b"[" else "lines"
    depth = begin = behind = 0
    for token in _TOKEN.finditer(data):
        at = token.start()
        if data[at] == _QUOTE:
            if token.end() == at + 1:
                raise InputError(f"truncated: the text that begins at {place(data, at)} has no end")
        elif data[at] == _OPEN:
            if depth == 0:
                _refuse_between(data, behind, at, (_BETWEEN if behind else _FIRST)[kind])
                begin = at
            depth += 1
        else:
            depth -= 1
            if depth < 0:
                raise InputError(f"is no JSON: {place(data, at)}: '}}' without '{{'")
            if depth == 0:
                behind = at + 1
                yield begin, behind
    if depth:
        raise InputError(f"truncated: the file ends at byte {len(data)} in the record of {place(data, begin)}")
    if kind == "list" and not data[behind:].rstrip().endswith(b"]"):
        raise InputError(f"truncated: the file ends at byte {len(data)}, and its list has no end")
    if not behind:
        raise InputError(f"holds no record: no object up to its end at byte {len(data)}")
    _refuse_between(data, behind, len(data), _LAST[kind])


def _refuse_between(data: Data, start: int, end: int, wanted: re.Pattern[bytes]) -> None:
    if not wanted.fullmatch(data, start, end):
        shown = data[start : min(end, start + _SHOWN)]
        raise InputError(
            f"is neither a list of objects nor one object a line: {place(data, start)}: {shown!r} stands between two"
        )


def _record(text: bytes, begin: int, level: str, number: int) -> Record:
    try:
        found: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON: {error or 'nested too deeply'}") from None
    primary = found.get("primary")
    if not isinstance(primary, str) or not primary.strip():
        raise InputError(f"'primary' must be a text of residues, not {primary!r}")
    length = found.get("protein_length", len(primary))
    if length != len(primary):
        raise InputError(f"'protein_length' is {length!r}, but 'primary' has {len(primary)} residues")
    start = _start(text, primary)
    name = str(found.get("id", number))
    return Record(begin, begin + start, begin + start + len(primary), name, _label(found, level))


def _start(text: bytes, primary: str) -> int:
    """Where the residues begin, so that they can be read without the rest."""
    for match in _PRIMARY.finditer(text):
        if match[1] == primary.encode():
            return match.start(1)
    raise InputError("'primary' must be written with letters alone, without escapes")


def _label(found: dict[str, Any], level: str) -> str:
    value = found.get(f"{level}_label")
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        said = f"not {value!r}" if f"{level}_label" in found else f"but the record has: {', '.join(sorted(found))}"
        raise InputError(f"'{level}_label' must be a whole number or a name, {said}")
    return str(value)
