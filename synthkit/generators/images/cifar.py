"""CIFAR-10 and CIFAR-100 in their published binary version.

A record is one byte of label (CIFAR-100: coarse label, then fine label) and 3,072 bytes of pixels: 32 x 32 red ones row
by row, then the green ones, then the blue ones (Krizhevsky 2009, "Learning multiple layers of features from tiny
images"; https://www.cs.toronto.edu/~kriz/cifar.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.generators.images.base import Images, ImageShape, Labels, file_problem, found_folder

__all__ = ["Cifar"]

_SIDE = 32
_PIXELS = 3 * _SIDE * _SIDE
_SITE = "https://www.cs.toronto.edu/~kriz"


@dataclass(frozen=True, slots=True)
class _Version:
    """How one of the two is laid out.

    Attributes:
        archive: What to download.
        folder: Folder in it.
        labels: Bytes before the pixels; the last one is the class.
        files: Files of each part.
        pickled: Files of the Python version, which is refused.
        names: File of the classes' names.
        classes: The names where that file is missing; empty where it must be there.
        count: How many classes.
    """

    archive: str
    folder: str
    labels: int
    files: Mapping[str, tuple[str, ...]]
    pickled: tuple[str, ...]
    names: str
    classes: tuple[str, ...]
    count: int

    @property
    def record(self) -> int:
        """Bytes of a record."""
        return self.labels + _PIXELS


_VERSIONS = {
    "cifar10": _Version(
        archive="cifar-10-binary.tar.gz",
        folder="cifar-10-batches-bin",
        labels=1,
        files={"train": tuple(f"data_batch_{k}.bin" for k in range(1, 6)), "test": ("test_batch.bin",)},
        pickled=("cifar-10-batches-py", "data_batch_1", "cifar-10-python.tar.gz"),
        names="batches.meta.txt",
        classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        count=10,
    ),
    "cifar100": _Version(
        archive="cifar-100-binary.tar.gz",
        folder="cifar-100-binary",
        labels=2,
        files={"train": ("train.bin",), "test": ("test.bin",)},
        pickled=("cifar-100-python", "meta", "cifar-100-python.tar.gz"),
        names="fine_label_names.txt",
        classes=(),
        count=100,
    ),
}


class Cifar:
    """The parts are ``train`` and ``test``; files are mapped into memory, so that only what is asked for is read.

    Args:
        kind: ``cifar10`` or ``cifar100`` (fine labels).
        path: The unpacked folder, or the one that holds it.

    Raises:
        InputError: A file is missing or ends within a record.
    """

    shape = ImageShape(_SIDE, _SIDE, 3)

    def __init__(self, kind: str, path: str) -> None:
        self._version = _VERSIONS[kind]
        if not path:
            raise InputError(f"must name a folder: {_how_to_get(self._version)}; --set params.path=FOLDER")
        folder = found_folder(path, self._version.folder)
        _refuse_pickle(folder, self._version)
        self._files = {
            part: [_File.opened(folder / name, self._version) for name in names]
            for part, names in self._version.files.items()
        }
        self.classes = _class_names(folder / self._version.names, self._version)

    @property
    def parts(self) -> Mapping[str, int]:
        return {part: sum(file.count for file in files) for part, files in self._files.items()}

    def problems(self) -> list[str]:
        lines = []
        for file in (file for files in self._files.values() for file in files):
            try:
                file.labels(np.arange(file.count, dtype=np.int64), self._version)
            except InputError as error:
                lines.append(str(error))
        return lines

    def read(self, part: str, items: npt.NDArray[np.int64]) -> tuple[Images, Labels]:
        images = np.empty((len(items), _SIDE, _SIDE, 3), np.uint8)
        labels = np.empty(len(items), np.int64)
        first = 0
        for file in self._files[part]:
            here = np.flatnonzero((items >= first) & (items < first + file.count))
            if len(here):
                records = items[here] - first
                labels[here] = file.labels(records, self._version)
                planes = file.data[records, self._version.labels :].reshape(-1, 3, _SIDE, _SIDE)
                images[here] = planes.transpose(0, 2, 3, 1)
            first += file.count
        return images, labels


@dataclass(frozen=True, slots=True)
class _File:
    """Records of one file.

    Attributes:
        path: Where it is.
        data: uint8 [records, bytes of a record], mapped.
    """

    path: Path
    data: npt.NDArray[np.uint8]

    @property
    def count(self) -> int:
        return len(self.data)

    @classmethod
    def opened(cls, path: Path, version: _Version) -> _File:
        if not path.is_file():
            raise InputError(f"{path.parent}: has no {path.name}; {_how_to_get(version)}")
        try:
            size = path.stat().st_size
            count, rest = divmod(size, version.record)
            if rest:
                raise InputError(
                    f"{path}: truncated: record {count} begins at byte {count * version.record}, and the file ends at "
                    f"byte {size}, after {rest} of {version.record} bytes"
                )
            if not count:
                raise InputError(f"{path}: is empty: it ends at byte 0")
            return cls(path, np.memmap(path, np.uint8, "r", shape=(count, version.record)))
        except OSError as error:
            raise file_problem(path, error) from None

    def labels(self, records: npt.NDArray[np.int64], version: _Version) -> Labels:
        found: Labels = self.data[records, version.labels - 1].astype(np.int64)
        wrong = np.flatnonzero(found >= version.count)
        if len(wrong):
            record = int(records[wrong[0]])
            place = record * version.record + version.labels - 1
            raise InputError(
                f"{self.path}: label {found[wrong[0]]} of record {record}, at byte {place}; must be 0 to "
                f"{version.count - 1}"
            )
        return found


def _class_names(path: Path, version: _Version) -> tuple[str, ...]:
    """The names in the archive's own file, one a line."""
    if not path.is_file():
        if version.classes:
            return version.classes
        raise InputError(f"{path.parent}: has no {path.name}, which holds the classes' names")
    try:
        names = tuple(line.strip() for line in path.read_text("utf-8").splitlines() if line.strip())
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise file_problem(path, error) from None
    if len(names) != version.count or len(set(names)) != len(names):
        raise InputError(f"{path}: must hold {version.count} different names, not {len(set(names))}")
    return names


def _refuse_pickle(folder: Path, version: _Version) -> None:
    """Name the one mistake that most people make."""
    if any((folder / name).is_file() for names in version.files.values() for name in names):
        return
    for name in version.pickled:
        if folder.name == name or (folder / name).exists():
            raise InputError(
                f"{folder}: holds the Python version ({name}), which is a pickle, and reading a pickle runs code; "
                f"take the binary version, {_SITE}/{version.archive}"
            )


def _how_to_get(version: _Version) -> str:
    return f"download {_SITE}/{version.archive} and unpack it: the folder is {version.folder}"
