"""How good the rationales of a dataset's directory are."""

from __future__ import annotations

from pathlib import Path

from synthkit.dataset.stored import TextDataset, load
from synthkit.errors import InputError
from synthkit.run.rationale_report import RationaleReport, report_of

__all__ = ["RationaleReport", "rationale_report"]


def rationale_report(path: Path) -> RationaleReport:
    """The report of a dataset's directory.

    Raises:
        InputError: It holds no rationales with their quality.
    """
    dataset = load(path)
    names = {column.name for column in dataset.layout.annotations}
    if not isinstance(dataset, TextDataset) or "status" not in names:
        raise InputError(f"{path}: holds no rationales that were asked or checked; see `synthkit show {path}`")
    return report_of(dataset)
