"""FASTA: a line that begins with ``>`` and names a sequence, then lines of residues (Pearson and Lipman 1988)."""

from __future__ import annotations

from collections.abc import Iterator

from synthkit.errors import InputError
from synthkit.generators.proteins.files import Data, place
from synthkit.generators.proteins.labels import LabelOf
from synthkit.generators.proteins.records import Record

__all__ = ["fasta_records"]

_GZIP = b"\x1f\x8b"
_SHOWN = 80


def fasta_records(data: Data, label_of: LabelOf, *, open_end: bool) -> Iterator[Record]:
    """The records of a file, in order.

    Args:
        data: The whole file.
        label_of: Label of a header, see `label_finder`.
        open_end: The last line needs no line end. A file that was cut off ends within a line, as a rule, so that one
            without is taken for truncated otherwise.

    Raises:
        InputError: It is no FASTA, or truncated; the message says where, but not in which file.
    """
    begin = _first(data)
    if not open_end and data[-1:] not in (b"\n", b"\r"):
        raise InputError(
            f"ends at byte {len(data)} within a line, as a truncated file does; if it is whole, end it with a line "
            "end or set params.open_end = true"
        )
    number = 0
    while begin < len(data):
        line_end = data.find(b"\n", begin)
        start = len(data) if line_end < 0 else line_end + 1
        following = data.find(b"\n>", start - 1)
        end = len(data) if following < 0 else following + 1
        header = _header(data, begin, start, number)
        if not data[start:end].strip():
            raise InputError(_without_residues(data, begin, end, number, header))
        label = label_of(header)
        if label is None:
            raise InputError(
                f"record {number} ({place(data, begin)}): no label was found in its header {header[:_SHOWN]!r}; "
                "set params.label_pattern"
            )
        yield Record(begin, start, end, header.split(maxsplit=1)[0], label)
        begin, number = end, number + 1


def _first(data: Data) -> int:
    """Where the first record begins."""
    begin = 0
    while begin < len(data) and data[begin : begin + 1].isspace():
        begin += 1
    if begin == len(data):
        raise InputError(f"holds no record: only white space up to its end at byte {begin}")
    if data[begin : begin + 1] != b">":
        packed = "; it is packed with gzip: its name must end in .gz" if data[:2] == _GZIP else ""
        raise InputError(f"is no FASTA: byte {begin} is {data[begin : begin + 1]!r}, not '>'{packed}")
    return begin


def _header(data: Data, begin: int, start: int, number: int) -> str:
    try:
        header = data[begin + 1 : start].decode().strip()
    except UnicodeDecodeError as error:
        where = place(data, begin + 1 + error.start)
        raise InputError(f"record {number} ({where}): its header is not UTF-8 text") from None
    if not header:
        raise InputError(f"record {number} ({place(data, begin)}): its header is empty")
    return header


def _without_residues(data: Data, begin: int, end: int, number: int, header: str) -> str:
    what = f"record {number} ({place(data, begin)}), {header[:_SHOWN]!r}, has no residues"
    return f"{what}; the file ends at byte {end}: truncated?" if end == len(data) else what
