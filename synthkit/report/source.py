"""What a report is about, and the one place where files of datasets are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from synthkit.dataset import AudioDataset, TextDataset, load
from synthkit.errors import InputError, WorkError
from synthkit.shards.manifest import MANIFEST, STATE
from synthkit.storage import open_root

__all__ = ["DatasetSource", "Kind", "kind_of", "open_dataset", "refuse_inside_dataset"]

Kind = Literal["dataset", "run", "sweep", "benchmark"]

_RUNS: dict[str, Kind] = {"experiment.json": "run", "sweep.json": "sweep", "benchmark.json": "benchmark"}
_EXPECTED = (
    "a report is of a dataset (`synthkit generate`), a training (`synthkit train`), a sweep or a `synthkit benchmark`"
)


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """A dataset and what lies beside its shards.

    Attributes:
        examples: Its examples, all splits one after the other.
        manifest: What ``manifest.json`` holds.
        recipe: What ``recipe.json`` holds: title, description, parameters.
        card: The card, Markdown.
    """

    examples: AudioDataset | TextDataset
    manifest: Mapping[str, Any]
    recipe: Mapping[str, Any]
    card: str


def kind_of(target: str) -> Kind:
    """What a directory holds.

    Raises:
        InputError: Neither a dataset nor a training, or nothing at all.
    """
    root = open_root(target)
    if root.local is not None:
        if not root.local.exists():
            raise InputError(f"{target}: there is no such directory; {_EXPECTED}")
        if not root.local.is_dir():
            raise InputError(f"{target}: is a file; {_EXPECTED}")
    for name, kind in _RUNS.items():
        if root.is_file(name):
            if root.local is None:
                raise InputError(f"{target}: a training is read from a directory of this machine; copy it there")
            return kind
    if root.is_file(MANIFEST) or root.holds(STATE):  # an unfinished one is refused by name when it is loaded
        return "dataset"
    raise InputError(f"{target}: holds no dataset and no training; {_EXPECTED}")


def open_dataset(target: str) -> DatasetSource:
    """A dataset with its manifest, recipe and card.

    Raises:
        InputError: None, or an unfinished one.
        WorkError: A damaged one.
    """
    examples = load(target)
    root = open_root(target)

    def read(name: str) -> bytes:
        return root.read(name) if root.is_file(name) else b""

    try:
        manifest, recipe = json.loads(read(MANIFEST)), json.loads(read("recipe.json") or b"{}")
        return DatasetSource(examples, manifest, recipe, read("README.md").decode())
    except ValueError as error:
        raise WorkError(f"{target}: its recipe or card is damaged: {error}") from None


def refuse_inside_dataset(out: Path) -> None:
    """Refuse a file in a dataset's directory, whose hashes would then say that something was added.

    Raises:
        InputError: It is in one.
    """
    for folder in out.resolve().parents:
        if (folder / MANIFEST).is_file() or (folder / STATE).is_dir():
            raise InputError(f"{out}: is inside of the dataset {folder}, which `synthkit verify` holds to its files")
