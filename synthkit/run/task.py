"""A text task from Python: examples by index, made when asked for, with their scorer and their checker."""

from __future__ import annotations

from collections.abc import Iterator

from synthkit.errors import InputError
from synthkit.generators import TextGenerator
from synthkit.generators.answers import final_answer
from synthkit.recipe import Recipe
from synthkit.recipe.load import load_recipe
from synthkit.records import FactorInfo, Rows, TextExample, TextLayout, Verdict
from synthkit.run.attempts import Attempts
from synthkit.run.prepare import prepare
from synthkit.shards.content import text_examples

__all__ = ["Task", "open_task"]

_STREAMED = 1024


class Task:
    """A task whose examples are made when asked for: the same ones that ``synthkit generate`` writes.

    Where examples are random draws, the inputs of all smaller indices must be known first (none occurs twice), so that
    the first access to a large index takes as long as making the dataset up to there.

    Attributes:
        recipe: The resolved recipe.
        sizes: Split -> number of examples.
        factors: What varies, and what is measured.
        layout: Which columns there are.
    """

    def __init__(self, recipe: Recipe) -> None:
        prepared = prepare(recipe)
        if prepared.generator.content != "text":
            raise InputError(f"recipe {recipe.name}: its examples are clips; a task has texts with right answers")
        self._generator: TextGenerator = prepared.generator
        self._plan = prepared.plan
        self._search = prepared.search() if prepared.draws else None
        self.recipe = prepared.recipe
        self.sizes = dict(prepared.plan.sizes)
        self.factors: tuple[FactorInfo, ...] = prepared.factors
        self.layout: TextLayout = prepared.generator.layout

    def example(self, index: int, split: str | None = None) -> TextExample:
        """The example at an index of a split, the first split by default; negative ones count from its end.

        Raises:
            IndexError: Outside of the split.
            InputError: No such split.
        """
        size = self.sizes[self._named(split)]
        if not -size <= index < size:
            raise IndexError(f"{self._named(split)}: index {index} is outside of 0 to {size - 1}")
        return self.examples(index % size, 1, split)[0]

    def examples(self, first: int, count: int, split: str | None = None) -> list[TextExample]:
        """Examples first .. first + count - 1 of a split.

        Raises:
            InputError: No such split, or outside of it.
        """
        rows = self._plan.rows(self._named(split), first, count)
        return list(text_examples(self._generator.make(self._drawn(rows))))

    def stream(self, split: str | None = None) -> Iterator[TextExample]:
        """All examples of a split, in order."""
        size = self.sizes[self._named(split)]
        for first in range(0, size, _STREAMED):
            yield from self.examples(first, min(_STREAMED, size - first), split)

    def score(self, prediction: str, example: TextExample) -> float:
        """How right a prediction is, 0 to 1."""
        return self._generator.score(prediction, example)

    def answer(self, prediction: str) -> str:
        """The answer in what a model said: after its last ``Final answer:``, or all of it."""
        return final_answer(prediction)

    def explain(self, example: TextExample) -> str | None:
        """An explanation of the example's answer, made from its input; None where the task has none."""
        return self._generator.explain(example)

    def check(self, explanation: str, example: TextExample) -> Verdict:
        """Replay an explanation, also one that a model wrote; the verdict names its first wrong step."""
        return self._generator.check(explanation, example)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{split} {size}" for split, size in self.sizes.items())
        return f"Task({self.recipe.name!r}, {sizes})"

    def _named(self, split: str | None) -> str:
        name = next(iter(self.sizes)) if split is None else split
        if name not in self.sizes:
            raise InputError(f"no split is named {name!r}; there are: {', '.join(self.sizes)}")
        return name

    def _drawn(self, rows: Rows) -> Rows:
        if self._search is None:
            return rows
        known = self._search.upto(rows.split, int(rows.index[-1]) + 1 if len(rows) else 0)
        return Attempts({rows.split: known}).applied(rows)


def open_task(recipe: Recipe | str) -> Task:
    """The task of a recipe.

    Args:
        recipe: A `Recipe`, the name of one, or the path of a .py, .toml or .json.

    Raises:
        InputError: No such recipe, a wrong one, or one whose examples are not texts.
    """
    return Task(load_recipe(recipe) if isinstance(recipe, str) else recipe)
