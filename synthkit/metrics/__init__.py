"""Disentanglement metrics: one call, every convention by name."""

from __future__ import annotations

from synthkit.metrics.conventions import CONVENTIONS, Convention
from synthkit.metrics.evaluate import evaluate
from synthkit.metrics.registry import METRICS
from synthkit.metrics.scores import Interval, Scores

__all__ = ["CONVENTIONS", "METRICS", "Convention", "Interval", "Scores", "evaluate"]
