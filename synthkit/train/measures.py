"""What an evaluation found, as one flat list of named numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["measures_of"]


def measures_of(evaluation: Mapping[str, Any]) -> dict[str, float | None]:
    """Flat names: ``mig``, ``probe/frequency/log_r2``, ``feature_probe/...``, ``reconstruction/mse``,
    ``downstream/speaker/0.1/frozen``, ``resampled_std/mig``; of language models ``test/accuracy``.
    """  # noqa: D205
    found: dict[str, float | None] = dict(evaluation.get("metrics", {}))
    for group, name in (("probes", "probe"), ("feature_probes", "feature_probe")):
        for factor, measures in evaluation.get(group, {}).items():
            found |= {f"{name}/{factor}/{measure}": value for measure, value in measures.items()}
    for measure, value in (evaluation.get("reconstruction") or {}).items():
        found[f"reconstruction/{measure}"] = value
    for measure, value in evaluation.get("resampled_std", {}).items():
        found[f"resampled_std/{measure}"] = value
    for row in evaluation.get("downstream", []):
        for measure in ("chance", "frozen", "fine_tuned", "scratch"):
            found[f"downstream/{row['factor']}/{row['share']:g}/{measure}"] = row[measure]
    for split, values in evaluation.get("splits", {}).items():
        found[f"{split}/accuracy"] = values["accuracy"]
        found[f"{split}/best_baseline"] = max(values["baselines"].values())
        if values["steps"] is not None:
            found[f"{split}/step_accuracy"] = values["steps"]["step_accuracy"]
    return found
