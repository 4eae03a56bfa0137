"""The directory of one training: what it is, how far it is, what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from synthkit.errors import InputError, WorkError
from synthkit.storage.files import write_file
from synthkit.train.directory import clear, explained, others
from synthkit.train.experiment import BaseExperiment, Experiment
from synthkit.train.language.record import LanguageExperiment

__all__ = [
    "CODES",
    "EXPERIMENT",
    "PREDICTIONS",
    "RunFolder",
    "begin_together",
    "is_language_run",
    "is_run",
    "read_object",
]

if TYPE_CHECKING:
    from accelerate import Accelerator

R = TypeVar("R", bound=BaseExperiment)

EXPERIMENT = "experiment.json"
CODES = "codes.parquet"
PREDICTIONS = "predictions.parquet"
_DATA, _DONE, _EVALUATION = "data.json", "training.json", "evaluation.json"
_MODEL = "model.safetensors"
_MADE_BEFORE = {"features", "tokens", "models"}  # what trainings share may be there before one begins


def begin_together(folder: RunFolder, accelerator: Accelerator) -> None:
    """Begin a training in all its processes: none looks any more at what was there before, when one writes."""
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        folder.begin()
    accelerator.wait_for_everyone()


def is_run(path: Path) -> bool:
    """Whether a directory holds a training."""
    return (path / EXPERIMENT).is_file()


def is_language_run(path: Path) -> bool:
    """Whether a directory holds a training of a language model."""
    return is_run(path) and RunFolder(path)._read(EXPERIMENT).get("kind") == "language"


class RunFolder:
    """Files of a training.

    ``experiment.json``, ``data.json`` (which clips), ``checkpoints/``, ``log.jsonl``, ``tensorboard/``,
    ``model.safetensors`` (the weights to be used), ``training.json`` (written last: the training is finished),
    ``codes.parquet``, ``evaluation.json``, pictures and sounds.

    Attributes:
        path: The directory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._new: tuple[BaseExperiment, dict[str, Any]] | None = None

    @classmethod
    def look(cls, path: Path, experiment: BaseExperiment, data: dict[str, Any], *, overwrite: bool) -> RunFolder:
        """Whether a training can go on, or begin, in a directory; nothing is written before `begin`.

        Args:
            path: The directory.
            experiment: What is trained.
            data: Which clips, as `data` returns it.
            overwrite: Begin anew where there is a training.

        Raises:
            InputError: It holds another training, or the same on other clips, or something else.
        """
        folder = cls(path)
        if path.exists() and not path.is_dir():
            raise InputError(f"{path}: is a file; a training is kept in a directory")
        if is_run(path) and not overwrite:
            folder._refuse_other(experiment, data)
            return folder
        if not is_run(path) and not folder._may_begin():
            raise InputError(f"{path}: is not empty and holds no training; choose another directory")
        folder._new = experiment, data
        return folder

    @property
    def begun(self) -> bool:
        """Whether what it holds is this training."""
        return self._new is None

    def begin(self) -> None:
        """Write what the training is; call it when nothing of it can be refused any more.

        A training that is replaced is removed only now. A kill in between leaves one of the two that has not finished.

        Raises:
            WorkError: It cannot be written.
        """
        if self._new is None:
            return
        experiment, data = self._new
        with explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        if is_run(self.path):
            self.clear({EXPERIMENT, _DATA})
        self.write(_DATA, data)
        self._write(EXPERIMENT, experiment.pretty_json())
        self._new = None

    def clear(self, keep: Collection[str] = ()) -> None:
        """Remove the training, but for what trainings share and some files.

        Raises:
            WorkError: Something cannot be removed.
        """
        with explained(self.path):
            (self.path / _DONE).unlink(missing_ok=True)  # first: without its weights it must not seem finished
        clear(self.path, {*_MADE_BEFORE, *keep})

    def _may_begin(self) -> bool:
        """Whether the directory holds nothing, but for what trainings share and what a kill left of a beginning."""
        found = others(self.path, _MADE_BEFORE)
        return not found or (found == {_DATA} and self._is_data())

    def _is_data(self) -> bool:
        try:
            return {"source", "identity"} <= self.data().keys()
        except WorkError:
            return False

    def _refuse_other(self, experiment: BaseExperiment, data: dict[str, Any]) -> None:
        before, now = self._read(EXPERIMENT), experiment.plain()
        changed = sorted(_differences(before, now, ""))
        if changed:
            raise InputError(
                f"{self.path}: holds a training with another {', '.join(changed[:3])}; choose another directory, or "
                "begin anew with --overwrite"
            )
        if self.data()["identity"] != data["identity"]:
            raise InputError(
                f"{self.path}: was trained on other clips ({self.data()['source']}); choose another directory, or "
                "begin anew with --overwrite"
            )

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """A directory that holds a training.

        Raises:
            InputError: It does not.
        """
        if not is_run(path):
            raise InputError(f"{path}: holds no training ({EXPERIMENT} is missing); `synthkit train` makes one")
        return cls(path)

    def experiment(self) -> Experiment:
        """What was trained, a model of clips.

        Raises:
            InputError: It is a language model.
            WorkError: The file is damaged.
        """
        if self._read(EXPERIMENT).get("kind") == "language":
            raise InputError(f"{self.path}: holds a language model, not a model of clips; see `synthkit analyze`")
        return self._record(Experiment)

    def language_experiment(self) -> LanguageExperiment:
        """What was trained, a language model.

        Raises:
            InputError: It is a model of clips.
            WorkError: The file is damaged.
        """
        if self._read(EXPERIMENT).get("kind") != "language":
            raise InputError(f"{self.path}: holds a model of clips, not a language model; see `synthkit score`")
        return self._record(LanguageExperiment)

    def _record(self, kind: type[R]) -> R:
        try:
            return kind.model_validate_json((self.path / EXPERIMENT).read_bytes())
        except (OSError, ValidationError) as error:
            raise WorkError(f"{self.path / EXPERIMENT}: damaged: {error}") from None

    def data(self) -> dict[str, Any]:
        """Which clips: ``source``, ``identity``, ``path``, shapes, factors."""
        return self._read(_DATA)

    def identity(self) -> str:
        """Tells this training, its seed and clips with it, from all others."""
        said = json.dumps([self._read(EXPERIMENT), self.data()["identity"]], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def finished(self) -> bool:
        """Whether the training has ended."""
        return self.begun and (self.path / _DONE).is_file()

    def finish(self, training: dict[str, Any]) -> None:
        """Say that the training has ended."""
        self.write(_DONE, training)

    def training(self) -> dict[str, Any]:
        """What the training did: steps, mean and scale of the features, number of clips, warnings."""
        if not self.finished:
            raise InputError(f"{self.path}: its training has not ended; run `synthkit train` again to go on")
        return self._read(_DONE)

    def evaluation(self) -> dict[str, Any] | None:
        """What the evaluation found; None where it has not been done."""
        return self._read(_EVALUATION) if (self.path / _EVALUATION).is_file() else None

    def write_evaluation(self, found: dict[str, Any]) -> None:
        """Keep what the evaluation found."""
        self.write(_EVALUATION, found)

    @property
    def weights(self) -> Path:
        """The weights to be used."""
        return self.path / _MODEL

    def write(self, name: str, values: dict[str, Any]) -> None:
        """Write a table as JSON, whole or not at all."""
        text = json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
        self._write(name, text)

    def _write(self, name: str, text: str) -> None:
        with explained(self.path / name):
            write_file(self.path, name, text.encode())

    def _read(self, name: str) -> dict[str, Any]:
        return read_object(self.path / name)


def read_object(path: Path) -> dict[str, Any]:
    """A table that was written as JSON.

    Raises:
        WorkError: The file is damaged.
    """
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise WorkError(f"{path}: damaged: {error}") from None
    if not isinstance(found, dict):
        raise WorkError(f"{path}: damaged: holds no object of JSON")
    return found


def _differences(a: Any, b: Any, path: str) -> list[str]:
    """Paths of fields that differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        keys = sorted(set(a) | set(b))
        return [p for key in keys for p in _differences(a.get(key), b.get(key), f"{path}.{key}" if path else key)]
    return [] if a == b else [path]
