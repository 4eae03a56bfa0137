"""What a card says of rationales."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from synthkit.records import FactorInfo, TextLayout
from synthkit.run.rationale_report import report_of
from synthkit.shards.formats import open_shard
from synthkit.shards.markdown import table

__all__ = ["rationale_section"]

_NAMES = ("accepted", "rejected", "not asked")


def rationale_section(
    root: Path, paths: Iterable[str], format: str, layout: TextLayout, factors: tuple[FactorInfo, ...]
) -> str:
    """A section of the card, Markdown; empty where the dataset has no rationales that were asked or checked.

    Args:
        root: The dataset's directory.
        paths: The shards in order.
        format: Of the shards.
        layout: Columns of the texts.
        factors: Of the texts.
    """
    if "status" not in {column.name for column in layout.annotations}:
        return ""
    report = report_of(example for path in paths for example in open_shard(root, path, format, layout, factors).scan())
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
