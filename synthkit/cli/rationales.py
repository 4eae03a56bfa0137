"""``synthkit rationales show``."""

from __future__ import annotations

from dataclasses import asdict

from synthkit.cli.output import console, print_json, print_text
from synthkit.dataset import load
from synthkit.dataset.rationales import RationaleReport, SaliencyReport, rationale_report
from synthkit.errors import InputError
from synthkit.records import TextExample

__all__ = ["run_show"]

_SHOWN_REASONS = 8
_BESIDE = (
    "status",
    "rejection",
    "rejected_rationale",
    "said_answer",
    "teacher_answer",
    "evidence",
    "human_rationale",
    "reasoning",
    "request",
)


def run_show(directory: str, split: str | None, examples: int, *, rejected: bool, as_json: bool) -> None:
    """Print how good the rationales are, and some of them."""
    report = rationale_report(directory)
    if as_json:
        print_json(asdict(report))
        return
    if isinstance(report, SaliencyReport):
        if rejected:
            raise InputError(f"{directory}: --rejected: a teacher's saliency rejects nothing")
        _print_saliency(report)
    else:
        _print(report)
    wanted = "rejected" if rejected else "accepted"
    shown = 0
    for example in load(directory, split):
        if shown == examples:
            break
        if isinstance(example, TextExample) and example.annotations.get("status", wanted) == wanted:
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


def _print_saliency(report: SaliencyReport) -> None:
    from rich.table import Table

    screen = console()
    table = Table("measure", "chosen words", "as many drawn", "better by", "95 % interval")
    for name, gain in report.gains.items():
        interval = f"{gain.low:+.3f} to {gain.high:+.3f}"
        numbers = f"{gain.mean:.3f}", f"{gain.control:.3f}", f"{gain.difference:+.3f}"
        table.add_row(name.replace("_", " "), *numbers, interval)
    screen.print(table)
    screen.print(
        f"{report.examples:,} examples, the teacher has {report.teacher_accuracy:.1%} right, {report.words:.1f} words "
        "chosen on average",
        markup=False,
    )
    if report.average_precision is not None:
        said = f"average precision of the scores for the known evidence: {report.average_precision:.3f}"
        screen.print(said, markup=False)
    if report.delta is not None:
        said = f"{report.delta:.2g} nats on average, {report.largest_delta:.2g} at most"
        screen.print(f"integrated gradients miss their sum by {said}", markup=False)
    if report.windowed:
        screen.print(f"read in windows: {report.windowed:,} long texts", markup=False)


def _print_example(example: TextExample) -> None:
    print_text(example.id, (example.input, example.target, example.rationale), example.factors)
    for name in _BESIDE:
        value = example.annotations.get(name)
        if value:
            text = " ; ".join(map(str, value)) if isinstance(value, list) else str(value)
            console().print(f"  {name.replace('_', ' ')}: {text}", markup=False)
