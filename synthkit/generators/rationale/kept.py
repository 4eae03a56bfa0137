"""What a task of explained questions scores and checks: its explanations are those that the dataset keeps."""

from __future__ import annotations

from synthkit.generators.answers import FINAL_ANSWER, final_answer
from synthkit.generators.text import compare_steps
from synthkit.records import TextExample, Verdict

__all__ = ["KeptExplanations"]


class KeptExplanations:
    """Scorer and checker of a generator whose explanations cannot be made anew."""

    def score(self, prediction: str, example: TextExample) -> float:
        """1.0 where the answer is the right one; of an explanation, what its last ``Final answer:`` line says."""
        return float(final_answer(prediction) == example.target)

    def explain(self, example: TextExample) -> str | None:
        """What is in the dataset; there is none that alone is right."""
        return example.rationale

    def check(self, explanation: str, example: TextExample) -> Verdict:
        """Compare with what is in the dataset; a line with the final answer may follow."""
        wanted = example.rationale or ""
        if FINAL_ANSWER.rstrip() in explanation:
            wanted = f"{wanted}\n{FINAL_ANSWER}{example.target}"
        return compare_steps(explanation, wanted)
