"""Texts to train on and to answer: of a dataset directory, or made on the fly from a recipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from synthkit.dataset import Task, TextDataset, load, task
from synthkit.errors import InputError
from synthkit.recipe import Recipe
from synthkit.recipe.load import load_recipe
from synthkit.records import FactorInfo, TextExample, TextLayout
from synthkit.train.language.record import TextChoice

__all__ = ["Texts", "open_texts", "open_training_texts"]

_CHUNK = 2048
_RECIPE = "recipe.json"


class Texts:
    """Texts of one split, in order.

    Args:
        examples: The texts: a dataset, or texts that were made.
        layout: Their columns.
        factors: What is known of each text.
        recipe: Makes their task: a recipe, or the path of one.
        source: What they are, for messages.
        split: Name of the split.
        identity: Tells these texts from all others, whatever directory they are in.

    Attributes:
        labels: The classes; None where answers are no classes.
        rationale: Whether there is a column of explanations.
        annotations: Columns beside the factors.
    """

    def __init__(
        self,
        examples: Sequence[TextExample],
        layout: TextLayout,
        factors: tuple[FactorInfo, ...],
        recipe: Recipe | str,
        source: str,
        split: str,
        identity: str,
    ) -> None:
        self._examples, self.recipe = examples, recipe
        self.source, self.split, self.identity = source, split, identity
        self.labels, self.rationale, self.factors = layout.labels, layout.rationale, factors
        self.annotations = layout.annotations

    @cached_property
    def task(self) -> Task:
        """What scores and explains the texts."""
        return task(self.recipe)

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, index: int) -> TextExample:
        return self._examples[index]

    def part(self, first: int, last: int) -> list[TextExample]:
        """Texts ``first`` to ``last`` - 1."""
        return [self._examples[i] for i in range(first, last)]

    def chunks(self) -> Iterator[list[TextExample]]:
        """All texts in order, some at a time."""
        for start in range(0, len(self), _CHUNK):
            yield self.part(start, min(start + _CHUNK, len(self)))

    def where(self, index: int) -> str:
        """How an example is called in messages."""
        return f"{self.source}: {self.split} example {index}"


def open_texts(choice: TextChoice, data: Path | None, split: str, limit: int | None) -> Texts:
    """The texts of a split.

    Args:
        choice: Which recipe where there is no directory.
        data: A dataset directory; None to make the texts on the fly.
        split: Name of the split.
        limit: Most texts, the first; None for all.

    Raises:
        InputError: No such data or split, clips in place of texts, or an empty split.
        WorkError: Damaged data.
    """
    found = _made(choice, split, limit) if data is None else _stored(data, split, limit)
    if len(found) == 0:
        raise InputError(f"{found.source}: split {split!r} is empty")
    return found


def open_training_texts(choice: TextChoice, data: Path | None) -> Texts:
    """The texts of the training split, and those of other recipes that are mixed in.

    Raises:
        InputError: No such data, split or recipe.
        WorkError: Damaged data.
    """
    first = open_texts(choice, data, choice.train, choice.limit)
    if not choice.mix:
        return first
    others = [open_texts(TextChoice(recipe=p.recipe, set=p.set), None, "train", p.limit) for p in choice.mix]
    parts = [first, *others]
    examples = [example for part in parts for chunk in part.chunks() for example in chunk]
    identity = " + ".join(part.identity for part in parts)
    common = tuple(a for a in first.annotations if all(a in part.annotations for part in others))
    layout = TextLayout(any(part.rationale for part in parts), None, 0, common)
    source = " + ".join(part.source for part in parts)
    return Texts(examples, layout, first.factors, first.recipe, source, choice.train, identity)


def _stored(data: Path, split: str, limit: int | None) -> Texts:
    dataset = load(data, split)
    if not isinstance(dataset, TextDataset):
        raise InputError(f"{data}: holds clips; the models of this experiment take texts")
    dataset = dataset if limit is None else dataset[:limit]
    identity = f"{dataset.fingerprint} {split} {len(dataset)}"
    recipe = str(data / _RECIPE)
    return Texts(dataset, dataset.layout, dataset.factors, recipe, str(data), split, identity)


def _made(choice: TextChoice, split: str, limit: int | None) -> Texts:
    if choice.recipe is None:
        raise InputError("data.recipe: the experiment names no recipe; give a dataset by --data")
    owner = task(load_recipe(choice.recipe, list(choice.set.items())))
    size = owner.sizes.get(split)
    if size is None:
        raise InputError(
            f"recipe {owner.recipe.name}: no split is named {split!r}; there are: {', '.join(owner.sizes)}"
        )
    count = size if limit is None else min(size, limit)
    identity = f"{owner.recipe.canonical_json()} {split} {count}"
    examples = owner.examples(0, count, split)
    return Texts(examples, owner.layout, owner.factors, owner.recipe, f"recipe {owner.recipe.name}", split, identity)
