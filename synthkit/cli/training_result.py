"""What a training came to, on the screen or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from synthkit.cli.output import console, print_json
from synthkit.train.result import TrainResult

__all__ = ["tell_result"]


def tell_result(
    result: TrainResult, print_evaluation: Callable[[Mapping[str, Any]], None], next_step: str, *, as_json: bool
) -> None:
    """Tables of the evaluation, warnings, and what to do next; nothing in a process that does not evaluate.

    Args:
        result: What came of the training.
        print_evaluation: Prints the tables.
        next_step: What to do next, in words.
        as_json: JSON in place of tables.
    """
    if not result.evaluation:  # another process of this training evaluates and tells
        return
    if as_json:
        about = {"out": str(result.folder), "steps": result.steps, "warnings": list(result.warnings)}
        print_json({**result.evaluation, **about})
        return
    screen = console()
    if result.resumed_from:
        screen.print(f"went on from step {result.resumed_from}", markup=False)
    print_evaluation(result.evaluation)
    for warning in result.warnings:
        screen.print(f"note: {warning}", markup=False)
    early = ", stopped early" if result.stopped_early else ""
    screen.print(f"{result.folder}: {result.steps} steps{early}; {next_step}", markup=False)
