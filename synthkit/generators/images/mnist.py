"""MNIST in its published format, and all that shares it: four idx files, as they are or as ``.gz``.

An idx file of images is big-endian: 0x00000803, number of images, rows, columns (int32 each), then one byte a pixel, 0
(paper) to 255 (ink), row by row. One of labels: 0x00000801, number of labels, then one byte each (LeCun, Cortes and
Burges, "The MNIST database of handwritten digits").
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.generators.images.base import MAX_SIDE, Images, ImageShape, Labels, file_problem, found_folder

__all__ = ["Mnist"]

_FILES = {"train": "train", "test": "t10k"}
_MOST_IMAGES = 2**24
_CLASSES = 10


class Mnist:
    """The folder's parts are ``train`` and ``test``.

    Plain files are mapped into memory; packed ones are unpacked whole when first needed (47 MB for MNIST).

    Args:
        path: Folder of the four files.

    Raises:
        InputError: A file is missing, or its head or size is wrong.
    """

    def __init__(self, path: str) -> None:
        folder = found_folder(path)
        self._images = {part: _IdxFile.find(folder, f"{name}-images", 3) for part, name in _FILES.items()}
        self._labels = {part: _IdxFile.find(folder, f"{name}-labels", 1) for part, name in _FILES.items()}
        train, test = self._images.values()
        if train.sizes[1:] != test.sizes[1:]:
            raise InputError(f"{test.path}: images of {test.sides}, but {train.path.name} has {train.sides}")
        for part, images in self._images.items():
            labels = self._labels[part]
            if images.sizes[0] != labels.sizes[0]:
                raise InputError(f"{labels.path}: {labels.sizes[0]} labels for {images.sizes[0]} images")

    @property
    def shape(self) -> ImageShape:
        _, height, width = self._images["train"].sizes
        return ImageShape(height, width, 1)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(str(k) for k in range(_CLASSES))

    @property
    def parts(self) -> Mapping[str, int]:
        return {part: images.sizes[0] for part, images in self._images.items()}

    def problems(self) -> list[str]:
        lines = []
        for part, size in self.parts.items():
            try:
                self._images[part].data()
                self._checked_labels(part, np.arange(size, dtype=np.int64))
            except InputError as error:
                lines.append(str(error))
        return lines

    def read(self, part: str, items: npt.NDArray[np.int64]) -> tuple[Images, Labels]:
        return self._images[part].data()[items][..., None], self._checked_labels(part, items)

    def _checked_labels(self, part: str, items: npt.NDArray[np.int64]) -> Labels:
        file = self._labels[part]
        labels = file.data()[items].astype(np.int64)
        wrong = np.flatnonzero(labels >= _CLASSES)
        if len(wrong):
            item, label = int(items[wrong[0]]), int(labels[wrong[0]])
            raise InputError(f"{file.path}: label {label} at byte {file.head + item}; must be 0 to {_CLASSES - 1}")
        return labels


@dataclass(slots=True)
class _IdxFile:
    """One idx file: its head is checked at once, what follows when it is first needed."""

    path: Path
    sizes: tuple[int, ...]
    _data: npt.NDArray[np.uint8] | None = None

    @property
    def head(self) -> int:
        """Bytes of the head."""
        return 4 + 4 * len(self.sizes)

    @property
    def bytes(self) -> int:
        """Bytes of the whole file, unpacked."""
        return self.head + int(np.prod(self.sizes, dtype=np.int64))

    @property
    def sides(self) -> str:
        return f"{self.sizes[1]} x {self.sizes[2]}"

    @classmethod
    def find(cls, folder: Path, stem: str, dimensions: int) -> _IdxFile:
        """The file of that name, with or without ``.gz``; with a dot before ``idx``, as some copies have it."""
        kind = f"idx{dimensions}-ubyte"
        names = [f"{stem}-{kind}", f"{stem}.{kind}", f"{stem}-{kind}.gz", f"{stem}.{kind}.gz"]
        for name in names:
            if (folder / name).is_file():
                return cls._opened(folder / name, dimensions)
        raise InputError(f"{folder}: has no {names[0]} and no {names[2]}")

    @classmethod
    def _opened(cls, path: Path, dimensions: int) -> _IdxFile:
        length = 4 + 4 * dimensions
        head = _read(path, length)
        if len(head) < length:
            raise InputError(f"{path}: truncated: ends at byte {len(head)}, within its head of {length} bytes")
        magic, *sizes = np.frombuffer(head, ">u4").tolist()
        if magic != 0x800 + dimensions:
            raise InputError(
                f"{path}: begins with 0x{magic:08x} at byte 0, not 0x{0x800 + dimensions:08x}: no idx file"
            )
        if not 1 <= sizes[0] <= _MOST_IMAGES or not all(1 <= side <= MAX_SIDE for side in sizes[1:]):
            raise InputError(f"{path}: its head says {' x '.join(map(str, sizes))} at byte 4; that cannot be")
        found = cls(path, tuple(sizes))
        if path.suffix != ".gz":
            found._refuse_size(path.stat().st_size)
        return found

    def data(self) -> npt.NDArray[np.uint8]:
        """uint8 of the head's sizes."""
        if self._data is None:
            self._data = self._unpacked() if self.path.suffix == ".gz" else self._mapped()
        return self._data

    def _mapped(self) -> npt.NDArray[np.uint8]:
        try:
            return np.memmap(self.path, np.uint8, "r", self.head, self.sizes)
        except OSError as error:
            raise file_problem(self.path, error) from None

    def _unpacked(self) -> npt.NDArray[np.uint8]:
        content = _read(self.path, self.bytes + 1)
        self._refuse_size(len(content))
        return np.frombuffer(content, np.uint8, offset=self.head).reshape(self.sizes)

    def _refuse_size(self, size: int) -> None:
        if size < self.bytes:
            raise InputError(f"{self.path}: truncated: ends at byte {size}, but its head promises {self.bytes} bytes")
        if size > self.bytes:
            raise InputError(f"{self.path}: goes on at byte {self.bytes}, where its head says that it ends")


def _read(path: Path, most: int) -> bytes:
    """The first bytes of a file, unpacked."""
    got = b""
    try:
        # gzip hands out less than asked for at a time; what it has handed out before it fails says where.
        with cast(BinaryIO, gzip.open(path) if path.suffix == ".gz" else path.open("rb")) as file:
            parts = []
            try:
                while most > 0 and (some := file.read(min(most, 2**20))):
                    parts.append(some)
                    most -= len(some)
            finally:
                got = b"".join(parts)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: damaged after {len(got)} unpacked bytes: {error}") from None
    except OSError as error:
        raise file_problem(path, error) from None
    return got
