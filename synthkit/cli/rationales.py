"""``synthkit rationales show``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from synthkit.cli.output import console, print_json, print_text
from synthkit.dataset import load
from synthkit.dataset.rationales import RationaleReport, rationale_report
from synthkit.records import TextExample

__all__ = ["run_show"]

_SHOWN_REASONS = 8
_BESIDE = ("status", "rejection", "rejected_rationale", "said_answer", "evidence", "human_rationale", "request")


def run_show(directory: Path, split: str | None, examples: int, *, rejected: bool, as_json: bool) -> None:
    """Print how good the rationales are, and some of them."""
    report = rationale_report(directory)
    if as_json:
        print_json(asdict(report))
        return
    _print(report)
    wanted = "rejected" if rejected else "accepted"
    shown = 0
    for example in load(directory, split):
        if shown == examples:
            break
        if isinstance(example, TextExample) and example.annotations["status"] == wanted:
            shown += 1
            _print_example(example)


def _print(report: RationaleReport) -> None:
    from rich.table import Table

    screen = console()
    table = Table("split", "accepted", "rejected", "not asked")
    for split, counts in report.status.items():
        table.add_row(split, *(f"{counts[name]:,}" for name in ("accepted", "rejected", "not asked")))
    screen.print(table)
    for reason, count in list(report.rejections.items())[:_SHOWN_REASONS]:
        screen.print(f"rejected {count:,} times: {reason}", markup=False)
    if report.agrees is not None:
        said = f"{report.said:,} rationales say an answer: {report.agrees:.1%} the right one"
        screen.print(said, markup=False)
    for name, mean in report.means.items():
        screen.print(f"{name.replace('_', ' ')}: {mean:.3f} on average", markup=False)
    screen.print(f"the same as another's: {report.duplicates:,}", markup=False)
    if report.turns:
        screen.print(
            f"{', '.join(report.models)}, prompt {', '.join(report.prompts)}: {report.turns:,} requests, "
            f"{report.prompt_tokens:,} prompt and {report.completion_tokens:,} completion tokens, "
            f"{report.mended:,} answers mended",
            markup=False,
        )
    screen.print(f"licence of the source: {', '.join(report.licenses)}", markup=False)


def _print_example(example: TextExample) -> None:
    print_text(example.id, (example.input, example.target, example.rationale), example.factors)
    for name in _BESIDE:
        value = example.annotations.get(name)
        if value:
            text = " ; ".join(map(str, value)) if isinstance(value, list) else str(value)
            console().print(f"  {name.replace('_', ' ')}: {text}", markup=False)
