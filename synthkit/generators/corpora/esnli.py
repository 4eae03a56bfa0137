"""e-SNLI: inferences with explanations and marked words that people gave (Camburu et al. 2018)."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from synthkit.errors import InputError
from synthkit.generators.corpora.anli import LABELS, label_of
from synthkit.generators.corpora.base import Item, Licensed
from synthkit.generators.corpora.files import VALIDATION, Piece, Place, Published, Row, text_lines

__all__ = ["ESNLI"]

_NO_LABEL = "-"
_LABELS = {label: label for label in (*LABELS, _NO_LABEL)}
_MARKED = re.compile(r"\*([^*\s]+)\*")
_LICENSED = Licensed(
    license="NOASSERTION",
    citation=(
        "Oana-Maria Camburu, Tim Rocktäschel, Thomas Lukasiewicz and Phil Blunsom (2018). e-SNLI: Natural Language "
        "Inference with Natural Language Explanations. NeurIPS."
    ),
    url="https://github.com/OanaMariaCamburu/e-SNLI",
    note="Built on SNLI (Bowman et al. 2015), whose licence is CC BY-SA 4.0.",
)


def _item(row: Row, counts: Counter[str]) -> Item | None:
    label = label_of(row, "label" if "label" in row.values else "gold_label", _LABELS)
    if label == _NO_LABEL:
        counts["questions left out, as annotators agreed on no label (-)"] += 1
        return None
    premise, hypothesis = row.text("Sentence1", "premise"), row.text("Sentence2", "hypothesis")
    first = _evidence(premise, row.maybe("Sentence1_marked_1"), counts)
    second = _evidence(hypothesis, row.maybe("Sentence2_marked_1"), counts)
    return Item(
        id=row.maybe("pairID") or str(row.number),
        parts=(("premise", premise), ("hypothesis", hypothesis)),
        target=label,
        origin=row.origin,
        human=row.maybe("Explanation_1") or row.maybe("explanation_1"),
        evidence=first + second,
    )


def _evidence(sentence: str, marked: str, counts: Counter[str]) -> tuple[str, ...]:
    """The words between asterisks, where it is beyond doubt what is marked; annotators marked word by word."""
    words = tuple(_MARKED.findall(marked))
    doubtful = "*" in _MARKED.sub("", marked) or (words and "*" in sentence)
    if doubtful or not _in_order(words, sentence):
        counts["sentences without their marked words, as these do not fit the sentence"] += 1
        return ()
    return words


def _in_order(words: tuple[str, ...], sentence: str) -> bool:
    end = 0
    for word in words:
        begin = sentence.find(word, end)
        if begin < 0:
            return False
        end = begin + len(word)
    return True


def _rows(path: Path) -> Iterator[Place]:
    """CSV: a line of names, then rows, whose fields may hold line breaks; a row is where its first line is."""
    reader = csv.reader(text_lines(path), strict=True)
    names: list[str] = []
    line = 1
    try:
        for fields in reader:
            if names and fields:
                if len(fields) != len(names):
                    raise InputError(f"{path}: line {line}: has {len(fields)} fields; line 1 names {len(names)}")
                yield f"line {line}", dict(zip(names, fields, strict=True))
            names = names or fields
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}: line {line}: is no CSV: {error}") from None


ESNLI = Published(
    licensed=_LICENSED,
    labels=LABELS,
    contents="esnli_train_1.csv, esnli_train_2.csv, esnli_dev.csv and esnli_test.csv",
    files={
        "train": (
            Piece("esnli train", ("esnli_train_1.csv",)),
            Piece("esnli train", ("esnli_train_2.csv",)),
        ),
        "validation": (Piece("esnli dev", tuple(f"esnli_{name}.csv" for name in VALIDATION)),),
        "test": (Piece("esnli test", ("esnli_test.csv",)),),
    },
    hub={
        "train": (Piece("esnli train", ("train",)),),
        "validation": (Piece("esnli dev", VALIDATION),),
        "test": (Piece("esnli test", ("test",)),),
    },
    hub_name="esnli",
    read=_rows,
    item=_item,
    inner="dataset",
)
