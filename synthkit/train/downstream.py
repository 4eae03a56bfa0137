"""Downstream classifiers with few labels: on the frozen encoder, fine-tuned, and from scratch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from synthkit.models.base import Model
from synthkit.ops.logistic import logistic_regression
from synthkit.seeds import Permutation, derive_key
from synthkit.train.batches import examples, in_order
from synthkit.train.experiment import Downstream
from synthkit.train.factors import Factor
from synthkit.train.features import FeatureExtractor
from synthkit.train.order import Order

__all__ = ["Labelled", "downstream"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Clips of a split with what is to be recognised.

    Attributes:
        stored: Features before normalisation, [N, ...].
        codes: Of the trained model, [N, D].
        table: Factors, [N, K].
    """

    stored: npt.NDArray[Any]
    codes: npt.NDArray[np.float32]
    table: npt.NDArray[np.float64]


def downstream(
    model: Model,
    fresh: Sequence[Model],
    extractor: FeatureExtractor,
    factors: Sequence[Factor],
    train: Labelled,
    test: Labelled,
    settings: Downstream,
    seed: int,
    device: torch.device,
) -> list[dict[str, Any]]:
    """Accuracy on held-out clips for each factor and share of labels.

    Args:
        model: The trained model; left as it is.
        fresh: Two untrained models of the same kind: one takes the trained weights, one is trained from scratch.
        extractor: What normalises features.
        factors: K factors, of which those that `settings` names are recognised.
        train: Training clips.
        test: Held-out clips.
        settings: Shares of labels, and how long to train.
        seed: Of the choice of labelled clips, and of the trainings.
        device: Where the models are.

    Returns:
        A row for each factor and share: ``factor``, ``share``, ``labels`` (clips used), ``chance`` (naming their most
        frequent class), and the accuracies ``frozen`` (logistic regression on codes), ``fine_tuned`` and ``scratch``
        (encoder and a linear layer trained together; None where fewer than two classes are among the labels).
    """
    rows = []
    for factor in (f for f in factors if f.name in settings.factors):
        column = next(k for k, f in enumerate(factors) if f.name == factor.name)
        labels, held_out = train.table[:, column].astype(np.int64), test.table[:, column].astype(np.int64)
        order = Permutation(derive_key(seed, "downstream", factor.name), len(labels))(np.arange(len(labels)))
        for share in settings.shares:
            chosen = order[: max(round(share * len(labels)), 1)]
            row: dict[str, Any] = {"factor": factor.name, "share": share, "labels": len(chosen)}
            row["chance"] = float((held_out == np.bincount(labels[chosen]).argmax()).mean())
            row |= {"frozen": None, "fine_tuned": None, "scratch": None}
            if len(np.unique(labels[chosen])) > 1:
                row["frozen"] = _frozen(train.codes[chosen], labels[chosen], test.codes, held_out)
                for name, start in (("fine_tuned", model), ("scratch", None)):
                    network = fresh[0 if start is not None else 1]
                    key = derive_key(seed, "downstream", f"{name} {factor.name} {share}")
                    row[name] = _trained(
                        network, start, extractor, (train.stored, chosen, labels), (test.stored, held_out), settings,
                        key, device,
                    )  # fmt: skip
            rows.append(row)
    return rows


def _frozen(
    codes: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], held_codes: npt.NDArray[np.float32],
    held_out: npt.NDArray[np.int64],
) -> float:  # fmt: skip
    inputs = np.concatenate([codes, held_codes]).astype(np.float64)
    mean, spread = codes.mean(0), codes.std(0)
    scaled = (inputs - mean) / np.where(spread > 1e-9, spread, 1)
    fits = logistic_regression(
        scaled, np.concatenate([labels, held_out]), train_rows=len(labels), solver="lbfgs", max_iterations=200
    )
    return float(fits.test_accuracy[0, 0])


def _trained(
    network: Model,
    start: Model | None,
    extractor: FeatureExtractor,
    train: tuple[npt.NDArray[Any], npt.NDArray[np.int64], npt.NDArray[np.int64]],
    test: tuple[npt.NDArray[Any], npt.NDArray[np.int64]],
    settings: Downstream,
    key: int,
    device: torch.device,
) -> float:
    """Accuracy after training the encoder with a linear layer on top, from given weights or from its own."""
    stored, chosen, labels = train
    with torch.random.fork_rng():
        torch.manual_seed(key)
        if start is None:
            _initialise(network)
        else:
            network.load_state_dict(start.state_dict())
        network.train()
        batch = min(settings.batch_size, len(chosen))
        order = Order(len(chosen), batch, key, "downstream")
        size = network.codes(examples(stored, extractor, chosen[: max(batch, 2)], device)).shape[1]
        head = nn.Linear(size, int(labels.max()) + 1).to(device)
        optimizer = torch.optim.Adam([*network.parameters(), *head.parameters()], settings.learning_rate)
        for step in range(settings.steps):
            rows = chosen[order.batch(step)]
            logits = head(network.codes(examples(stored, extractor, rows, device)))
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(logits, torch.from_numpy(labels[rows]).to(device))
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return _accuracy(network, head, extractor, *test, device)


def _initialise(network: Model) -> None:
    """Draw all weights anew."""
    for module in network.modules():
        reset = getattr(module, "reset_parameters", None)
        if reset is not None:
            reset()


@torch.no_grad()
def _accuracy(
    network: Model,
    head: nn.Module,
    extractor: FeatureExtractor,
    stored: npt.NDArray[Any],
    labels: npt.NDArray[np.int64],
    device: torch.device,
) -> float:
    network.eval()
    named = torch.cat([head(network.codes(x)).argmax(1).cpu() for x in in_order(stored, extractor, device)])
    return float((named.numpy() == labels).mean())
