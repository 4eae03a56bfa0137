"""Images of a Hugging Face dataset that ``save_to_disk`` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.generators.images.base import Images, ImageShape, Labels, found_folder
from synthkit.generators.images.png import decode, read_head

__all__ = ["Saved"]

_CHUNK = 1000


class Saved:
    """Its splits are the parts; a dataset without splits is the part ``all``.

    The column of images must hold PNG images (so `datasets` stores what it is given as pixels); that of labels class
    labels, whole numbers or names.

    Args:
        path: Folder that ``save_to_disk`` wrote.
        image_column: Name of the column of images.
        label_column: Name of the column of classes.

    Raises:
        InputError: No such dataset or columns, or `datasets` is not installed.
    """

    def __init__(self, path: str, image_column: str, label_column: str) -> None:
        loaded = _load(found_folder(path))
        self._parts = {part: _Part(f"{path} [{part}]", rows, image_column, label_column) for part, rows in loaded}
        names = [part.class_names() for part in self._parts.values()]
        fixed = {found for found in names if found is not None}
        if len(fixed) > 1 or (fixed and None in names):
            raise InputError(f"{path}: the column {label_column!r} has other classes in one split than in another")
        self.classes = fixed.pop() if fixed else _sorted_names([part.distinct() for part in self._parts.values()])
        first = next(iter(self._parts.values()))
        self.shape: ImageShape = read_head(*first.contents(np.zeros(1, np.int64))[0]).shape

    @property
    def parts(self) -> Mapping[str, int]:
        return {name: len(part) for name, part in self._parts.items()}

    def problems(self) -> list[str]:
        """Heads and labels; that pixels are whole shows when they are read."""
        lines = []
        for part in self._parts.values():
            for first in range(0, len(part), _CHUNK):
                items = np.arange(first, min(first + _CHUNK, len(part)), dtype=np.int64)
                try:
                    for content, name in part.contents(items):
                        head = read_head(content, name)
                        if head.shape != self.shape:
                            lines.append(f"{name}: is {head}; all images must have one shape, that of the first")
                    part.labels(items, self.classes)
                except InputError as error:
                    lines.append(str(error))
        return lines

    def read(self, part: str, items: npt.NDArray[np.int64]) -> tuple[Images, Labels]:
        found = self._parts[part]
        images = np.empty((len(items), self.shape.height, self.shape.width, self.shape.channels), np.uint8)
        for k, (content, name) in enumerate(found.contents(items)):
            images[k] = decode(content, name, self.shape)
        return images, found.labels(items, self.classes)


class _Part:
    """Rows of one split."""

    def __init__(self, name: str, rows: Any, image_column: str, label_column: str) -> None:
        import datasets  # type: ignore[import, unused-ignore]

        for column in (image_column, label_column):
            if column not in rows.column_names:
                raise InputError(f"{name}: has no column {column!r}; it has: {', '.join(rows.column_names)}")
        if not isinstance(rows.features[image_column], datasets.Image):
            raise InputError(f"{name}: the column {image_column!r} holds no images: {rows.features[image_column]}")
        if not len(rows):
            raise InputError(f"{name}: holds no rows")
        self._name = name
        self._label = label_column
        self._feature = rows.features[label_column]
        self._images = rows.select_columns([image_column]).cast_column(image_column, datasets.Image(decode=False))
        self._labels = rows.select_columns([label_column])

    def __len__(self) -> int:
        return len(self._labels)

    def contents(self, items: npt.NDArray[np.int64]) -> list[tuple[bytes, str]]:
        """Encoded images, each with what to call it in errors."""
        (column,) = self._images[items.tolist()].values()
        found = []
        for item, image in zip(items.tolist(), column, strict=True):
            name = f"{self._name}: row {item}"
            if image is None or not image["bytes"]:
                raise InputError(f"{name}: has no image")
            found.append((image["bytes"], name))
        return found

    def class_names(self) -> tuple[str, ...] | None:
        """Names that the dataset itself gives to its labels."""
        return tuple(self._feature.names) if hasattr(self._feature, "names") else None

    def distinct(self) -> set[Any]:
        """All labels that occur."""
        found = set(self._labels.unique(self._label))
        if not all(isinstance(value, str) for value in found) and not all(type(value) is int for value in found):
            raise InputError(f"{self._name}: the column {self._label!r} must hold whole numbers or names in all rows")
        return found

    def labels(self, items: npt.NDArray[np.int64], classes: tuple[str, ...]) -> Labels:
        values = self._labels[items.tolist()][self._label]
        if self.class_names() is None:
            place = {name: k for k, name in enumerate(classes)}
            return np.array([place[str(value)] for value in values], np.int64)
        for item, value in zip(items.tolist(), values, strict=True):
            if value is None or not 0 <= value < len(classes):
                raise InputError(f"{self._name}: row {item}: has the label {value}; must be 0 to {len(classes) - 1}")
        return np.array(values, np.int64)


def _load(folder: Path) -> list[tuple[str, Any]]:
    """Name and rows of each split."""
    try:
        import datasets  # type: ignore[import, unused-ignore]
    except ImportError:
        raise InputError("reading a saved dataset needs datasets: pip install datasets") from None
    try:
        loaded = datasets.load_from_disk(str(folder))
    except (OSError, ValueError, KeyError, IndexError) as error:  # what is no dataset, or empty, fails in many ways
        raise InputError(f"{folder}: is no dataset that save_to_disk wrote: {error}") from None
    if isinstance(loaded, datasets.DatasetDict):
        return [(str(name), rows) for name, rows in loaded.items()]
    return [("all", loaded)]


def _sorted_names(found: list[set[Any]]) -> tuple[str, ...]:
    """Numbers in their order, names in theirs."""
    together = set().union(*found)
    if len({type(value) for value in together}) > 1:
        raise InputError("labels are numbers in one split and names in another")
    return tuple(str(value) for value in sorted(together))
