"""Which files of a dataset a hub is given: those that `SHA256SUMS` names, but no log of requests."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from synthkit.convert.source import Source
from synthkit.errors import WorkError
from synthkit.llm.log import LOG
from synthkit.records import FileRecord
from synthkit.shards.manifest import SUMS, render_sums
from synthkit.storage import Storage

__all__ = ["Upload", "checked_files", "groups", "held"]

_PIECE = 2**20
_AT_ONCE = 4
# Of a commit: a hub gives up on larger ones. All files of most datasets go together.
_MOST_FILES = 500
_MOST_BYTES = 16 * 2**30
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Upload:
    """What is sent.

    Attributes:
        files: In order: the data first, what describes it last.
        left_out: Paths of the dataset that are not sent.
        sums: ``SHA256SUMS`` without them.
    """

    files: tuple[FileRecord, ...]
    left_out: tuple[str, ...]
    sums: bytes

    @property
    def paths(self) -> set[str]:
        """Paths of everything that is sent."""
        return {file.path for file in self.files} | {SUMS}

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files) + len(self.sums)


def checked_files(source: Source) -> Upload:
    """The files to send; all hashes are compared first.

    Raises:
        WorkError: A file is gone or has changed.
    """
    listed = [path for path in sorted(source.sums) if path != LOG]
    sizes = source.root.sizes()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(lambda path: source.root.hash(path) if path in sizes else None, listed))
    wrong = [path for path, digest in zip(listed, found, strict=True) if digest != source.sums[path]]
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise WorkError(
            f"{source.root}: {', '.join(wrong[:_SHOWN])}{more}: not as {SUMS} says, so nothing was published; see "
            f"`synthkit verify {source.root}`"
        )
    files = [FileRecord(path, sizes[path], source.sums[path]) for path in listed]
    ordered = sorted(files, key=lambda file: not file.path.startswith("data/"))
    left_out = tuple(path for path in source.sums if path == LOG)
    return Upload(tuple(ordered), left_out, render_sums(files))


def groups(upload: Upload) -> Iterator[list[FileRecord]]:
    """The files in as many commits as it takes; the last one has what describes the dataset."""
    group: list[FileRecord] = []
    size = 0
    for file in upload.files:
        if group and (len(group) == _MOST_FILES or size + file.bytes > _MOST_BYTES):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.bytes
    yield group


@contextmanager
def held(root: Storage, files: list[FileRecord]) -> Iterator[dict[str, Path]]:
    """Files as paths of this machine: of an object store they are fetched into a folder that is gone afterwards.

    Raises:
        WorkError: One is not what it was.
    """
    if root.local is not None:
        yield {file.path: root.local / file.path for file in files}
        return
    with tempfile.TemporaryDirectory(prefix="synthkit-") as folder:
        paths = {}
        for number, file in enumerate(files):
            paths[file.path] = Path(folder) / str(number)
            _fetch(root, file, paths[file.path])
        yield paths


def _fetch(root: Storage, file: FileRecord, path: Path) -> None:
    digest = hashlib.sha256()
    with root.open(file.path, ahead=_PIECE) as source, path.open("wb") as sink:
        while piece := source.read(_PIECE):
            digest.update(piece)
            sink.write(piece)
    if digest.hexdigest() != file.sha256:
        raise WorkError(f"{root.place(file.path)}: has changed while it was sent")
