"""Which parts of a batch a process computes."""

from __future__ import annotations

from accelerate import Accelerator

from synthkit.errors import InputError
from synthkit.train.experiment import Training

__all__ = ["batch_shares"]


def batch_shares(training: Training, accelerator: Accelerator, what: str, *, whole: bool) -> tuple[int, range]:
    """How many parts a batch has over all processes and accumulated parts, and which of them are this process's.

    Args:
        training: Its batch size and accumulated parts.
        accelerator: Its processes.
        what: What a batch holds, for messages.
        whole: One part, the same for all processes.

    Raises:
        InputError: The batch cannot be dealt out evenly.
    """
    if whole:
        return 1, range(1)
    ranks = accelerator.num_processes
    parts = ranks * training.accumulate
    if training.batch_size % parts:
        raise InputError(
            f"training.batch_size: {training.batch_size} {what} cannot be dealt out evenly to {ranks} process(es) in "
            f"{training.accumulate} part(s)"
        )
    each = parts // ranks
    return parts, range(accelerator.process_index * each, (accelerator.process_index + 1) * each)
