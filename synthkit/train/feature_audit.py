"""Asks the features, before anything is trained on them, for every factor that is to be scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812

from synthkit.audit.features import FeatureOptions, MelFeatures
from synthkit.audit.probe import FactorProbe, probe_labels, probe_values
from synthkit.dataset.stored import full_scale
from synthkit.errors import InputError
from synthkit.seeds import Permutation, derive_key
from synthkit.train.factors import Factor
from synthkit.train.features import FeatureExtractor

__all__ = ["audit_features", "pooled_features", "refuse_lost"]

_CLIPS = 3000
_BANDS, _FRAMES = 32, 8
_MOST_CLASSES = 1000


def audit_features(
    stored: npt.NDArray[Any],
    extractor: FeatureExtractor,
    sample_rate: int,
    factors: Sequence[Factor],
    table: npt.NDArray[np.float64],
    seed: int,
) -> tuple[FactorProbe, ...]:
    """Probe each factor in the features of up to 3,000 training clips.

    Args:
        stored: Features before normalisation, [N, ...].
        extractor: What normalises them.
        sample_rate: Of the clips, Hz.
        factors: What is to be scored.
        table: Factors of the clips, [N, K].
        seed: Of the choice of clips.
    """
    order = Permutation(derive_key(seed, "train", "feature-audit"), len(stored))
    rows = order(np.arange(min(_CLIPS, len(stored))))
    vectors = pooled_features(stored, extractor, sample_rate, rows)
    found = []
    for k, factor in enumerate(factors):
        column = table[rows, k]
        if factor.is_class and factor.levels is not None and factor.levels <= _MOST_CLASSES:
            found.append(probe_labels(factor.name, vectors, column.astype(np.int64), factor.levels, None))
        else:
            found.append(probe_values(factor.name, vectors, column))
    return tuple(found)


def refuse_lost(probes: Sequence[FactorProbe], allowed: Sequence[str], normalization: str) -> list[str]:
    """Refuse to train on what the features have lost.

    Returns:
        A warning for each factor that is lost and allowed to be.

    Raises:
        InputError: A factor is lost and not allowed to be; all of them are named.
    """
    lost = [probe for probe in probes if probe.verdict == "lost"]
    said = [
        f"{p.factor}: the features have lost it (normalization {normalization!r}): a linear probe gets {p.measure} "
        f"{p.score:.3f} on {p.examples} clips, chance is {p.chance:.3f}"
        for p in lost
    ]
    refused = [line for probe, line in zip(lost, said, strict=True) if probe.factor not in allowed]
    if refused:
        names = ", ".join(p.factor for p in lost if p.factor not in allowed)
        raise InputError(
            "\n".join(refused) + f"\nchoose other features, leave {names} out of evaluation.factors, or name it in "
            "evaluation.allow_lost"
        )
    return said


@torch.no_grad()
def pooled_features(
    stored: npt.NDArray[Any], extractor: FeatureExtractor, sample_rate: int, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Vectors of up to 400 numbers for linear probes: spectra averaged to 32 bands x 8 times, of waveforms what the
    audit of datasets measures.
    """  # noqa: D205
    if extractor.features.kind == "waveform":
        measure = MelFeatures(sample_rate, stored.shape[1], FeatureOptions())
        waves = (extractor.of_stored(torch.from_numpy(full_scale(stored[r : r + 1])))[0] for r in rows)
        return np.stack([measure(wave.numpy()) for wave in waves])
    size = (min(_BANDS, extractor.shape[0]), min(_FRAMES, extractor.shape[1]))
    parts = []
    for start in range(0, len(rows), _CLIPS):
        x = extractor.of_stored(torch.from_numpy(full_scale(stored[rows[start : start + _CLIPS]])))
        parts.append(F.adaptive_avg_pool2d(x[:, None], size).flatten(1).double().numpy())
    return np.concatenate(parts)
