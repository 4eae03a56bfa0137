"""Reads protein sequences with their fold: FASTA, or the JSON that TAPE's remote homology data is exported to."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from synthkit.errors import InputError
from synthkit.generators.amino_acids import AMINO_ACIDS

__all__ = ["Protein", "content_hash", "parts_of", "read_proteins"]

_FASTA = (".fasta", ".fa", ".faa", ".fas")
_JSON = (".json", ".jsonl")
_TAPE = re.compile(r"remote_homology_(.+)\.jsonl?")
_AMBIGUOUS = "BJOUXZ"
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Protein:
    """One record of a file.

    Attributes:
        name: What the file calls it.
        label: Its class.
        sequence: Residues, one letter each.
        where: File and line, for messages.
    """

    name: str
    label: str
    sequence: str
    where: str


def parts_of(path: Path) -> dict[str, Path]:
    """The files of a source: one named ``all``, or those of a folder of TAPE files by what they are for.

    Raises:
        InputError: There is nothing that can be read.
    """
    if path.is_file():
        return {"all": path}
    if not path.is_dir():
        raise InputError(f"params.path: {path} is neither a file nor a folder")
    found = {match[1]: file for file in sorted(path.iterdir()) if (match := _TAPE.fullmatch(file.name))}
    if not found:
        raise InputError(
            f"params.path: {path} holds no remote_homology_*.json; name a FASTA file, or a folder of TAPE's files"
        )
    return found


def content_hash(path: Path) -> str:
    """sha256 over the source's files, in the order of their names, 64 hex digits."""
    digest = hashlib.sha256()
    for _, file in sorted(parts_of(path).items()):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def read_proteins(file: Path, label: str, *, keep_ambiguous: bool) -> tuple[Protein, ...]:
    """All records of a file.

    Args:
        file: FASTA (also gzipped) or JSON (a list, or one object a line).
        label: For FASTA a regular expression whose first group is the class, searched in the header; for JSON the field
            that holds it.
        keep_ambiguous: Accept B, J, O, U, X and Z.

    Raises:
        InputError: The file cannot be read, is cut off, or holds something else; file and line are named.
    """
    status = file.stat()
    return _read(file, label, keep_ambiguous, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=16)
def _read(file: Path, label: str, keep_ambiguous: bool, *_: int) -> tuple[Protein, ...]:
    text = _text(file)
    name = file.name.removesuffix(".gz")
    if name.endswith(_FASTA):
        records = list(_fasta(file, text, re.compile(label)))
    elif name.endswith(_JSON):
        records = list(_json(file, text, label))
    else:
        raise InputError(f"{file}: must end in one of {', '.join((*_FASTA, *_JSON))}, perhaps with .gz")
    if not records:
        raise InputError(f"{file}: holds no sequence")
    for record in records:
        _check_residues(record, keep_ambiguous=keep_ambiguous)
    return tuple(records)


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
        if file.name.endswith(".gz"):
            data = gzip.decompress(data)
        return data.decode("utf-8")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{file}: damaged or cut off: {error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: byte {error.start} is no text") from None
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from None


def _fasta(file: Path, text: str, label: re.Pattern[str]) -> Iterator[Protein]:
    header, lines, first = "", [], 0
    for number, raw in enumerate([*text.splitlines(), ">"], start=1):
        line = raw.strip()
        if not line.startswith(">"):
            if line and not first:
                raise InputError(f"{file}: line {number}: a sequence without a header (>name) before it")
            lines.append(line)
            continue
        if first:
            if not any(lines):
                raise InputError(f"{file}: line {first}: {header[:_SHOWN]!r} has no sequence; is the file cut off?")
            yield _fasta_record(file, header, "".join(lines), first, label)
        header, lines, first = line[1:].strip(), [], number


def _fasta_record(file: Path, header: str, sequence: str, line: int, label: re.Pattern[str]) -> Protein:
    found = label.search(header)
    if found is None or not found.groups() or not found[1]:
        raise InputError(
            f"{file}: line {line}: no class in {header[:_SHOWN]!r}: params.label is {label.pattern!r}, and its first "
            "group must find one"
        )
    words = header.split()
    return Protein(words[0] if words else str(line), found[1], sequence, f"{file}: line {line}")


def _json(file: Path, text: str, label: str) -> Iterator[Protein]:
    for number, item in _json_items(file, text):
        where = f"{file}: record {number}"
        sequence = item.get("primary") if isinstance(item, dict) else None
        if not isinstance(sequence, str) or not sequence:
            raise InputError(f"{where}: has no sequence in the field 'primary'")
        if label not in item:
            raise InputError(f"{where}: has no field {label!r}; there are: {', '.join(sorted(item))}")
        value = item[label]
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if not isinstance(value, str | int):
            raise InputError(f"{where}: {label} is {value!r}, which is no class")
        yield Protein(str(item.get("id", number)), str(value), sequence, where)


def _json_items(file: Path, text: str) -> Iterator[tuple[int, Any]]:
    try:
        if text.lstrip().startswith("["):
            yield from enumerate(json.loads(text))
            return
        for number, line in enumerate(text.splitlines()):
            if line.strip():
                yield number, json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{file}: line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from None


def _check_residues(record: Protein, *, keep_ambiguous: bool) -> None:
    allowed = AMINO_ACIDS + (_AMBIGUOUS if keep_ambiguous else "")
    for place, residue in enumerate(record.sequence, start=1):
        if residue not in allowed:
            advice = ""
            if residue in _AMBIGUOUS:
                advice = "; params.ambiguous = 'keep' accepts B, J, O, U, X and Z"
            elif residue.upper() in allowed:
                advice = "; residues are capital letters"
            raise InputError(
                f"{record.where}: {record.name!r} has {residue!r} at position {place}, which is no amino acid{advice}"
            )
