"""ANLI: inferences that people wrote so that models got them wrong, in three rounds (Nie et al. 2020)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from synthkit.errors import InputError
from synthkit.generators.corpora.base import Item, Licensed
from synthkit.generators.corpora.files import VALIDATION, Piece, Pieces, Published, Row, json_lines

__all__ = ["LABELS", "anli", "label_of"]

LABELS = ("entailment", "neutral", "contradiction")
_ROUNDS = (1, 2, 3)
_LETTERS = {"e": "entailment", "n": "neutral", "c": "contradiction"}
_PARTS = {"train": ("train",), "validation": VALIDATION, "test": ("test",)}
_LICENSED = Licensed(
    license="CC-BY-NC-4.0",
    citation=(
        "Yixin Nie, Adina Williams, Emily Dinan, Mohit Bansal, Jason Weston and Douwe Kiela (2020). Adversarial NLI: A "
        "New Benchmark for Natural Language Understanding. ACL."
    ),
    url="https://github.com/facebookresearch/anli",
    note="Not for commercial use.",
)


def anli(rounds: tuple[int, ...]) -> Published:
    """How ANLI is published.

    Args:
        rounds: Which rounds to take, of 1, 2 and 3, all of them needed; they are read in this order whatever order they
            are given in. None for those that are there.

    Raises:
        InputError: There is no such round, or one is named twice.
    """
    if len(set(rounds)) != len(rounds) or not set(rounds) <= set(_ROUNDS):
        raise InputError(f"rounds must be some of 1, 2 and 3, each once, not {list(rounds)}")
    taken = sorted(rounds or _ROUNDS)
    return Published(
        licensed=_LICENSED,
        labels=LABELS,
        contents="R1/train.jsonl, R1/dev.jsonl, R1/test.jsonl, and so R2 and R3 (anli_v1.0)",
        files=_pieces("R{0}/{1}.jsonl", taken),
        hub=_pieces("{1}_r{0}", taken),
        hub_name="facebook/anli",
        read=json_lines,
        item=_item,
        inner="anli_v1.0",
        some=not rounds,
    )


def label_of(row: Row, name: str, labels: Mapping[str, str]) -> str:
    """The label in a field.

    Args:
        row: Where to look.
        name: Name of the field.
        labels: What may stand there -> the label.

    Raises:
        InputError: There is another, or none.
    """
    value = row.value(name)
    label = labels.get(value.strip()) if isinstance(value, str) else None
    if label is None:
        raise InputError(f"{row.where}: {name!r} is {value!r}; must be one of: {', '.join(labels)}")
    return label


def _pieces(pattern: str, rounds: list[int]) -> Pieces:
    """A piece for each round; a pattern is filled with the round and a name of the part."""
    return {
        part: tuple(
            Piece(f"anli R{number} {names[0]}", tuple(pattern.format(number, name) for name in names))
            for number in rounds
        )
        for part, names in _PARTS.items()
    }


def _item(row: Row, counts: Counter[str]) -> Item | None:  # noqa: ARG001
    return Item(
        id=row.text("uid"),
        parts=(("premise", row.text("context", "premise")), ("hypothesis", row.text("hypothesis"))),
        target=label_of(row, "label", _LETTERS | {label: label for label in LABELS}),
        origin=row.origin,
        human=row.maybe("reason"),
    )
