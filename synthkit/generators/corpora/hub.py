"""Corpora that the library datasets reads: from the Hugging Face Hub, or from a folder in a layout that it knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from glob import escape
from pathlib import Path
from typing import Any

from synthkit.errors import InputError
from synthkit.generators.corpora.files import Parts, Place, Published, Reader, find_parts

__all__ = ["HUB", "hub_parts"]

HUB = "hf:"
_NO_LABEL = "-"
_SHOWN = 200
_ENDINGS = ((".parquet",), (".json", ".jsonl"))
_SPLIT = re.compile(r"\w+")


def hub_parts(published: Published, source: str) -> tuple[Parts, Reader]:
    """The parts that a dataset has, and what reads their rows.

    In a folder without a README.md, the file ``train_r1-00000.parquet`` belongs to the split ``train_r1``; several of a
    split are read in the order of their names. Other folders are left to the library, as README.md tells it.

    Args:
        published: The corpus.
        source: ``hf:`` and the name of a dataset, or a folder.

    Raises:
        InputError: The library is not installed, or cannot read it, or a split is missing.
    """
    names = [name for pieces in published.hub.values() for piece in pieces for name in piece.names]
    loaded = _load(published, source, names)
    parts = find_parts(published.hub, source, lambda split: split in loaded, some=published.some)
    if not parts:
        raise InputError(f"{source}: must have splits of {', '.join(names)}; it has: {', '.join(map(str, loaded))}")
    return parts, lambda split: _rows(published, f"{source} [{split}]", loaded[split])


def _load(published: Published, source: str, names: Sequence[str]) -> Mapping[str, Any]:
    """Split -> its rows."""
    name = source.removeprefix(HUB).strip()
    if not name:
        raise InputError(f"{source}: must name a dataset, e.g. {HUB}{published.hub_name}, or a folder")
    try:
        import datasets  # type: ignore[import, unused-ignore]
    except ImportError:
        raise InputError("the package datasets is needed and not installed: pip install 'synthkit[text]'") from None
    folder = Path(name).expanduser()
    files = _data_files(folder, names) if folder.is_dir() else None
    try:
        loaded: Mapping[str, Any] = datasets.load_dataset(str(folder) if folder.is_dir() else name, data_files=files)
    except Exception as error:  # whatever fails, at the Hub, on the way or in the files: it fails in many ways
        said = (str(error).strip() or type(error).__name__).splitlines()[0][:_SHOWN]
        raise InputError(
            f"{source}: datasets cannot read it: {said}; check the name and the network, or give a folder with "
            f"{published.contents} from {published.licensed.url}"
        ) from None
    return loaded


def _rows(published: Published, what: str, rows: Any) -> Iterator[Place]:
    """All rows, in order; a label that is a number becomes its name."""
    feature = rows.features.get("label")
    labels = tuple(getattr(feature, "names", None) or published.labels or ())
    for number, values in enumerate(rows):
        where = f"{what}: row {number}"
        label = values.get("label")
        yield where, values if label is None or not labels else {**values, "label": _label(where, label, labels)}


def _label(where: str, label: Any, labels: tuple[str, ...]) -> Any:
    if not isinstance(label, int):
        return label
    if not -1 <= label < len(labels):
        said = ", ".join(f"{number} ({name})" for number, name in enumerate(labels))
        raise InputError(f"{where}: 'label' is {label}; must be one of: {said}")
    return _NO_LABEL if label < 0 else labels[label]


def _data_files(folder: Path, names: Sequence[str]) -> dict[str, list[str]] | None:
    """Split -> its files by their names; None where the folder tells them itself, or names none."""
    if (folder / "README.md").is_file():
        return None
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for endings in _ENDINGS:
        found: dict[str, list[str]] = {}
        for path in paths:
            split = _SPLIT.match(path.name)
            if path.suffix in endings and split is not None and split[0] in names:
                found.setdefault(split[0], []).append(escape(str(path.absolute())))
        if found:
            return found
    return None
