"""The model of an experiment, with its codec: loaded, fitted to the symbols, and frozen as its policy says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from synthkit.errors import InputError
from synthkit.models.language.freezing import Trained, apply_policy, check_policy
from synthkit.models.language.model import LanguageModel, Objective
from synthkit.models.language.patches import Patches
from synthkit.models.language.quiet import quiet
from synthkit.seeds import derive_key
from synthkit.train.language.codec import Codec, PatchCodec
from synthkit.train.language.loading import model_place, open_network
from synthkit.train.language.record import Explanations, LanguageExperiment
from synthkit.train.language.vocabulary import fit_codec

__all__ = ["Ready", "make_language_model"]

_NO_VECTORS = ("t5", "mt5", "umt5", "bart", "mbart")  # their classifiers look for an end token among the ids


@dataclass(frozen=True, slots=True)
class Ready:
    """A model that can be trained.

    Attributes:
        model: The model.
        codec: Makes its ids.
        trained: What of it is trained.
        limit: Most ids that it takes; None where there is no limit.
        warnings: What a user should know.
    """

    model: LanguageModel
    codec: Codec
    trained: Trained
    limit: int | None
    warnings: tuple[str, ...]


def make_language_model(
    experiment: LanguageExperiment,
    labels: Sequence[str] | None,
    symbols: list[str],
    folder: Path,
    *,
    weights: bool = False,
) -> Ready:
    """The model of an experiment before training.

    Args:
        experiment: Its model, tokens, freezing, seed and name.
        labels: Classes of the dataset.
        symbols: Of the task, where the scheme needs them.
        folder: Where a tiny model is built.
        weights: Whether attention weights are wanted.

    Raises:
        InputError: No such model, head, policy or layer, or a symbol without an entry in the vocabulary.
    """
    e = experiment
    _checked_policy(e.freezing)
    key = derive_key(e.seed, e.name, "weights")
    place = model_place(e.model, folder)
    named = labels if e.model.head == "classification" else None
    opened = open_network(e.model, place, named, key, weights=weights)
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_key(e.seed, e.name, "weights-fresh"))
        codec, opened = fit_codec(e, place, opened, symbols)
        patches = _patches(e, opened.network, codec) if isinstance(codec, PatchCodec) else None
        try:
            trained = apply_policy(opened.network, e.freezing)
        except ValueError as error:
            raise InputError(f"freezing: {error}") from None
    adapters = frozenset(name for name in trained.names if "lora_" in name)
    model = LanguageModel(
        opened.network,
        e.model.head,
        opened.fresh | adapters,
        patches=patches,
        mask=codec.special.mask,
        objective=_objective(e.explanations),
    )
    return Ready(model, codec, trained, opened.limit, _warnings(e, opened.fresh, trained))


def _checked_policy(policy: str) -> None:
    try:
        check_policy(policy)
    except ValueError as error:
        raise InputError(f"freezing: {error}") from None


def _objective(explanations: Explanations) -> Objective:
    alpha = explanations.alpha if explanations.target == "multitask" else None
    return Objective(alpha, explanations.soft, explanations.temperature)


def _patches(experiment: LanguageExperiment, network: Any, codec: PatchCodec) -> Patches:
    kind = network.config.model_type
    if kind in _NO_VECTORS:
        raise InputError(f"tokens.scheme: the classifier of {kind} models takes no patches; use own, symbols or fresh")
    special, tokens = codec.special, experiment.tokens
    table = network.get_input_embeddings()
    return Patches(table, tokens.patch, tokens.scale, special.before, special.after)


def _warnings(experiment: LanguageExperiment, fresh: frozenset[str], trained: Trained) -> tuple[str, ...]:
    """Fresh parameters that stay as they were drawn."""
    stay = sorted(name for name in fresh - set(trained.names) if "lora_" not in name)
    if experiment.model.weights == "scratch" or not stay:
        return trained.warnings
    kinds = "head" if experiment.tokens.scheme != "fresh" else "head and embeddings"
    return (
        *trained.warnings,
        f"freezing {experiment.freezing}: {len(stay)} new parameters ({stay[0]}, ...) stay random; name {kinds} too to "
        "train them",
    )
