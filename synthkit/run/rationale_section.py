"""What a card says of rationales."""

from __future__ import annotations

from collections.abc import Iterable

from synthkit.records import FactorInfo, TextLayout
from synthkit.run.rationale_report import report_of
from synthkit.run.saliency_report import SaliencyReport, saliency_report_of
from synthkit.shards.formats import open_shard
from synthkit.shards.markdown import table
from synthkit.storage import Storage

__all__ = ["rationale_section"]

_NAMES = ("accepted", "rejected", "not asked")


def rationale_section(
    root: Storage, paths: Iterable[str], format: str, layout: TextLayout, factors: tuple[FactorInfo, ...]
) -> str:
    """A section of the card, Markdown; empty where the dataset has no rationales that were asked or checked.

    Args:
        root: The dataset's directory.
        paths: The shards in order.
        format: Of the shards.
        layout: Columns of the texts.
        factors: Of the texts.
    """
    names = {column.name for column in layout.annotations}
    examples = (example for path in paths for example in open_shard(root, path, format, layout, factors).scan())
    if "word_scores" in names:
        return _saliency(saliency_report_of(examples))
    if "status" not in names:
        return ""
    report = report_of(examples)
    rows = [(split, *(f"{found[name]:,}" for name in _NAMES)) for split, found in report.status.items()]
    lines = ["## Rationales\n", table(("split", *_NAMES), rows)]
    if report.turns:
        lines.append(
            f"{report.turns:,} requests, {report.prompt_tokens:,} prompt and {report.completion_tokens:,} completion "
            "tokens. Every request and answer is in `requests.parquet`, the prompt in `prompt.toml`.\n"
        )
    if report.agrees is not None:
        lines.append(f"Of {report.said:,} rationales that say an answer, {report.agrees:.1%} say the right one.\n")
    lines.append("`synthkit rationales show DIR` says why rationales were rejected, and more of their quality.\n")
    return "\n".join(lines)


def _saliency(report: SaliencyReport) -> str:
    rows = [
        (
            name.replace("_", " "),
            f"{gain.mean:.3f}",
            f"{gain.control:.3f}",
            f"{gain.difference:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})",
        )
        for name, gain in report.gains.items()
    ]
    said = f"The teacher answers {report.teacher_accuracy:.1%} right. {report.words:.1f} words are chosen on average."
    if report.average_precision is not None:
        said += f" Average precision of the scores for the known evidence: {report.average_precision:.3f}."
    if report.delta is not None:
        said += f" Integrated gradients miss their sum by {report.delta:.2g} nats on average, "
        said += f"{report.largest_delta:.2g} at most."
    names = ("measure", "chosen words", "as many drawn words", "better by (95 %)")
    return "\n".join(["## Saliency\n", table(names, rows), f"{said}\n"])
