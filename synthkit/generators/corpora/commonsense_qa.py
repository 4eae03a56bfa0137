"""CommonsenseQA: questions with five choices; the right one stands in the text (Talmor et al. 2019)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from synthkit.errors import InputError
from synthkit.generators.corpora.base import Item, Licensed
from synthkit.generators.corpora.files import VALIDATION, Piece, Published, Row, json_lines, tidy

__all__ = ["COMMONSENSE_QA"]

_LICENSED = Licensed(
    license="MIT",
    citation=(
        "Alon Talmor, Jonathan Herzig, Nicholas Lourie and Jonathan Berant (2019). CommonsenseQA: A Question Answering "
        "Challenge Targeting Commonsense Knowledge. NAACL."
    ),
    url="https://www.tau-nlp.org/commonsenseqa",
)


def _item(row: Row, counts: Counter[str]) -> Item | None:  # noqa: ARG001
    stem, choices = _question(row)
    target = _answer(row, choices)
    return Item(
        id=row.text("id"),
        parts=(("question", stem), ("choices", " ".join(f"({label}) {text}" for label, text in choices.items()))),
        target=target,
        origin=row.origin,
        evidence=(target,) if target else (),
    )


def _question(row: Row) -> tuple[str, dict[str, str]]:
    """The question, and label -> text of its choices, as the files have them or as Hugging Face has them."""
    question = row.value("question")
    if isinstance(question, dict):
        inner = Row(f"{row.where}: question", row.part, row.origin, row.number, question)
        return inner.text("stem"), _choices(inner)
    return row.text("question"), _choices(row)


def _choices(row: Row) -> dict[str, str]:
    found = row.value("choices")
    try:
        pairs = _columns(found) if isinstance(found, dict) else [(choice["label"], choice["text"]) for choice in found]
    except (TypeError, KeyError, ValueError):
        raise InputError(f"{row.where}: 'choices' must be a list of objects with 'label' and 'text'") from None
    what = f"{row.where}: a choice"
    choices = {tidy(label, what): tidy(text, what) for label, text in pairs}
    if len(choices) != len(pairs) or len(choices) < 2 or not all(choices) or not all(choices.values()):
        raise InputError(f"{row.where}: 'choices' must be two or more, each with a label of its own and a text")
    return choices


def _columns(found: dict[str, Any]) -> list[tuple[Any, Any]]:
    return list(zip(found["label"], found["text"], strict=True))


def _answer(row: Row, choices: dict[str, str]) -> str:
    """The text of the right choice; empty in a test part that is published without answers."""
    key = row.maybe("answerKey")
    if key in choices:
        return choices[key]
    if not key and row.part == "test":
        return ""
    said = f"'answerKey' is {key!r}" if key else "has no 'answerKey'"
    raise InputError(f"{row.where}: {said}; must be one of: {', '.join(choices)}")


COMMONSENSE_QA = Published(
    licensed=_LICENSED,
    labels=None,
    contents="train_rand_split.jsonl, dev_rand_split.jsonl and, to keep its texts out of train, "
    "test_rand_split_no_answers.jsonl",
    files={
        "train": (Piece("commonsense_qa train", ("train_rand_split.jsonl",)),),
        "validation": (Piece("commonsense_qa dev", tuple(f"{name}_rand_split.jsonl" for name in VALIDATION)),),
        "test": (Piece("commonsense_qa test", ("test_rand_split_no_answers.jsonl", "test_rand_split.jsonl")),),
    },
    hub={
        "train": (Piece("commonsense_qa train", ("train",)),),
        "validation": (Piece("commonsense_qa dev", VALIDATION),),
        "test": (Piece("commonsense_qa test", ("test",)),),
    },
    hub_name="tau/commonsense_qa",
    read=json_lines,
    item=_item,
    test_hint="its test part is published without answers: test on the split 'validation', which takes dev",
)
