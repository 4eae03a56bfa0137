"""Disentanglement metrics of a training's codes; needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from synthkit.errors import InputError, WorkError
from synthkit.metrics import Scores, evaluate
from synthkit.train.experiment import Evaluation
from synthkit.train.factors import Factor
from synthkit.train.folder import CODES, RunFolder

__all__ = ["score_codes", "score_run"]


def score_codes(
    codes: npt.NDArray[Any],
    table: npt.NDArray[np.float64],
    factors: Sequence[Factor],
    evaluation: Evaluation,
    seed: int,
    **arguments: Any,
) -> Scores:
    """Metrics of codes.

    Args:
        codes: [N, D].
        table: Factors, [N, K].
        factors: K factors.
        evaluation: Convention, metrics, and whether codes and factors change places.
        seed: Of what is drawn.
        **arguments: Of `synthkit.metrics.evaluate`, in place of those.

    Raises:
        InputError: What cannot be scored.
    """
    chosen: dict[str, Any] = {"convention": evaluation.convention, "metrics": evaluation.metrics, "seed": seed}
    if evaluation.swapped_arguments:
        names = [f"code_{d}" for d in range(codes.shape[1])]
        swapped = {"factor_kinds": "continuous", "factor_names": names}
        return evaluate(factors=codes.astype(np.float64), codes=table, **(chosen | swapped | arguments))
    named = {"factor_kinds": [f.kind for f in factors], "factor_names": [f.name for f in factors]}
    return evaluate(factors=table, codes=codes, **(chosen | named | arguments))


def score_run(
    path: Path,
    *,
    factors: Sequence[str] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    **arguments: Any,
) -> Scores:
    """Score the held-out codes that a training has left, as its experiment says.

    Args:
        path: Directory of the training.
        factors: Other factors, by name.
        on_progress: Told of resamples done and of all of them.
        **arguments: Of `synthkit.metrics.evaluate`, in place of the experiment's.

    Raises:
        InputError: It is not finished, or has nothing that can be scored.
        WorkError: A damaged file.
    """
    folder = RunFolder.open(path)
    experiment = folder.experiment()
    if not (path / CODES).is_file():
        folder.training()  # says so where it has not ended
        raise InputError(f"{path}: has no {CODES}: nothing is known of its held-out clips; see `synthkit encode`")
    known = [_factor(f) for f in folder.data()["factors"]]
    chosen = [f for f in known if factors is None or f.name in factors]
    missing = sorted(set(factors or ()) - {f.name for f in known})
    if missing:
        raise InputError(
            f"--factors: {path} was not scored on {missing[0]!r}; it has {', '.join(f.name for f in known)}"
        )
    try:
        columns = pq.read_table(path / CODES)
        size = sum(name.startswith("code_") for name in columns.column_names)
        codes = np.stack([columns[f"code_{d}"].to_numpy() for d in range(size)], axis=1)
        table = np.stack([columns[f.column].to_numpy().astype(np.float64) for f in chosen], axis=1)
    except (OSError, KeyError, ValueError) as error:
        raise WorkError(f"{path / CODES}: damaged: {error}") from None
    return score_codes(
        codes, table, chosen, experiment.evaluation, experiment.seed, on_progress=on_progress, **arguments
    )


def _factor(data: dict[str, Any]) -> Factor:
    values = data["values"]
    return Factor(data["name"], data["kind"], data["levels"], None if values is None else tuple(values))
