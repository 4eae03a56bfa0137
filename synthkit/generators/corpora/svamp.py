"""SVAMP: word problems of arithmetic whose answer is a number (Patel et al. 2021)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from synthkit.errors import InputError
from synthkit.generators.corpora.base import WHOLE, Item, Licensed
from synthkit.generators.corpora.files import VALIDATION, Piece, Place, Published, Row, parsed_json, text_lines

__all__ = ["SVAMP"]

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_LICENSED = Licensed(
    license="MIT",
    citation=(
        "Arkil Patel, Satwik Bhattamishra and Navin Goyal (2021). Are NLP Models really able to Solve Simple Math Word "
        "Problems? NAACL."
    ),
    url="https://github.com/arkilpatel/SVAMP",
)


def _item(row: Row, counts: Counter[str]) -> Item | None:  # noqa: ARG001
    return Item(
        id=row.text("ID"),
        parts=(("body", row.text("Body")), ("question", row.text("Question"))),
        target=_answer(row),
        origin=row.origin,
        reasoning=row.maybe("Equation"),
        kind=row.maybe("Type"),
    )


def _answer(row: Row) -> str:
    """The number as text; whole numbers without a fraction."""
    value = row.value("Answer")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    written = str(value).strip() if number or isinstance(value, str) else ""
    if not _NUMBER.fullmatch(written):
        raise InputError(f"{row.where}: 'Answer' must be a number such as 145.0, not {value!r}")
    whole, _, fraction = written.partition(".")
    return written if fraction.strip("0") else whole


def _rows(path: Path) -> Iterator[Place]:
    """One list of objects."""
    found = parsed_json("".join(text_lines(path)), path, 1)
    if not isinstance(found, list):
        raise InputError(f"{path}: must be a list [...] of objects")
    for number, values in enumerate(found):
        yield f"row {number}", values


SVAMP = Published(
    licensed=_LICENSED,
    labels=None,
    contents="SVAMP.json, or train.json and test.json",
    files={
        WHOLE: (Piece("svamp", ("SVAMP.json",)),),
        "train": (Piece("svamp train", ("train.json",)),),
        "validation": (Piece("svamp dev", tuple(f"{name}.json" for name in VALIDATION)),),
        "test": (Piece("svamp test", ("test.json",)),),
    },
    hub={
        "train": (Piece("svamp train", ("train",)),),
        "validation": (Piece("svamp dev", VALIDATION),),
        "test": (Piece("svamp test", ("test",)),),
    },
    hub_name="ChilleD/SVAMP",
    read=_rows,
    item=_item,
)
