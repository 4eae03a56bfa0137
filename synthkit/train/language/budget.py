"""How long a language model is trained: so many steps, or so many tokens."""

from __future__ import annotations

from synthkit.train.language.buckets import Buckets
from synthkit.train.language.record import LanguageExperiment

__all__ = ["tokens_read", "with_counted_steps"]


def with_counted_steps(experiment: LanguageExperiment, batches: Buckets) -> LanguageExperiment:
    """An experiment whose steps read as many tokens as it asks for, the last step reaching the number.

    Args:
        experiment: Its training; where it names no tokens it stays as it is.
        batches: What each step reads.
    """
    wanted = experiment.training.tokens
    if wanted is None:
        return experiment
    steps = read = 0
    while read < wanted:
        read += batches.tokens(steps)
        steps += 1
    training = experiment.training.model_copy(update={"steps": steps})
    return experiment.model_copy(update={"training": training})


def tokens_read(batches: Buckets, steps: int) -> int:
    """Ids of questions and answers, without padding, that so many steps read."""
    return sum(batches.tokens(step) for step in range(steps))
