"""What a source of images is, and the hash of all that it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError

__all__ = ["MAX_SIDE", "ImageShape", "ImageSource", "Images", "Labels", "content_hash", "file_problem", "found_folder"]

MAX_SIDE = 1024
_CHUNK = 4096

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ImageShape:
    """What all images of a source have in common.

    Attributes:
        height: Pixels.
        width: Pixels.
        channels: 1 for grey, 3 for red, green and blue.
        maximum: The largest value that there can be: white.
    """

    height: int
    width: int
    channels: int
    maximum: int = 255


class ImageSource(Protocol):
    """Images of one shape with a class each, in one or more parts.

    Opening it looks at names, sizes and headers alone; `problems` looks at everything.
    """

    @property
    def shape(self) -> ImageShape:
        """What all images have in common."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; a label is a position among them."""

    @property
    def parts(self) -> Mapping[str, int]:
        """Name of each part -> how many images it has; ``all`` where the source has no parts."""

    def problems(self) -> list[str]:
        """What is wrong with the files, one line each that names file and place; empty where nothing is."""

    def read(self, part: str, items: npt.NDArray[np.int64]) -> tuple[Images, Labels]:
        """Images and labels at positions of a part.

        Args:
            part: One of `parts`.
            items: int64 [n], each from 0 to the part's size - 1.

        Returns:
            uint8 [n, height, width, channels] and int64 [n].

        Raises:
            InputError: A file cannot be read or holds what it must not; file and place are named.
        """


def content_hash(source: ImageSource) -> str:
    """sha256 over all that a source holds, however it is packed: 64 hexadecimal digits.

    Hashed is, for each part by name, one line of JSON (name, number of images, height, width, channels, classes), then
    image after image its values row by row (channels side by side) and then its label as one little-endian int64.
    """
    digest = hashlib.sha256()
    shape = source.shape
    for part, size in sorted(source.parts.items()):
        head = [part, size, shape.height, shape.width, shape.channels, list(source.classes)]
        digest.update(json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")
        for first in range(0, size, _CHUNK):
            items = np.arange(first, min(first + _CHUNK, size), dtype=np.int64)
            images, labels = source.read(part, items)
            record = [images.reshape(len(items), -1), labels.astype("<i8").view(np.uint8).reshape(len(items), 8)]
            digest.update(np.concatenate(record, axis=1).tobytes())
    return digest.hexdigest()


def found_folder(path: str, *inside: str) -> Path:
    """The folder at a path, or one of the folders of that name inside of it.

    Raises:
        InputError: It is no folder.
    """
    folder = Path(path).expanduser()
    if not folder.exists():
        raise InputError(f"{path}: no such folder")
    if not folder.is_dir():
        raise InputError(f"{path}: is a file; unpack it, and give the folder")
    for name in inside:
        if (folder / name).is_dir():
            return folder / name
    return folder


def file_problem(path: Path, error: OSError) -> InputError:
    """A file that the system will not read."""
    return InputError(f"{path}: {error.strerror or error}")
