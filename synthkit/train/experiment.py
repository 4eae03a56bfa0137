"""The `Experiment` record: data, features, model, training, evaluation and seed; needs no torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from synthkit.recipe.base import Record

__all__ = [
    "BaseExperiment",
    "DataChoice",
    "Downstream",
    "Evaluation",
    "Experiment",
    "Features",
    "Training",
    "Variant",
    "Views",
    "refuse_repeated",
]

NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"


class DataChoice(Record):
    """Which clips.

    Attributes:
        recipe: Recipe whose clips are made on the fly where no directory is given.
        set: Changes of that recipe, dotted path -> value.
        train: Split that the model is trained on.
        validation: Split for early stopping; None for none.
        test: Split that is encoded and scored.
        limit: Most clips of the training split, its first; None for all.
        test_limit: The same of the other splits.
        clip_seconds: Length of a clip where the directory is a folder of audio files, which are cut into clips, s.
    """

    recipe: str | None = None
    set: dict[str, JsonValue] = Field(default_factory=dict)
    train: str = "train"
    validation: str | None = "validation"
    test: str = "test"
    limit: int | None = Field(default=None, ge=1)
    test_limit: int | None = Field(default=None, ge=1)
    clip_seconds: float = Field(default=1.0, gt=0)


class Features(Record):
    """What a model is given of a clip.

    Attributes:
        kind: ``log_mel``: decibels of the mel power spectrum, relative to a sine of full scale. ``mel``: the power
            spectrum itself. ``waveform``: the samples.
        sample_rate: Rate that the clips must have, Hz; None takes any.
        bands: Mel bands, 0 Hz to Nyquist.
        window: Length of a frame and of its Fourier transform, samples (Hann).
        hop: From one frame to the next, samples.
        mel_scale: ``htk`` (triangles of height 1) or ``slaney`` (triangles of equal area), as in torchaudio.
        floor: Softest level of ``log_mel``, dB.
        normalization: ``global``: minus the mean, over the standard deviation of all numbers of the training split,
            which keeps every factor. ``none``. ``utterance``: each clip by its own mean and deviation, which loses its
            level. ``frame_max``: each frame over its largest band, which loses the level too (a known defect).
    """

    kind: Literal["log_mel", "mel", "waveform"] = "log_mel"
    sample_rate: int | None = Field(default=None, ge=1)
    bands: int = Field(default=128, ge=1, le=1024)
    window: int = Field(default=2048, ge=2)
    hop: int = Field(default=512, ge=1)
    mel_scale: Literal["htk", "slaney"] = "htk"
    floor: float = Field(default=-100.0, lt=0)
    normalization: Literal["global", "none", "utterance", "frame_max"] = "global"

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.normalization == "frame_max" and self.kind == "waveform":
            raise ValueError("normalization: frame_max needs frames; kind is 'waveform'")
        return self


class Views(Record):
    """How the second example of a pair is made, and what is done to both.

    Attributes:
        share: Factors that both clips of a pair have in common, all others drawn anew; None: each pair shares a random
            choice of factors; empty: both are the same clip.
        keep: Factors that no augmentation may change.
        waveform: Augmentations of the waveform, in order, each a table with ``name`` and settings.
        mel: Augmentations of the mel spectrum, after those of the waveform.
    """

    share: tuple[str, ...] | None = Field(default=(), strict=False)
    keep: tuple[str, ...] = Field(default=(), strict=False)
    waveform: tuple[dict[str, JsonValue], ...] = Field(default=(), strict=False)
    mel: tuple[dict[str, JsonValue], ...] = Field(default=(), strict=False)


class Training(Record):
    """How a model is trained: Adam, one optimiser for each turn of the model.

    Attributes:
        steps: Optimiser steps.
        batch_size: Clips in a step, over all processes and all accumulated parts.
        accumulate: Parts that a batch is computed in, one after the other.
        learning_rate: Step size.
        betas: Decay of the running means of the gradient and of its square.
        weight_decay: Decoupled weight decay (AdamW).
        schedule: ``constant`` or ``cosine`` (to 0 at the last step), after the warm-up.
        warmup_steps: Steps over which the step size grows from 0.
        clip_norm: Largest norm of the gradient; None for none.
        precision: ``no`` (float32), ``bf16`` or ``fp16`` mixed precision.
        ema: Decay of the running mean of the weights, which is then what is evaluated; 0 for none.
        checkpoint_every: Steps between checkpoints.
        keep_checkpoints: Checkpoints that are kept.
        log_every: Steps between lines of the log.
        validate_every: Steps between passes over the validation split; None for none.
        patience: Validations without a better loss after which training stops; None never stops early.
    """

    steps: int = Field(default=8000, ge=1)
    batch_size: int = Field(default=64, ge=1)
    accumulate: int = Field(default=1, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    betas: tuple[float, float] = Field(default=(0.9, 0.999), strict=False)
    weight_decay: float = Field(default=0.0, ge=0)
    schedule: Literal["constant", "cosine"] = "constant"
    warmup_steps: int = Field(default=0, ge=0)
    clip_norm: float | None = Field(default=None, gt=0)
    precision: Literal["no", "bf16", "fp16"] = "no"
    ema: float = Field(default=0.0, ge=0, lt=1)
    checkpoint_every: int = Field(default=1000, ge=1)
    keep_checkpoints: int = Field(default=2, ge=1)
    log_every: int = Field(default=50, ge=1)
    validate_every: int | None = Field(default=None, ge=1)
    patience: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.patience is not None and self.validate_every is None:
            raise ValueError("patience: needs validate_every")
        if self.batch_size % self.accumulate:
            raise ValueError(
                f"accumulate: a batch of {self.batch_size} cannot be cut into {self.accumulate} equal parts"
            )
        return self


class Downstream(Record):
    """Classifiers on top of the encoder, with few labels.

    Attributes:
        factors: Factors to be recognised; empty for no such evaluation.
        shares: Shares of the training split whose labels are used.
        steps: Steps of fine-tuning, and of training from scratch.
        batch_size: Clips in a step.
        learning_rate: Step size.
    """

    factors: tuple[str, ...] = Field(default=(), strict=False)
    shares: tuple[float, ...] = Field(default=(0.01, 0.1, 1.0), strict=False)
    steps: int = Field(default=300, ge=1)
    batch_size: int = Field(default=64, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)


class Evaluation(Record):
    """How codes are scored.

    Attributes:
        convention: Of the metrics: ``default``, ``dlib``, ``ubisoft`` or ``infomec``.
        metrics: ``all``, or names with commas between.
        factors: Factors that are scored; None for all that vary.
        allow_lost: Factors that may be scored though the features have lost them.
        probe_limit: Most training clips that linear probes are fitted to.
        traversals: Values along each dimension of the code in the pictures of traversals; 0 for no pictures.
        downstream: Classifiers with few labels.
        resamples: Draws of codes from the trained model's posteriors whose spread is reported beside the metrics; not
            the spread over trainings. 0 for none.
        sampled_codes: A known defect, off by default: codes are draws from the posterior, of training and held-out
            clips together.
        swapped_arguments: A known defect, off by default: codes and factors change places in the metrics.
    """

    convention: str = "default"
    metrics: str = "all"
    factors: tuple[str, ...] | None = Field(default=None, strict=False)
    allow_lost: tuple[str, ...] = Field(default=(), strict=False)
    probe_limit: int = Field(default=10_000, ge=1)
    traversals: int = Field(default=7, ge=0)
    downstream: Downstream = Downstream()
    resamples: int = Field(default=0, ge=0)
    sampled_codes: bool = False
    swapped_arguments: bool = False


class Variant(Record):
    """An experiment with some fields changed.

    Attributes:
        name: Lower-case letters, digits, ``_`` and ``-``.
        set: Changes, dotted path -> value.
        smoke: Further changes for the small size.
    """

    name: str = Field(pattern=NAME)
    set: dict[str, JsonValue] = Field(default_factory=dict)
    smoke: dict[str, JsonValue] = Field(default_factory=dict)


class BaseExperiment(Record):
    """What all experiments have: a training as data.

    Attributes:
        name: Part of every random key.
        description: What it shows; its first line is the title.
        training: How it is trained.
        seed: Of everything that is drawn, 0 to 2^63 - 1.
        variants: What a benchmark compares; the first is trained where none is named.
        smoke: Changes for a size that shows that everything runs, dotted path -> value.
    """

    name: str = Field(pattern=NAME)
    description: str = ""
    training: Training = Training()
    seed: int = Field(default=0, ge=0, lt=2**63)
    variants: tuple[Variant, ...] = Field(default=(), strict=False)
    smoke: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _variants_differ(self) -> Self:
        refuse_repeated("variants", [variant.name for variant in self.variants])
        return self

    @property
    def title(self) -> str:
        """First line of the description, or the name."""
        lines = self.description.strip().splitlines()
        return lines[0].rstrip(".") if lines else self.name

    def plain(self) -> dict[str, Any]:
        """As plain data; all defaults filled."""
        return self.model_dump(mode="json")

    def pretty_json(self) -> str:
        """What ``experiment.json`` holds."""
        return json.dumps(self.plain(), sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def refuse_repeated(field: str, names: Sequence[str]) -> None:
    """Names within a list must differ.

    Raises:
        ValueError: One occurs twice.
    """
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{field}.{repeated[0]}: occurs twice")


class Experiment(BaseExperiment):
    """A training of a model of clips, and its evaluation, as data.

    Attributes:
        name: Part of every random key.
        description: What it shows; its first line is the title.
        kind: ``audio``, which need not be said.
        data: Which clips.
        features: What the model is given of them.
        model: ``name`` of a model and its settings; what is left out takes the model's default.
        views: Pairs and augmentations, for models that learn from two views.
        training: How it is trained.
        evaluation: How it is scored.
        seed: Of everything that is drawn, 0 to 2^63 - 1.
        variants: What a benchmark compares; the first is trained where none is named.
        smoke: Changes for a size that shows that everything runs, dotted path -> value.
    """

    kind: Literal["audio"] = "audio"
    data: DataChoice = DataChoice()
    features: Features = Features()
    model: dict[str, JsonValue] = {"name": "vae"}  # noqa: RUF012
    views: Views = Views()
    evaluation: Evaluation = Evaluation()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not isinstance(self.model.get("name"), str):
            raise ValueError("model.name: is missing")
        return self
