"""Manifests of Lhotse: recordings, supervisions and cuts of each split, written without the library.

One process writes them: a manifest is one compressed stream, and its audio files, if any, are copied as they are.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

from synthkit.convert.convert import Converted
from synthkit.convert.lhotse_records import cut, recording, supervision
from synthkit.convert.source import Source, StoredExamples, digest_of, open_source
from synthkit.convert.targets import LHOTSE, check_places
from synthkit.errors import InputError, WorkError
from synthkit.records import AudioLayout
from synthkit.run import state
from synthkit.run.explained import explained
from synthkit.run.progress import Progress
from synthkit.shards import wav
from synthkit.shards.base import RawExample
from synthkit.shards.content import fingerprint
from synthkit.shards.json_records import dump
from synthkit.shards.manifest import CONVERSION, STATE, ShardEntry
from synthkit.storage import Folder, Sink, Storage, open_root

__all__ = ["KINDS", "convert_to_lhotse"]

KINDS = ("recordings", "supervisions", "cuts")
DATASET = "dataset.json"
_FOLDERS = ("wav", "flac")
_FILES_AT_ONCE = 256


def convert_to_lhotse(
    source: str | Path, out: str | Path, *, on_progress: Callable[[Progress], None] | None = None
) -> Converted:
    """Write manifests of a dataset of clips: ``<kind>_<split>.jsonl.gz``, and ``dataset.json`` last.

    Files of a dataset in wav or flac on a disk are named as they lie, relative to ``out``; of other formats, and where
    one of the two is in an object store, the clips are written to ``out`` as WAV files.

    Args:
        source: Directory or URL of a finished dataset.
        out: New directory or URL: new, empty, or one where the same conversion was begun.
        on_progress: Called now and then.

    Raises:
        InputError: It is no dataset of clips, or ``out`` is refused.
        WorkError: The work failed; the same call begins anew.
    """
    found = open_source(source)
    if not isinstance(found.manifest.layout, AudioLayout):
        raise InputError(f"--to {LHOTSE}: {found.root} holds texts, and Lhotse's manifests are of audio")
    root = open_root(out)
    check_places(found.root, root)
    with explained(root):
        there = _already_there(found, root)
        if there is not None:
            return there
        root.make()
        with root.locked() as held:
            root.write(CONVERSION, dump(_about(found)).encode())
            root.remove_temporaries()
            root.remove_folder("audio")  # of a run that was killed
            return _Writing(found, found.manifest.layout, root, held, on_progress).all()


def _about(source: Source) -> dict[str, Any]:
    """``dataset.json``: which dataset the manifests are of."""
    manifest = source.manifest
    return {
        "name": manifest.name,
        "version": source.recipe.version,
        "fingerprint": manifest.fingerprint,
        "recipe_sha256": source.sums["recipe.json"],
        "license": source.recipe.license,
        "splits": dict(manifest.splits),
    }


def _already_there(source: Source, root: Storage) -> Converted | None:
    if root.local is not None and root.local.exists() and not root.local.is_dir():
        raise InputError(f"{root}: is a file; -o names a directory")
    names = root.names()
    about = dump(_about(source))
    if DATASET in names and root.read(DATASET).decode() == f"{about}\n":
        if STATE in names:  # a run was killed at its very end
            with root.locked():
                root.remove_folder(STATE)
        size = sum(root.sizes().values())
        manifest = source.manifest
        return Converted(manifest.fingerprint, manifest.num_examples, size, str(root), LHOTSE, made=0)
    if root.is_file(CONVERSION):
        if root.read(CONVERSION).decode() != about:
            raise InputError(f"{root}: another conversion was begun there; remove it, or choose another -o")
        return None
    if state.was_begun(root):
        raise InputError(f"{root}: a build was begun there; -o names a new or an empty directory")
    others = [name for name in names if name != STATE]
    if others:
        raise InputError(
            f"{root}: holds something else ({', '.join(others[:3])}); -o names a new or an empty directory"
        )
    return None


class _Writing:
    """One conversion."""

    def __init__(
        self,
        source: Source,
        layout: AudioLayout,
        root: Storage,
        held: Callable[[], None],
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._source = source
        self._layout = layout
        self._root = root
        self._held = held
        self._on_progress = on_progress
        self._stored = StoredExamples(source.root, source.manifest)
        self._head = wav.header(layout)
        self._refers = _refers(source, root)
        self._done = 0
        self._bytes = 0

    def all(self) -> Converted:
        """Write everything, ``dataset.json`` last."""
        manifest, root = self._source.manifest, self._root
        found = fingerprint(digest for split in manifest.splits for digest in self._split(split))
        if found != manifest.fingerprint:
            raise WorkError(
                f"{self._source.root}: its examples give {found}, not {manifest.fingerprint} as its manifest says; "
                f"nothing was finished: see `synthkit verify {self._source.root}`"
            )
        root.write(DATASET, f"{dump(_about(self._source))}\n".encode())
        root.remove_folder(STATE)
        root.sync()
        size = self._bytes + sum(root.size(_name(kind, split)) or 0 for kind in KINDS for split in manifest.splits)
        return Converted(manifest.fingerprint, manifest.num_examples, size, str(root), LHOTSE, made=self._done)

    def _split(self, split: str) -> Iterator[bytes]:
        """Write the manifests of a split; gives the digests of its examples in order."""
        with ExitStack() as stack:
            files = {kind: stack.enter_context(_compressed(self._root, _name(kind, split))) for kind in KINDS}
            for shard in self._source.manifest.shards:
                if shard.split == split:
                    for clip, path in self._clips(shard):
                        file = recording(clip, self._layout, path)
                        said = supervision(clip, self._source.manifest, self._layout)
                        whole = cut(file, said, self._source.manifest.fingerprint)
                        for kind, record in zip(KINDS, (file, said, whole), strict=True):
                            files[kind].write(f"{dump(record)}\n".encode())
                        yield digest_of(clip, self._source.manifest)
                    self._told(shard)

    def _clips(self, shard: ShardEntry) -> Iterator[tuple[RawExample, str]]:
        """The clips of a shard with the paths of their files, which are there when the last one has been taken."""
        examples = cast("Iterator[RawExample]", self._stored.read(shard.split, shard.first, shard.rows))
        if self._refers:
            folder = Path(self._source.root.address, shard.path).parent
            base = Path(os.path.relpath(folder, self._root.address)).as_posix()
            for clip in examples:
                yield clip, f"{base}/{clip.id}.{self._source.manifest.format}"
            return
        path = f"audio/{shard.split}-{shard.first:08d}"
        folder_sink = self._root.folder(path)
        try:
            waiting: dict[str, bytes] = {}
            for clip in examples:
                waiting[f"{clip.id}.wav"] = self._head + clip.samples.tobytes()
                yield clip, f"{path}/{clip.id}.wav"
                if len(waiting) == _FILES_AT_ONCE:
                    self._flush(folder_sink, waiting)
            self._flush(folder_sink, waiting)
            folder_sink.commit()
        except BaseException:
            folder_sink.abort()
            raise

    def _flush(self, folder: Folder, waiting: dict[str, bytes]) -> None:
        if waiting:
            folder.write(waiting)
        self._bytes += sum(map(len, waiting.values()))
        waiting.clear()

    def _told(self, shard: ShardEntry) -> None:
        self._held()
        self._done += shard.rows
        if self._on_progress:
            self._on_progress(Progress(self._done, self._source.manifest.num_examples, self._bytes))


def _refers(source: Source, root: Storage) -> bool:
    """Whether the clips' files are there to be named."""
    return source.manifest.format in _FOLDERS and source.root.local is not None and root.local is not None


def _name(kind: str, split: str) -> str:
    return f"{kind}_{split}.jsonl.gz"


@contextmanager
def _compressed(root: Storage, path: str) -> Iterator[gzip.GzipFile]:
    """A file that is compressed as it is written; no name and no time stand in it."""
    sink: Sink = root.create(path)
    try:
        with gzip.GzipFile(filename="", mode="wb", fileobj=cast("Any", sink), mtime=0) as file:
            yield file
        sink.commit()
    except BaseException:
        sink.abort()
        raise
