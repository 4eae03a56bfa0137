"""Which files a path names, which split takes from which, and how each is read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from synthkit.errors import InputError
from synthkit.generators.proteins.fasta import fasta_records
from synthkit.generators.proteins.files import SequenceFile
from synthkit.generators.proteins.index import Reader
from synthkit.generators.proteins.labels import LabelOf
from synthkit.generators.proteins.tape import tape_records

__all__ = ["WHOLE", "files_hash", "find_files", "is_fasta", "reader_of"]

WHOLE = "all"
_FASTA = (".fasta", ".fa", ".faa")
_JSON = (".json", ".jsonl", ".ndjson")
_TAPE = "remote_homology_"
# The names that TAPE has for what is called `validation` here, and its held-out sets.
_OTHER_NAMES = {"validation": ("valid",)}
_HELD_OUT = "_holdout"
# Which parts keep a sequence that several have: what is trained on comes last.
_LAST = ("validation", "train")


def find_files(path: str, splits: Sequence[str]) -> dict[str, Path]:
    """The file of each part: one part `WHOLE` for a file, a part for each split for a folder.

    In a folder, the file of the split ``test_fold`` is ``test_fold`` or, as TAPE names it,
    ``remote_homology_test_fold_holdout``, with any of the known endings; that of ``validation`` may be ``valid``.

    Returns:
        Part -> file, in the order in which they take sequences that several have: ``validation``, then ``train`` last.

    Raises:
        InputError: Nothing is there, or of another kind, or a split has no file or several.
    """
    found = Path(path).expanduser()
    if not path:
        raise InputError(
            f"must name a file ({', '.join(_FASTA + _JSON)}, also .gz) or a folder: --set params.path=FILE"
        )
    if not found.exists():
        raise InputError(f"{path}: no such file or folder")
    if not found.is_dir():
        _refuse_kind(found)
        return {WHOLE: found}
    order = [split for split in splits if split not in _LAST] + [split for split in _LAST if split in splits]
    return {split: _file_of(found, split) for split in order}


def is_fasta(path: Path) -> bool:
    """Whether a file is FASTA by its name; else it is JSON."""
    return _ending(path) in _FASTA


def reader_of(path: Path, level: str, label_of: LabelOf, *, open_end: bool) -> Reader:
    """What reads the records of a file."""
    if is_fasta(path):
        return partial(fasta_records, label_of=label_of, open_end=open_end)
    return partial(tape_records, level=level)


def files_hash(files: Mapping[str, SequenceFile]) -> str:
    """The sha256 of a file; of a folder, that of the lines that ``sha256sum`` prints for the parts' files by name."""
    if WHOLE in files:
        return files[WHOLE].sha256()
    lines = sorted((file.path.name, file.sha256()) for file in files.values())
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in lines).encode()).hexdigest()


def _file_of(folder: Path, split: str) -> Path:
    names = (split, *_OTHER_NAMES.get(split, ()))
    stems = {*names, *(f"{_TAPE}{name}" for name in names), *(f"{_TAPE}{name}{_HELD_OUT}" for name in names)}
    here = sorted(path for path in folder.iterdir() if _ending(path) in _FASTA + _JSON and path.is_file())
    found = [path for path in here if _stem(path) in stems]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{folder}: split {split!r} may be in {' or '.join(path.name for path in found)}; leave one")
    there = f"it has {', '.join(path.name for path in here)}" if here else "it has no .fasta, .json or .jsonl file"
    raise InputError(f"{folder}: no file is named after the split {split!r}, e.g. {split}.fasta; {there}")


def _refuse_kind(path: Path) -> None:
    if _ending(path) in _FASTA + _JSON:
        return
    kinds = ", ".join(_FASTA + _JSON)
    if path.suffix in (".lmdb", ".mdb"):
        raise InputError(
            f"{path}: LMDB files of TAPE hold pickles, and reading a pickle runs code; take its JSON files"
        )
    raise InputError(f"{path}: must end in {kinds}, or in one of these and .gz")


def _ending(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix == ".gz" else path.suffix


def _stem(path: Path) -> str:
    return Path(path.stem).stem if path.suffix == ".gz" else path.stem
