"""A trained language model, and the same before its training, ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file

from synthkit.errors import InputError, WorkError
from synthkit.train.folder import RunFolder
from synthkit.train.language.network import Ready, make_language_model
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.vocabulary import read_symbols

__all__ = ["LanguageRun", "load_language_run", "open_language_run"]


@dataclass(frozen=True, slots=True)
class LanguageRun:
    """A finished training.

    Attributes:
        path: Its directory.
        experiment: What was trained.
        data: Directory of the dataset; None where the texts are made of the recipe.
        labels: Classes of the dataset; None where answers are no classes.
        identity: Of the texts.
    """

    path: Path
    experiment: LanguageExperiment
    data: Path | None
    labels: tuple[str, ...] | None
    identity: str


def open_language_run(path: Path) -> LanguageRun:
    """What a training is, without its weights.

    Raises:
        InputError: No training of a language model, or one that has not ended.
        WorkError: Damaged files.
    """
    folder = RunFolder.open(path)
    experiment = folder.language_experiment()
    folder.training()
    data = folder.data()
    there = None if data["path"] is None else Path(data["path"])
    labels = None if data["labels"] is None else tuple(data["labels"])
    return LanguageRun(path, experiment, there, labels, data["identity"])


def load_language_run(run: LanguageRun, *, tuned: bool = True, weights: bool = False) -> Ready:
    """The model of a training, on the CPU, in evaluation mode.

    Args:
        run: From `open_language_run`.
        tuned: With the trained weights; else as it was before training.
        weights: Whether attention weights are wanted.

    Raises:
        InputError: The model that it began with is not to be had any more.
        WorkError: Its weights are damaged or of another architecture.
    """
    ready = make_language_model(run.experiment, run.labels, read_symbols(run.path), run.path, weights=weights)
    if tuned:
        path = RunFolder(run.path).weights
        try:
            ready.model.load_state(load_file(path))
        except (OSError, SafetensorError) as error:
            raise WorkError(f"{path}: damaged: {error}") from None
        except RuntimeError as error:
            raise InputError(f"{path}: is of another architecture than {run.experiment.model.path}: {error}") from None
    ready.model.eval()
    return ready
