"""ListOps: nested lists of operators and values with one answer (Nangia and Bowman 2018), by `synthkit.ops.listops`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.generators.answers import final_answer
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.listops_draws import ListOpsDraws
from synthkit.generators.listops_params import EXPLANATIONS, OPERATOR_SETS, ListOpsParams
from synthkit.generators.listops_problems import listops_problems
from synthkit.generators.text import measured_names, measured_numbers, with_measured
from synthkit.ops import listops
from synthkit.ops.listops_check import check
from synthkit.ops.listops_text import parse
from synthkit.ops.unique import HashSet
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import FactorInfo, Pool, Rows, Strings, TextBatch, TextExample, TextLayout, Verdict
from synthkit.seeds import derive_key, split_word, uniforms

__all__ = ["ListOps"]

_BYTES_PER_TOKEN = {"prefix": 2, "parens": 7, "tokens": 3}


class ListOps:
    """The generator ``listops``."""

    name: ClassVar[str] = "listops"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "attempts"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = ListOpsParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {
        "tokens": FactorSpec("1", "Tokens: 1 for a value, 2 for an operator", low=1, high=4096, whole=True),
        "depth": FactorSpec("1", "Nested operators", low=0, high=512, whole=True),
        "min_args": FactorSpec("1", "Fewest arguments of an operator", low=1, high=255, whole=True),
        "max_args": FactorSpec("1", "Most arguments of an operator", low=1, high=255, whole=True),
        "operators": FactorSpec("", "Which operators may occur", names=OPERATOR_SETS),
        "operator_probability": FactorSpec("1", "Probability that a node is an operator", low=0, high=1),
        "base": FactorSpec("1", "Number of values; SM and PM count modulo it", low=2, high=256, whole=True),
        "explanation": FactorSpec("", "How the rationale is written", names=EXPLANATIONS),
    }

    def __init__(self, recipe: Recipe, params: ListOpsParams) -> None:
        self._recipe = recipe
        self._params = params
        self._draws = ListOpsDraws(recipe, params)
        self._explained_key = derive_key(recipe.seed, recipe.name, "explained")
        self._planned = {factor.name for factor in recipe.factors}

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def _explains(self) -> bool:
        return self._params.explanation != "none" or "explanation" in self._planned

    @property
    def layout(self) -> TextLayout:
        labels = tuple(str(value) for value in range(self._draws.largest("base")))
        tokens = self._draws.typical_tokens
        rationale = int(tokens * 12 * self._params.explained) if self._explains else 0
        size = tokens * _BYTES_PER_TOKEN[self._params.rendering] + rationale + 100
        return TextLayout(self._explains, labels, size)

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        base = self._draws.largest("base")
        found = [measured_numbers("label", "The answer", low=0, high=base - 1, kind="categorical")]
        if "tokens" not in self._planned:
            low, high = self._draws.token_range
            found.append(measured_numbers("tokens", "Tokens: 1 for a value, 2 for an operator", low=low, high=high))
        if "depth" not in self._planned:
            low, high = self._draws.depth_range
            found.append(measured_numbers("depth", "Nested operators", low=low, high=high))
        high = self._draws.token_range[1] // 2
        found.append(measured_numbers("operator_count", "Operators in the tree", low=0, high=high))
        names = [self._params.shown_names[op] for op in self._draws.used_operators]
        found.append(measured_names("root", "Outermost operator; none for a bare value", (*names, "none")))
        if self._explains:
            found.append(measured_names("explained", "Whether there is a rationale", ("no", "yes")))
        return tuple(found)

    def problems(self) -> list[str]:
        return listops_problems(self._recipe, self._params, self._draws)

    def pools(self) -> Mapping[str, Pool]:
        return {}

    def choose(self, rows: Rows, part: tuple[int, int], seen: HashSet, threads: int) -> npt.NDArray[np.uint32]:
        """The attempt of each row; see `synthkit.generators.unique.ChoosesItself`."""
        try:
            return self._draws.choose(rows, part, seen, threads)
        except InputError as error:  # it speaks of its arguments; a recipe has splits
            said = str(error).removeprefix("settings: ").replace(", or raise max_attempts", "")
            raise InputError(f"recipe {self._recipe.name}: splits.{rows.split}: {said}") from None

    def make(self, rows: Rows) -> TextBatch:
        trees = self._draws.trees(rows)
        names = self._params.shown_names
        question = Strings(*listops.render(trees, self._params.rendering, names))
        answer = Strings.of([str(value) for value in trees.value.tolist()])
        found: dict[str, npt.NDArray[Any]] = {
            "label": trees.value,
            "tokens": trees.tokens,
            "depth": trees.depth,
            "operator_count": trees.operators,
            "root": self._root_levels()[trees.root],
        }
        rationale = None
        if self._explains:
            levels = self._explanation_levels(rows)
            rationale = Strings(*listops.explain(trees, levels, names))
            found["explained"] = levels >= 0
        return TextBatch(with_measured(rows, self.measured, found), self.layout, question, answer, rationale)

    def _root_levels(self) -> npt.NDArray[np.int64]:
        """Level of each root operator; the last element, for -1, is that of a bare value."""
        used = self._draws.used_operators
        levels = np.full(len(listops.OPERATORS) + 1, len(used), np.int64)
        levels[list(used)] = np.arange(len(used))
        return levels

    def _explanation_levels(self, rows: Rows) -> npt.NDArray[np.int32]:
        """Code of each row's explanation for `ops.listops.explain`; -1 where it has none."""
        named = rows.values.get("explanation", np.full(len(rows), self._params.explanation, dtype=object))
        codes = {name: listops.LEVELS.index(name) if name in listops.LEVELS else -1 for name in EXPLANATIONS}
        levels = np.array([codes[str(name)] for name in named.tolist()], np.int32).reshape(len(rows))
        splits = self._params.explained_splits
        if splits is not None and rows.split not in splits:
            return np.full(len(rows), -1, np.int32)
        lucky = uniforms(self._explained_key, split_word(rows.split), rows.index)[:, 0] < self._params.explained
        return np.where(lucky, levels, np.int32(-1))

    def score(self, prediction: str, example: TextExample) -> float:
        """1.0 where the answer is the target; of an explanation, what its last ``Final answer:`` line says."""
        return float(final_answer(prediction) == example.target)

    def explain(self, example: TextExample) -> str | None:
        trees = self._parsed(example)
        level = self._level(example)
        return Strings(*listops.explain(trees, level, self._params.shown_names)).tolist()[0]

    def check(self, explanation: str, example: TextExample) -> Verdict:
        level = self._level(example)
        found = check(explanation, self._parsed(example), level, names=self._params.shown_names)
        return Verdict(found.ok, found.step, found.reason)

    def _parsed(self, example: TextExample) -> listops.Trees:
        base = int(example.factors.get("base", self._params.base))
        names, text, style = self._params.shown_names, example.input, self._params.rendering
        if style == "tokens":
            text, style = _words_of_ids(text, names, base), "prefix"
        return parse([text], style, names, base=base)

    def _level(self, example: TextExample) -> str:
        """The level of an example's explanation; ``long`` for those that have none."""
        level = str(example.factors.get("explanation", self._params.explanation))
        return "long" if level == "none" else level


def _words_of_ids(text: str, names: Sequence[str], base: int) -> str:
    """The ``prefix`` form of ids."""
    words = {"3": "]"} | {str(4 + k): f"[{name}" for k, name in enumerate(names)}
    words |= {str(11 + value): str(value) for value in range(base)}
    try:
        return " ".join(words[word] for word in text.split(" "))
    except KeyError as error:
        raise InputError(f"input: {error.args[0]!r} is no id of a ListOps token") from None
