"""The `LanguageExperiment` record: texts, model, tokens, freezing, explanations, training and sweep; needs no torch."""

from __future__ import annotations

import re
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from synthkit.recipe.base import Record
from synthkit.train.experiment import BaseExperiment, Training
from synthkit.train.language.axes import Axis, Sweep
from synthkit.train.language.explanations import Explanations

__all__ = [
    "Axis",
    "Explanations",
    "Inspection",
    "LanguageEvaluation",
    "LanguageExperiment",
    "LanguageModelChoice",
    "LanguageTraining",
    "Part",
    "Sweep",
    "TextChoice",
    "Tokens",
]


class Part(Record):
    """Texts that are added to those for training.

    Attributes:
        recipe: Recipe that makes them.
        set: Changes of that recipe, dotted path -> value.
        limit: Most of them, the first of its split ``train``; None for all.
    """

    recipe: str
    set: dict[str, JsonValue] = Field(default_factory=dict)
    limit: int | None = Field(default=None, ge=1)


class TextChoice(Record):
    """Which texts.

    Attributes:
        recipe: Recipe whose texts are made on the fly where no directory is given.
        set: Changes of that recipe, dotted path -> value.
        train: Split that the model is trained on.
        validation: Split for early stopping; None for none.
        test: Splits that the model answers, the first of them in all tables.
        limit: Most texts of the training split, its first; None for all.
        test_limit: The same of the other splits.
        mix: Texts of other recipes that are added to those for training, as for pre-training.
    """

    recipe: str | None = None
    set: dict[str, JsonValue] = Field(default_factory=dict)
    train: str = "train"
    validation: str | None = "validation"
    test: tuple[str, ...] = Field(default=("test",), min_length=1, strict=False)
    limit: int | None = Field(default=None, ge=1)
    test_limit: int | None = Field(default=None, ge=1)
    mix: tuple[Part, ...] = Field(default=(), strict=False)


class LanguageModelChoice(Record):
    """Which model.

    Attributes:
        path: Name on the Hugging Face hub, a directory that ``save_pretrained`` wrote, or ``tiny:bert``, ``tiny:gpt2``,
            ``tiny:t5``, ``tiny:bart``: models with random weights that are built where they are needed.
        weights: ``pretrained``: those of the path. ``scratch``: fresh ones, of the same configuration.
        head: ``classification``: one of the dataset's classes. ``seq2seq``: the answer as text, by an encoder and a
            decoder. ``causal``: the answer as text, going on from the question. ``masked``: hidden tokens of the texts
            themselves, for pre-training.
        config: Fields of the configuration to be changed, e.g. ``num_hidden_layers``; with ``scratch`` only, or where
            no weight changes its shape by it.
    """

    path: str = "bert-base-uncased"
    weights: Literal["pretrained", "scratch"] = "pretrained"
    head: Literal["classification", "seq2seq", "causal", "masked"] = "classification"
    config: dict[str, JsonValue] = Field(default_factory=dict)


class Tokens(Record):
    """How texts become what the model reads.

    Attributes:
        scheme: ``own``: the model's tokeniser. ``symbols``: each symbol of the task, between spaces, is one entry of
            the model's vocabulary, with its pre-trained embedding. ``fresh``: each symbol has a new embedding, and
            the model's vocabulary is left out. ``patches``: numbers, ``patch`` at a time through one linear layer.
        map: Symbol -> entry, for ``symbols``; what is not named is looked up as it is, then without brackets and in
            lower case.
        separator: Between question and answer of ``causal`` models.
        newline: What stands for the end of a line where the tokeniser cannot write one.
        max_length: Most tokens; None for what the model can take.
        too_long: ``refuse`` a longer text, or ``window`` it: a classifier then reads it in parts that overlap by half,
            and the means of their log probabilities decide. Nothing is ever cut off.
        patch: Numbers in a patch.
        scale: Largest number, which becomes 1.
    """

    scheme: Literal["own", "symbols", "fresh", "patches"] = "own"
    map: dict[str, str] = Field(default_factory=dict)
    separator: str = " ="
    newline: str = " |"
    max_length: int | None = Field(default=None, ge=4)
    too_long: Literal["refuse", "window"] = "refuse"
    patch: int = Field(default=8, ge=1)
    scale: float = Field(default=255.0, gt=0)


