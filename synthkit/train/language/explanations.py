"""The `Explanations` record: what a model is trained to say, and what it learns from its teacher; needs no torch."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from synthkit.recipe.base import Record

__all__ = ["Explanations"]

_ALPHA = 0.5


class Explanations(Record):
    """What a model is trained to say.

    Attributes:
        target: ``answer``: the answer alone. ``rationale``: an explanation that ends in the answer. ``mixed``: an
            explanation for a share of the training examples, the answer alone for the others. ``multitask``: each
            example is asked twice, ``predict: INPUT`` for the answer and ``explain: INPUT`` for the explanation
            ("Distilling step-by-step", Hsieh et al. 2023); at test the answer alone is asked for.
        share: Share of ``mixed`` training examples with an explanation, drawn by the seed; None takes those that have
            one in the dataset. An explanation that is not in the dataset is made by its task.
        loss: Tokens that count for a ``causal`` model: those of the ``answer``, or ``all``, the question's too.
        column: Column of the dataset that holds the explanation: its own, or an annotation of texts.
        alpha: Weight of the answers in the loss of ``multitask``; the explanations have the rest.
        input: What the model reads of a saliency rationale, in training and at test: ``none`` of it, its words
            ``added`` to the question, or the question with a ``mask`` over all other words.
        soft: Weight of the teacher's probabilities in the loss of a classifier (Hinton et al. 2015); the right answers
            have the rest.
        temperature: By which the logits of teacher and student are divided in that loss.
    """

    target: Literal["answer", "rationale", "mixed", "multitask"] = "answer"
    share: float | None = Field(default=None, ge=0, le=1)
    loss: Literal["answer", "all"] = "answer"
    column: str = Field(default="rationale", min_length=1)
    alpha: float = Field(default=_ALPHA, gt=0, le=1)
    input: Literal["none", "added", "mask"] = "none"
    soft: float = Field(default=0.0, ge=0, le=1)
    temperature: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.share is not None and self.target != "mixed":
            raise ValueError("share: only goes with target 'mixed'")
        if self.alpha != _ALPHA and self.target != "multitask":
            raise ValueError("alpha: only goes with target 'multitask'")
        if self.temperature != 1.0 and self.soft == 0.0:
            raise ValueError("temperature: only goes with soft labels; set soft above 0")
        return self

    @property
    def steps_are_judged(self) -> bool:
        """Whether the model, when it is asked, explains as the dataset's task does, which can then be replayed."""
        return self.target in ("rationale", "mixed") and self.column == "rationale"
