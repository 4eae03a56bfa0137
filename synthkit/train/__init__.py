"""Experiments: what is trained on which data, and how it is scored; one training loop for all models."""

from __future__ import annotations

from synthkit.train.experiment import Experiment
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.load import experiment_names, load_experiment

__all__ = ["Experiment", "LanguageExperiment", "experiment_names", "load_experiment"]
