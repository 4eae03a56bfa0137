"""``synthkit export``: a trained model as a TorchScript file."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from synthkit.errors import InputError, WorkError
from synthkit.models.rave import Rave
from synthkit.models.rave.export import export_rave
from synthkit.train.trained import Trained, load_run

__all__ = ["export_run"]


class _Encoder(nn.Module):
    """Audio [B, 1, T] -> codes [B, D], features included; T as in training."""

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self.extractor, self.model = trained.extractor, trained.model
        self.register_buffer("sampling_rate", torch.tensor(trained.sample_rate))

    def encode(self, audio: Tensor) -> Tensor:
        return self.model.codes(self.extractor(audio[:, 0]))


def export_run(run: Path, out: Path) -> None:
    """Write a TorchScript file with a method ``encode`` (audio [B, 1, T] -> codes), and of RAVE ``decode`` as well.

    Args:
        run: Directory of a finished training.
        out: The file, ``.ts``.

    Raises:
        InputError: No finished training, or another suffix.
        WorkError: It cannot be written.
    """
    if out.suffix != ".ts":
        raise InputError(f"--out: TorchScript files are named .ts, not {out.suffix or 'without suffix'}")
    if not out.parent.is_dir():
        raise WorkError(f"--out: there is no directory {out.parent}")
    trained = load_run(run)
    if isinstance(trained.model, Rave):
        export_rave(trained.model, out)
        return
    module = _Encoder(trained).eval()
    audio = torch.zeros(2, 1, trained.num_samples)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch's plans for TorchScript change no file
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
        traced = torch.jit.trace_module(module, {"encode": audio}, check_trace=False)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, str(out))
