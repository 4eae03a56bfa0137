"""A trained model, ready to encode clips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file

from synthkit.errors import InputError, WorkError
from synthkit.models.base import Inputs, Model
from synthkit.models.registry import MODELS
from synthkit.recipe.problems import describe
from synthkit.seeds import derive_key
from synthkit.train.experiment import Experiment
from synthkit.train.features import FeatureExtractor
from synthkit.train.folder import RunFolder

__all__ = ["Trained", "load_run", "make_model"]


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained model.

    Attributes:
        experiment: What was trained.
        model: The model, in evaluation mode.
        extractor: What makes features for it.
        sample_rate: That clips must have, Hz.
        num_samples: Samples that a clip must have.
    """

    experiment: Experiment
    model: Model
    extractor: FeatureExtractor
    sample_rate: int
    num_samples: int


def load_run(path: str | Path, device: str | torch.device = "cpu") -> Trained:
    """The model of a finished training.

    Raises:
        InputError: It holds no training, or one that has not ended.
        WorkError: Damaged files.
    """
    folder = RunFolder.open(Path(path))
    experiment, data, training = folder.experiment(), folder.data(), folder.training()
    extractor = FeatureExtractor(experiment.features, data["sample_rate"], data["num_samples"])
    extractor.mean.fill_(training["feature_mean"])
    extractor.scale.fill_(training["feature_scale"])
    model = make_model(experiment, extractor, data["sample_rate"], training["num_examples"])
    try:
        model.load_state_dict(load_file(folder.weights))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise WorkError(f"{folder.weights}: damaged: {str(error).splitlines()[0]}") from None
    target = torch.device(device)
    model.eval()
    return Trained(experiment, model.to(target), extractor.to(target), data["sample_rate"], data["num_samples"])


def make_model(
    experiment: Experiment, extractor: FeatureExtractor, sample_rate: int, num_examples: int, stream: str = "weights"
) -> Model:
    """A new model with weights drawn by the experiment's seed.

    Raises:
        InputError: No such model, or settings that do not fit.
    """
    settings: dict[str, Any] = dict(experiment.model)
    name = settings.pop("name")
    if name not in MODELS:
        raise InputError(f"model.name: no model is named {name!r}; there are: {', '.join(MODELS)}")
    kind = MODELS[name]
    try:
        config = kind.Config.model_validate(settings)
    except ValidationError as error:
        lines = describe(error, settings, kind.Config, "model")
        raise InputError("\n".join(lines)) from None
    with torch.random.fork_rng():
        torch.manual_seed(derive_key(experiment.seed, experiment.name, f"train-{stream}"))
        try:
            model = kind.build(config, Inputs(extractor.shape, sample_rate, num_examples))
        except ValueError as error:
            raise InputError(f"model {name}: {error}") from None
    if model.waveforms and experiment.features.kind != "waveform":
        raise InputError(f"features.kind: model {name!r} takes waveforms, not {experiment.features.kind!r}")
    return model
