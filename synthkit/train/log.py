"""The log of a training: JSON lines, and TensorBoard's files beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from synthkit.train.directory import explained

__all__ = ["TrainingLog", "read_log"]


class TrainingLog:
    """Lines ``{"step": ..., "<turn>/<term>": ...}``.

    Args:
        folder: The run's folder.
        step: Steps done so far: what a killed training logged after its last checkpoint is dropped.

    Raises:
        WorkError: It cannot be written; so do all methods.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._path = folder / "log.jsonl"
        with explained(self._path):
            kept = [line for line in read_log(self._path) if line["step"] <= step]
            self._path.write_text("".join(json.dumps(line) + "\n" for line in kept))
            self._file = self._path.open("a")
        with explained(folder / "tensorboard"):
            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Add one line."""
        with explained(self._path):
            self._file.write(json.dumps({"step": step, **values}) + "\n")
            self._file.flush()
            for name, value in values.items():
                self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Write out what is held back."""
        with explained(self._path):
            try:
                self._file.close()
            finally:
                self._board.close()


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log; a last line that a kill cut off is left out."""
    if not path.is_file():
        return []
    lines = []
    for line in path.read_text().splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines
