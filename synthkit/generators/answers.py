"""The last line of an explanation: its answer."""

from __future__ import annotations

__all__ = ["FINAL_ANSWER", "final_answer"]

FINAL_ANSWER = "Final answer: "


def final_answer(prediction: str) -> str:
    """The answer in what a model said: after its last ``Final answer:``, or all of it; no spaces around it."""
    return prediction.rsplit(FINAL_ANSWER.rstrip(), 1)[-1].strip()
