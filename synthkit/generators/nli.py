"""Natural language inference by a grammar: does the hypothesis follow from the premise, and which words decide it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from synthkit.generators.answers import FINAL_ANSWER, final_answer
from synthkit.generators.base import FactorSpec, Source
from synthkit.generators.inference import DRAWN_WORDS, LABELS, PHENOMENA, Inference, draw_inference
from synthkit.generators.inference.grammar import MOST_DISTRACTORS
from synthkit.generators.text import compare_steps, measured_names, measured_numbers, with_measured
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.records import Annotation, FactorInfo, Pool, Rows, Strings, TextBatch, TextExample, TextLayout, Verdict
from synthkit.seeds import attempt_words, derive_key, split_word

__all__ = ["InferenceTask", "NliParams", "rationale_of"]

_TYPICAL_BYTES = 400
_MOST_WORDS = 60
_ANNOTATIONS = (
    Annotation("premise", "string", "", "What is given"),
    Annotation("hypothesis", "string", "", "What may follow from it"),
    Annotation("evidence", "strings", "", "Pieces of the premise, then of the hypothesis, that decide the label"),
    Annotation("reasoning", "string", "", "Why the label is right"),
)


class NliParams(Record):
    """Settings of a dataset of inferences.

    Attributes:
        phenomena: Kinds of inferences, equally likely.
        min_distractors: Fewest sentences of the premise that do not matter.
        max_distractors: Most of them.
        rationale: ``none``; ``reasoning``: why the label is right; ``evidence``: the pieces that decide it.
    """

    phenomena: tuple[Literal["quantifiers", "negation", "comparison", "coreference", "world_facts"], ...] = Field(
        default=("quantifiers", "negation", "comparison", "coreference", "world_facts"), min_length=1, strict=False
    )
    min_distractors: int = Field(default=0, ge=0, le=MOST_DISTRACTORS)
    max_distractors: int = Field(default=2, ge=0, le=MOST_DISTRACTORS)
    rationale: Literal["none", "reasoning", "evidence"] = "reasoning"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_distractors > self.max_distractors:
            raise ValueError(
                f"min_distractors: {self.min_distractors} is more than max_distractors, {self.max_distractors}"
            )
        if len(set(self.phenomena)) != len(self.phenomena):
            raise ValueError("phenomena: one is named twice")
        return self


class InferenceTask:
    """The generator ``nli``; its labels are balanced, and a hypothesis alone says nothing of its label."""

    name: ClassVar[str] = "nli"
    content: ClassVar[Literal["text"]] = "text"
    source: ClassVar[Source] = "attempts"
    notes: tuple[str, ...] = ()
    Params: ClassVar[type[Record]] = NliParams
    factors: ClassVar[Mapping[str, FactorSpec]] = {}

    def __init__(self, recipe: Recipe, params: NliParams) -> None:
        self._params = params
        self._key = derive_key(recipe.seed, recipe.name, "nli")

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    @property
    def layout(self) -> TextLayout:
        return TextLayout(self._params.rationale != "none", LABELS, _TYPICAL_BYTES, _ANNOTATIONS)

    @property
    def measured(self) -> tuple[FactorInfo, ...]:
        p = self._params
        return (
            measured_names("label", "Whether the hypothesis follows, may or may not be, or cannot be", LABELS),
            measured_names("phenomenon", "What decides the label", PHENOMENA),
            measured_numbers(
                "distractors", "Sentences that do not matter", low=p.min_distractors, high=p.max_distractors
            ),
            measured_numbers("words", "Words of premise and hypothesis", low=1, high=_MOST_WORDS),
        )

    def problems(self) -> list[str]:
        return []

    def pools(self) -> Mapping[str, Pool]:
        return {}

    def make(self, rows: Rows) -> TextBatch:
        attempts = np.zeros(len(rows), np.uint32) if rows.attempt is None else rows.attempt
        words = attempt_words(self._key, split_word(rows.split), rows.index, attempts, DRAWN_WORDS)
        p = self._params
        drawn = [draw_inference(row, p.phenomena, (p.min_distractors, p.max_distractors)) for row in words.tolist()]
        measures = {
            "label": [LABELS.index(one.label) for one in drawn],
            "phenomenon": [PHENOMENA.index(one.phenomenon) for one in drawn],
            "distractors": [one.distractors for one in drawn],
            "words": [len(one.premise.split()) + len(one.hypothesis.split()) for one in drawn],
        }
        rationale = None
        if p.rationale != "none":
            rationale = Strings.of([rationale_of(one, p.rationale) for one in drawn])
        return TextBatch(
            with_measured(rows, self.measured, {name: np.array(column) for name, column in measures.items()}),
            self.layout,
            Strings.of([f"premise: {one.premise} hypothesis: {one.hypothesis}" for one in drawn]),
            Strings.of([one.label for one in drawn]),
            rationale,
            {
                "premise": [one.premise for one in drawn],
                "hypothesis": [one.hypothesis for one in drawn],
                "evidence": [list(one.evidence) for one in drawn],
                "reasoning": [one.reason for one in drawn],
            },
        )

    def score(self, prediction: str, example: TextExample) -> float:
        """1.0 where the answer is the label; of an explanation, what its last ``Final answer:`` line says."""
        return float(final_answer(prediction) == example.target)

    def explain(self, example: TextExample) -> str | None:
        """What is written beside the example; the reasoning where its rationale is none."""
        if self._params.rationale == "evidence":
            said = " ; ".join(map(str, _pieces(example)))
        else:
            said = str(example.annotations.get("reasoning", ""))
        return f"{said}\n{FINAL_ANSWER}{example.target}" if said else None

    def check(self, explanation: str, example: TextExample) -> Verdict:
        return compare_steps(explanation, self.explain(example) or "")


def rationale_of(inference: Inference, kind: str) -> str:
    """An explanation, and the label as its final answer."""
    said = inference.reason if kind == "reasoning" else " ; ".join(inference.evidence)
    return f"{said}\n{FINAL_ANSWER}{inference.label}"


def _pieces(example: TextExample) -> list[Any]:
    found = example.annotations.get("evidence", [])
    return found if isinstance(found, list) else []
