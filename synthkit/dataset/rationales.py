"""How good the rationales of a dataset's directory are, and what counts as a word in them."""

from __future__ import annotations

from pathlib import Path

from synthkit.dataset.stored import TextDataset, load
from synthkit.errors import InputError
from synthkit.generators.rationale.words import word_spans
from synthkit.run.rationale_report import RationaleReport, report_of
from synthkit.run.saliency_report import SaliencyReport, saliency_report_of

__all__ = ["RationaleReport", "SaliencyReport", "rationale_report", "word_spans"]


def rationale_report(path: str | Path) -> RationaleReport | SaliencyReport:
    """The report of a dataset's directory: of a teacher's saliency, or of other rationales.

    Raises:
        InputError: It holds no rationales with their quality.
    """
    dataset = load(path)
    names = {column.name for column in dataset.layout.annotations}
    if isinstance(dataset, TextDataset) and "word_scores" in names:
        return saliency_report_of(dataset)
    if not isinstance(dataset, TextDataset) or "status" not in names:
        raise InputError(f"{path}: holds no rationales that were asked or checked; see `synthkit show {path}`")
    return report_of(dataset)
