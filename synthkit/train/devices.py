"""Where to train and to encode."""

from __future__ import annotations

import torch

from synthkit.errors import InputError

__all__ = ["choose_device"]


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
