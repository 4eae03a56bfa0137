"""The clips of a recipe without a disk: any of them, by index, the same as those of the stored dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from synthkit.dataset.stored import full_scale
from synthkit.errors import InputError
from synthkit.generators.backends import on_backend
from synthkit.generators.base import AudioGenerator
from synthkit.recipe import Recipe
from synthkit.recipe.load import load_recipe
from synthkit.records import AudioExample, AudioLayout, FactorInfo, Rows
from synthkit.run.prepare import prepare

__all__ = ["Generated"]


class Generated(Sequence[AudioExample]):
    """Clips of one split of a recipe, made when they are asked for. Picklable.

    Args:
        recipe: A recipe, its name, or the path of its file.
        split: Name of a split.
        backend: What makes the clips: ``cpu``, or another that the generator knows: ``reference`` (its NumPy twin),
            ``cuda``, ``cuda:N``.

    Raises:
        InputError: A recipe that is wrong or makes no clips, no such split or backend.

    Attributes:
        recipe: The resolved recipe.
        factors: What varies.
        layout: Shape of every clip.
        backend: What makes them.
    """

    def __init__(self, recipe: str | Recipe, split: str, *, backend: str = "cpu") -> None:
        prepared = prepare(load_recipe(recipe) if isinstance(recipe, str) else recipe)
        if prepared.generator.content != "audio":
            raise InputError(f"recipe {prepared.recipe.name}: makes texts, not clips; see synthkit.task")
        if split not in prepared.plan.sizes:
            known = ", ".join(prepared.plan.sizes)
            raise InputError(f"recipe {prepared.recipe.name}: no split is named {split!r}; there are: {known}")
        self.recipe = prepared.recipe
        self.factors: tuple[FactorInfo, ...] = prepared.factors
        self.layout: AudioLayout = prepared.generator.layout
        self._split, self.backend = split, backend
        self._plan = prepared.plan
        self._generator = cast(AudioGenerator, on_backend(prepared.generator, backend))

    def __len__(self) -> int:
        return int(self._plan.sizes[self._split])

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"index {index} of {len(self)} clips")
        rows, samples, annotations = self.made(np.array([place]))
        values = {name: column.tolist()[0] for name, column in _values(rows).items()}
        known = {name: column[0] for name, column in annotations.items()}
        rate = self.layout.sample_rate
        return AudioExample(rows.ids[0], values, rows.indices[0], full_scale(samples[0]), rate, known)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.recipe, self._split, self.backend)

    def rows(self, index: npt.NDArray[np.int64]) -> Rows:
        """Factors of clips [n], without making them."""
        return self._plan.rows_at(self._split, index)

    def made(self, index: npt.NDArray[np.int64]) -> tuple[Rows, npt.NDArray[Any], dict[str, Sequence[Any]]]:
        """Make clips.

        Args:
            index: [n], 0 <= index < len(self).

        Returns:
            Their factors, samples [n, T] of the layout's dtype, and annotations: name -> n values.
        """
        samples = np.empty((len(index), self.layout.num_samples), self.layout.dtype)
        rows, annotations = self.made_into(index, samples)
        return rows, samples, annotations

    def made_into(self, index: npt.NDArray[np.int64], samples: Any) -> tuple[Rows, dict[str, Sequence[Any]]]:
        """Make clips [n] into an array [n, T] of the layout's dtype: NumPy's, or where the backend is a GPU one on it.

        Returns:
            Their factors, and annotations: name -> n values.
        """
        rows = self.rows(index)
        return rows, dict(self._generator.render(rows, samples) or {})

    def collated(self, index: npt.NDArray[np.int64]) -> dict[str, Any]:
        """A batch as `synthkit.dataset.collate` makes it of the stored clips."""
        rows, samples, annotations = self.made(index)
        return self.batch(rows, full_scale(samples), annotations)

    def batch(self, rows: Rows, audio: Any, annotations: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
        """Made clips as a batch; ``audio`` [n, T] is float32 with full scale at 1."""
        values = {name: column.tolist() for name, column in _values(rows).items()}
        n = len(rows)
        return {
            "id": rows.ids,
            "factor_indices": rows.indices,
            "factors": [{name: column[i] for name, column in values.items()} for i in range(n)],
            "audio": audio,
            "sample_rate": self.layout.sample_rate,
            "annotations": [{name: column[i] for name, column in annotations.items()} for i in range(n)],
        }


def _again(recipe: Recipe, split: str, backend: str) -> Generated:
    return Generated(recipe, split, backend=backend)


def _values(rows: Rows) -> dict[str, npt.NDArray[Any]]:
    return {name: np.asarray(column) for name, column in rows.values.items()}
