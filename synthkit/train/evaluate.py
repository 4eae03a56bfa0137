"""The evaluation of a trained model on held-out clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from synthkit.metrics.scores import plain
from synthkit.models.base import Model
from synthkit.seeds import Permutation, derive_key
from synthkit.train.batches import in_order
from synthkit.train.clips import Clips
from synthkit.train.downstream import Labelled, downstream
from synthkit.train.encode import encode, write_codes
from synthkit.train.experiment import Experiment
from synthkit.train.factors import Factor, factor_table
from synthkit.train.feature_audit import pooled_features
from synthkit.train.features import FeatureExtractor
from synthkit.train.folder import CODES, RunFolder
from synthkit.train.pictures import draw_examples
from synthkit.train.probes import linear_probes
from synthkit.train.scoring import score_codes

__all__ = ["SplitData", "evaluate_model"]


@dataclass(frozen=True, slots=True)
class SplitData:
    """Clips of a split with their features.

    Attributes:
        clips: The clips.
        stored: Their features before normalisation, [N, ...].
    """

    clips: Clips
    stored: npt.NDArray[Any]


def evaluate_model(
    folder: RunFolder,
    experiment: Experiment,
    model: Model,
    extractor: FeatureExtractor,
    factors: Sequence[Factor],
    train: SplitData,
    test: SplitData,
    device: torch.device,
    fresh: Callable[[str], Model],
) -> dict[str, Any]:
    """Encode, score, probe, draw; writes ``codes.parquet``, pictures and sounds.

    Args:
        folder: Of the training.
        experiment: Its ``evaluation`` and ``seed``.
        model: The trained model.
        extractor: What normalises features.
        factors: What is scored; may be empty.
        train: Training clips, for linear probes and classifiers.
        test: Held-out clips.
        device: Where the model is.
        fresh: Makes an untrained model of the same kind.

    Returns:
        ``metrics``, ``undefined``, ``warnings``, ``probes``, ``feature_probes``, ``reconstruction``, ``downstream``,
        and the number of clips; plain data.
    """
    e = experiment.evaluation
    codes = encode(model, test.stored, extractor, device)
    write_codes(folder.path / CODES, test.clips, codes)
    found: dict[str, Any] = {"clips": len(codes), "convention": e.convention}
    found["reconstruction"] = _reconstruction(model, test.stored, extractor, device)
    if e.traversals:
        rate = test.clips.sample_rate
        draw_examples(folder.path, model, test.stored, extractor, codes, rate, e.traversals, device)
    if not factors:
        found |= {"metrics": {}, "warnings": ["nothing is known of the clips: no factor is scored"]}
        return dict(plain(found))
    table = factor_table(test.clips, factors)
    splits = [train, test] if e.sampled_codes else [test]

    def drawn(number: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
        return _drawn(experiment, model, extractor, factors, splits, device, number)

    scored, known = drawn(0) if e.sampled_codes else (codes, table)
    scores = score_codes(scored, known, factors, e, experiment.seed)
    found |= {"metrics": dict(scores.metrics), "undefined": dict(scores.undefined), "warnings": list(scores.warnings)}
    if e.resamples > 1:
        again = [score_codes(*drawn(i), factors, e, experiment.seed).metrics for i in range(e.resamples)]
        found["resampled_std"] = {m: float(np.std([float(a[m]) for a in again], ddof=1)) for m in scores.metrics}
    if scores.matrices:
        found["matrices"] = dict(scores.matrices)
    rows = _probe_rows(experiment, len(train.clips))
    train_codes = encode(model, train.stored, extractor, device) if e.downstream.factors else None
    labelled = train_codes[rows] if train_codes is not None else encode(model, train.stored[rows], extractor, device)
    train_table = factor_table(train.clips, factors)
    of_train = train_table[rows]
    found["probes"] = linear_probes(factors, (labelled.astype(np.float64), of_train), (codes.astype(np.float64), table))
    found["feature_probes"] = _feature_probes(extractor, factors, train, test, rows, (of_train, table))
    if train_codes is not None:
        found["downstream"] = downstream(
            model,
            [fresh("fine-tuned"), fresh("scratch")],
            extractor,
            factors,
            Labelled(train.stored, train_codes, train_table),
            Labelled(test.stored, codes, table),
            e.downstream,
            experiment.seed,
            device,
        )
    result: dict[str, Any] = plain(found)
    return result


@torch.no_grad()
def _reconstruction(
    model: Model, stored: npt.NDArray[Any], extractor: FeatureExtractor, device: torch.device
) -> dict[str, float] | None:
    """Mean squared error of a number of the features, and its share of their variance; None for other models."""
    model.eval()
    error = total = squares = 0.0
    for x in in_order(stored, extractor, device):
        again = model.reconstruct(x)
        if again is None:
            return None
        error += float((again - x).double().square().sum())
        total += float(x.double().sum())
        squares += float(x.double().square().sum())
    variance = squares / stored.size - (total / stored.size) ** 2
    mse = error / stored.size
    return {"mse": mse, "unexplained": mse / variance if variance > 0 else float("nan")}


def _probe_rows(experiment: Experiment, count: int) -> npt.NDArray[np.int64]:
    """Training clips that probes are fitted to."""
    most = min(experiment.evaluation.probe_limit, count)
    if most == count:
        return np.arange(count)
    return np.sort(Permutation(derive_key(experiment.seed, experiment.name, "train-probes"), count)(np.arange(most)))


def _feature_probes(
    extractor: FeatureExtractor,
    factors: Sequence[Factor],
    train: SplitData,
    test: SplitData,
    rows: npt.NDArray[np.int64],
    tables: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
) -> dict[str, dict[str, Any]]:
    """The same probes on pooled features: what a linear model finds without the trained one."""
    rate, on_cpu = train.clips.sample_rate, _on_cpu(extractor)
    of_train = pooled_features(train.stored, on_cpu, rate, rows)
    of_test = pooled_features(test.stored, on_cpu, rate, np.arange(len(test.clips)))
    return linear_probes(factors, (of_train, tables[0]), (of_test, tables[1]))


def _on_cpu(extractor: FeatureExtractor) -> FeatureExtractor:
    if extractor.mean.device.type == "cpu":
        return extractor
    import copy

    return copy.deepcopy(extractor).cpu()


def _drawn(
    experiment: Experiment,
    model: Model,
    extractor: FeatureExtractor,
    factors: Sequence[Factor],
    splits: Sequence[SplitData],
    device: torch.device,
    number: int,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """Draws from the posteriors of all clips of some splits, and their factors."""
    with torch.random.fork_rng():
        torch.manual_seed(derive_key(experiment.seed, experiment.name, f"train-sampled-codes-{number}"))
        codes = [encode(model, split.stored, extractor, device, sampled=True) for split in splits]
    return np.concatenate(codes), np.concatenate([factor_table(split.clips, factors) for split in splits])
