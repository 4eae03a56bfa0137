"""What a record of a file of sequences is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LEVELS", "Record"]

LEVELS = ("class", "fold", "superfamily", "family")


@dataclass(frozen=True, slots=True)
class Record:
    """One sequence of a file.

    Attributes:
        begin: Byte at which the record begins.
        start: Byte at which its residues begin.
        end: Byte before which they end; in between there may be white space.
        name: What the file calls it.
        label: Its class.
    """

    begin: int
    start: int
    end: int
    name: str
    label: str
