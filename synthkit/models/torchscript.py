"""Encoders that others have exported as TorchScript, RAVE's own exports among them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

__all__ = ["TorchScriptEncoder"]

_RATES = ("sampling_rate", "sample_rate", "sr")


class TorchScriptEncoder(nn.Module):
    """Codes of audio by an exported model that has a method ``encode``.

    Its ``encode`` is given audio [B, 1, T] and gives [B, D, L], [B, D], or a tuple whose first is that; codes are the
    mean over L. A TorchScript file is a program: load only files that you trust.

    Args:
        path: A ``.ts`` file.
        sample_rate: Rate of the audio that will be encoded, Hz.

    Raises:
        ValueError: No such file, no TorchScript, no method ``encode``, or a model for audio of another rate.
    """

    def __init__(self, path: str | Path, sample_rate: int) -> None:
        super().__init__()
        file = Path(path)
        if not file.is_file():
            raise ValueError(f"{file}: no such file")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # torch's plans for TorchScript change no file
                self.module: Any = torch.jit.load(str(file), map_location="cpu")  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise ValueError(f"{file}: is no TorchScript file: {str(error).splitlines()[0]}") from None
        if not hasattr(self.module, "encode"):
            raise ValueError(f"{file}: the model has no method 'encode'")
        self.module.eval()
        rate = _number(self.module, _RATES)
        if rate is not None and rate != sample_rate:
            raise ValueError(f"{file}: the model is for {rate} Hz, the audio has {sample_rate} Hz; resample it")
        self.ratio = _ratio(self.module)

    @torch.no_grad()
    def forward(self, audio: Tensor) -> Tensor:
        """Codes [B, D] of audio [B, T], padded with zeros to what the model can take."""
        padded = F.pad(audio, (0, -audio.shape[1] % self.ratio))
        found = self.module.encode(padded[:, None])
        latent: Tensor = found[0] if isinstance(found, tuple) else found
        return latent.mean(2) if latent.ndim == 3 else latent


def _ratio(module: Any) -> int:
    """Samples for each place in time of the latent: audio is padded to a multiple; 1 where nothing is said."""
    said = _number(module, ("ratio",))
    if said is not None:
        return said
    params = getattr(module, "encode_params", None)  # of nn~: channels in, ratio in, channels out, ratio out
    if params is None or len(params) != 4:
        return 1
    before, after = int(params[1]), int(params[3])
    return max(after // before, 1)


def _number(module: Any, names: tuple[str, ...]) -> int | None:
    for name in names:
        value = getattr(module, name, None)
        if isinstance(value, int | float | Tensor):
            return int(value)
    return None