class LanguageTraining(Training):
    """How a language model is trained.

    Attributes:
        tokens: Train until so many ids of questions and answers were read, without padding, in place of ``steps``,
            which are then counted out before training.
    """

    tokens: int | None = Field(default=None, ge=1)


class LanguageEvaluation(Record):
    """How answers are scored.

    Attributes:
        factors: Factors by whose values the accuracy is shown; None for all that vary.
        bins: Most rows of a factor with many values, which are then put together.
        batch_size: Texts that are answered at once.
        max_new_tokens: Longest answer; None for the longest of the training targets and a quarter more.
        confidence: Of the intervals (Wilson 1927).
    """

    factors: tuple[str, ...] | None = Field(default=None, strict=False)
    bins: int = Field(default=10, ge=2)
    batch_size: int = Field(default=64, ge=1)
    max_new_tokens: int | None = Field(default=None, ge=1)
    confidence: float = Field(default=0.95, gt=0, lt=1)


class Inspection(Record):
    """How ``synthkit analyze`` looks into the model.

    Attributes:
        limit: Most test texts that are looked at.
        probe_limit: Most training texts that probes are fitted to.
        similarity_tokens: Positions of a text, evenly spread, that enter the similarity of layers.
    """

    limit: int = Field(default=500, ge=2)
    probe_limit: int = Field(default=1000, ge=2)
    similarity_tokens: int = Field(default=16, ge=1)


class LanguageExperiment(BaseExperiment):
    """A training of a language model on texts with right answers, as data.

    Attributes:
        name: Part of every random key.
        description: What it shows; its first line is the title.
        kind: ``language``.
        data: Which texts.
        model: Which model, with which weights and head.
        tokens: How texts become what it reads.
        freezing: Which parameters are trained; see `synthkit.models.language.freezing.POLICIES`.
        explanations: What it is trained to say.
        training: How it is trained.
        evaluation: How its answers are scored.
        inspection: How ``synthkit analyze`` looks into it.
        sweep: What is varied; without one there is one training.
        seed: Of everything that is drawn, 0 to 2^63 - 1.
        variants: What a benchmark compares; the first is trained where none is named.
        smoke: Changes for a size that shows that everything runs, dotted path -> value.
    """

    kind: Literal["language"]
    data: TextChoice = TextChoice()
    model: LanguageModelChoice = LanguageModelChoice()
    tokens: Tokens = Tokens()
    freezing: str = "full"
    explanations: Explanations = Explanations()
    training: LanguageTraining = LanguageTraining()
    evaluation: LanguageEvaluation = LanguageEvaluation()
    inspection: Inspection = Inspection()
    sweep: Sweep | None = None

    @field_validator("freezing")
    @classmethod
    def _a_policy(cls, policy: str) -> str:
        if re.fullmatch(r"[a-z0-9_:.+*, ]+", policy) is None:
            raise ValueError(f"no policy looks like {policy!r}")
        return policy

    @field_validator("training", mode="before")
    @classmethod
    def _of_any_training(cls, training: Any) -> Any:
        """A `Training`, as experiments of other kinds have, will do."""
        return training.model_dump() if type(training) is Training else training

    @model_validator(mode="after")
    def _explanations_fit(self) -> Self:
        e, head = self.explanations, self.model.head
        if e.target != "answer" and head == "classification":
            raise ValueError("explanations.target: a classifier says no explanations; use model.head=seq2seq or causal")
        if e.target == "multitask" and head == "masked":
            raise ValueError("explanations.target: a masked model answers nothing; use model.head=seq2seq or causal")
        if e.soft > 0 and head != "classification":
            raise ValueError(f"explanations.soft: a teacher's soft labels go with classification, not with {head}")
        if e.input != "none" and self.tokens.scheme == "patches":
            raise ValueError("explanations.input: patches are numbers and hold no words; use another tokens.scheme")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        head, scheme = self.model.head, self.tokens.scheme
        if self.tokens.too_long == "window" and head != "classification":
            raise ValueError(f"tokens.too_long: a {head} model reads no windows; only classification does")
        if scheme == "patches" and head != "classification":
            raise ValueError(f"tokens.scheme: patches go with classification, not with {head}")
        if self.data.mix and head == "classification":
            raise ValueError("data.mix: texts of several recipes have no classes in common; not with classification")
        if self.sweep is not None and self.variants:
            raise ValueError("sweep: goes with no variants; make them points of an axis")
        return self
