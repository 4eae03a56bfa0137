"""Where to train and to encode."""

from __future__ import annotations

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState

from synthkit.errors import InputError
from synthkit.train.experiment import Training

__all__ = ["choose_device", "make_accelerator"]


def choose_device(wanted: str) -> torch.device:
    """The device of a name.

    Args:
        wanted: ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.

    Raises:
        InputError: Another name, or a GPU that is not there.
    """
    if wanted not in ("auto", "cpu", "cuda"):
        raise InputError(f"device: must be auto, cpu or cuda, not {wanted!r}")
    gpu = torch.cuda.is_available()
    if wanted == "cuda" and not gpu:
        raise InputError("device: a GPU was asked for, but torch sees none here; `synthkit doctor` says more")
    return torch.device("cuda" if gpu and wanted != "cpu" else "cpu")


def make_accelerator(training: Training, device: str) -> Accelerator:
    """Where and with what precision a training runs, in one process or in many.

    Args:
        training: Its precision.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        InputError: No such device, or one without that precision.
    """
    chosen = choose_device(device)
    if training.precision == "fp16" and chosen.type == "cpu":
        raise InputError("training.precision: fp16 needs a GPU; use bf16 or no")
    AcceleratorState._reset_state()  # it would hold on to the precision of a training before this one
    return Accelerator(
        cpu=chosen.type == "cpu",
        mixed_precision=training.precision,
        # A turn trains some of the parameters only.
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
