"""Reads codes, and the factors beside them, from files."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError

__all__ = ["SUFFIXES", "CodesFile", "list_files", "read_codes"]

SUFFIXES = (".npz", ".parquet")

_ARRAYS = ("codes", "factors", "factor_names", "factor_kinds", "id")
_CODE_COLUMN = re.compile(r"(code|z|latent)_?(\d+)")


@dataclass(frozen=True)
class CodesFile:
    """What a file holds.

    Attributes:
        path: The file.
        codes: [N, D], or [B, N, D].
        factors: [N, K]; None where the file has none.
        names: K names, if the file says so.
        kinds: K kinds, if the file says so.
        ids: N ids of examples, if the file says so.
    """

    path: Path
    codes: npt.NDArray[Any]
    factors: npt.NDArray[Any] | None
    names: list[str] | None
    kinds: list[str] | None
    ids: list[str] | None


def list_files(path: Path) -> list[Path]:
    """The file itself, or the files of a directory in the order of their names.

    Raises:
        InputError: There is no such file, or none that can be read.
    """
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES and not p.name.startswith("."))
        if not found:
            raise InputError(f"{path}: no {' or '.join(SUFFIXES)} file is in this directory")
        return found
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if path.suffix not in SUFFIXES:
        raise InputError(
            f"{path}: codes are read from {' or '.join(SUFFIXES)}, not {path.suffix or 'a file without suffix'}"
        )
    return [path]


def read_codes(path: Path, factors: Sequence[str] | None = None) -> CodesFile:
    """Read a file.

    ``.npz``: arrays ``codes`` and ``factors``, perhaps ``factor_names``, ``factor_kinds`` and ``id``.
    ``.parquet``: a list column ``codes``, or columns ``code_0``, ``code_1``, ... (also ``z_0`` or ``latent_0``);
    perhaps ``id``; the others are factors, texts as categories, and ``<factor>_index`` beside ``<factor>`` its levels.

    Args:
        path: The file.
        factors: Names of the factors to take, in order; None for all, none of them where they come from elsewhere.

    Raises:
        InputError: Not readable, or something is missing.
    """
    try:
        return _read_npz(path, factors) if path.suffix == ".npz" else _read_parquet(path, factors)
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        raise InputError(f"{path}: cannot be read as {path.suffix[1:]}: {error}") from error


def _read_npz(path: Path, wanted: Sequence[str] | None) -> CodesFile:
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path}: is no .npz archive; save with np.savez(FILE, codes=..., factors=...)")
    with np.load(path, allow_pickle=False) as arrays:
        if "codes" not in arrays:
            held = ", ".join(arrays.files) or "nothing"
            raise InputError(
                f"{path}: has no array 'codes' (it has: {held}); save with np.savez(FILE, codes=..., factors=...)"
            )
        try:
            found = {name: arrays[name] for name in arrays.files if name in _ARRAYS}
        except ValueError as error:
            raise InputError(f"{path}: {error}; arrays of Python objects are not read") from error
    names, kinds, ids = (_texts(found.get(name)) for name in ("factor_names", "factor_kinds", "id"))
    values = found.get("factors") if wanted is None or wanted else None
    if wanted and values is not None:
        if names is None:
            raise InputError(f"{path}: factors can be chosen by name only if the file has factor_names")
        chosen = [_place(path, name, names) for name in wanted]
        values, names = values[:, chosen], list(wanted)
        kinds = None if kinds is None else [kinds[k] for k in chosen]
    return CodesFile(path, found["codes"], values, names, kinds, ids)


def _texts(values: npt.NDArray[Any] | None) -> list[str] | None:
    return None if values is None else [str(v) for v in values.reshape(-1)]


def _place(path: Path, name: str, names: Sequence[str]) -> int:
    if name not in names:
        raise InputError(f"{path}: has no factor {name!r}; there are: {', '.join(names)}")
    return list(names).index(name)


def _read_parquet(path: Path, wanted: Sequence[str] | None) -> CodesFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: cannot be read as parquet: {error}") from error
    codes, used = _code_columns(path, table)
    ids = table.column("id").to_pylist() if "id" in table.column_names else None
    others = [name for name in table.column_names if name not in used and name != "id"]
    named = [name for name in others if not (name.endswith("_index") and name.removesuffix("_index") in others)]
    chosen = named if wanted is None else [named[_place(path, name, named)] for name in wanted]
    columns = [_factor_column(path, table, name) for name in chosen]
    factors = np.stack([values for values, _ in columns], axis=1) if columns else None
    return CodesFile(path, codes, factors, chosen or None, [kind for _, kind in columns] or None, _as_texts(ids))


def _as_texts(ids: list[Any] | None) -> list[str] | None:
    return None if ids is None else [str(i) for i in ids]


def _code_columns(path: Path, table: Any) -> tuple[npt.NDArray[np.float64], set[str]]:
    if "codes" in table.column_names:
        return _code_lists(path, table.column("codes").to_pylist()), {"codes"}
    matches = {name: match for name in table.column_names if (match := _CODE_COLUMN.fullmatch(name))}
    if len({match[1] for match in matches.values()}) != 1:
        held = ", ".join(table.column_names)
        raise InputError(f"{path}: has neither a list column 'codes' nor columns code_0, code_1, ... (it has: {held})")
    names = sorted(matches, key=lambda name: int(matches[name][2]))
    numbers = [int(matches[name][2]) for name in names]
    if numbers != list(range(len(names))):
        raise InputError(f"{path}: code columns must be numbered 0 to {len(names) - 1}, each once, not {numbers}")
    return np.stack([_numbers(path, table, name) for name in names], axis=1), set(names)


def _code_lists(path: Path, rows: list[Any]) -> npt.NDArray[np.float64]:
    lengths = {len(row) if isinstance(row, list) else -1 for row in rows}
    if len(lengths) != 1 or lengths == {-1} or any(value is None for row in rows for value in row):
        raise InputError(f"{path}: column 'codes' must hold lists of numbers, all equally long and without gaps")
    return np.array(rows, np.float64)


def _numbers(path: Path, table: Any, name: str) -> npt.NDArray[Any]:
    column = table.column(name)
    if column.null_count:
        raise InputError(f"{path}: column {name!r} has {column.null_count} empty cells")
    values: npt.NDArray[Any] = column.to_numpy()
    if values.dtype.kind not in "fiub":
        raise InputError(f"{path}: column {name!r} holds {column.type}, not numbers; choose factors by name")
    return values


def _factor_column(path: Path, table: Any, name: str) -> tuple[npt.NDArray[np.float64], str]:
    """Values and kind of a factor."""
    import pyarrow as pa

    column = table.column(name)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_dictionary(column.type):
        if column.null_count:
            raise InputError(f"{path}: column {name!r} has {column.null_count} empty cells")
        return np.unique(np.array(column.to_pylist(), str), return_inverse=True)[1].astype(np.float64), "categorical"
    values = _numbers(path, table, name)
    if f"{name}_index" in table.column_names:
        return values.astype(np.float64), "ordinal"
    kind = "categorical" if values.dtype.kind in "iub" else "continuous"
    return values.astype(np.float64), kind
