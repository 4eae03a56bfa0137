"""A folder of PNG images: one sub-folder a class."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.generators.images.base import Images, ImageShape, Labels, file_problem, found_folder
from synthkit.generators.images.png import decode, read_head

__all__ = ["Folder"]

_PARTS = {"train", "test"}


class Folder:
    """``path/<class>/<name>.png``, or ``path/train/<class>/...`` and ``path/test/<class>/...``.

    Images are ordered by class, then by file name (by code points). Names that begin with a dot are passed over; any
    other file that is no PNG is refused. Images are read when they are asked for.

    Args:
        path: The folder.

    Raises:
        InputError: Something else is in it, or nothing.
    """

    def __init__(self, path: str) -> None:
        folder = found_folder(path)
        names = _entries(folder)
        parted = set(names) == _PARTS
        roots = {name: folder / name for name in sorted(names)} if parted else {"all": folder}
        found = {part: _images_of(root) for part, root in roots.items()}
        self.classes = tuple(sorted({name for by_class in found.values() for name in by_class}))
        self._paths: dict[str, list[Path]] = {}
        self._labels: dict[str, Labels] = {}
        for part, by_class in found.items():
            pairs = [(k, path) for k, name in enumerate(self.classes) for path in by_class.get(name, [])]
            self._paths[part] = [path for _, path in pairs]
            self._labels[part] = np.array([k for k, _ in pairs], np.int64)
        first = next(iter(self._paths.values()))[0]
        self.shape: ImageShape = read_head(_content(first, 33), str(first)).shape

    @property
    def parts(self) -> Mapping[str, int]:
        return {part: len(paths) for part, paths in self._paths.items()}

    def problems(self) -> list[str]:
        """Heads alone; that pixels are whole shows when they are read."""
        lines = []
        for path in (path for paths in self._paths.values() for path in paths):
            try:
                head = read_head(_content(path, 33), str(path))
            except InputError as error:
                lines.append(str(error))
                continue
            if head.shape != self.shape:
                lines.append(f"{path}: is {head}; all images must be as the first one, {self._first_words()}")
        return lines

    def _first_words(self) -> str:
        first = next(iter(self._paths.values()))[0]
        return f"{read_head(_content(first, 33), str(first))} ({first.name})"

    def read(self, part: str, items: npt.NDArray[np.int64]) -> tuple[Images, Labels]:
        images = np.empty((len(items), self.shape.height, self.shape.width, self.shape.channels), np.uint8)
        for k, item in enumerate(items.tolist()):
            path = self._paths[part][item]
            images[k] = decode(_content(path), str(path), self.shape)
        return images, self._labels[part][items]


def _images_of(root: Path) -> dict[str, list[Path]]:
    """Class -> its images in order."""
    found = {}
    for name in _entries(root):
        folder = root / name
        if not folder.is_dir():
            raise InputError(f"{folder}: is a file; there must be one sub-folder for each class and nothing else")
        if name != name.strip():
            raise InputError(f"{folder}: a class's name may not begin or end with a space")
        files = _entries(folder)
        for file in files:
            if not file.lower().endswith(".png") or not (folder / file).is_file():
                raise InputError(f"{folder / file}: is no .png file; move it out of the folder")
        if not files:
            raise InputError(f"{folder}: holds no .png file")
        found[name] = [folder / file for file in files]
    if not found:
        raise InputError(f"{root}: has no sub-folders; there must be one for each class, with .png files")
    return found


def _entries(folder: Path) -> list[str]:
    """What is in a folder, in order, but for names that begin with a dot."""
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208 (names alone)
    except OSError as error:
        raise file_problem(folder, error) from None
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError:
            raise InputError(f"{folder}: holds a name that is not UTF-8: {name!r}") from None
    return names


def _content(path: Path, most: int = -1) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise file_problem(path, error) from None
