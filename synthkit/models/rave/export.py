"""TorchScript exports of RAVE."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from synthkit.models.rave.rave import Rave

__all__ = ["export_rave"]


class _Exported(nn.Module):
    """What an export holds: ``encode``, ``decode``, ``forward``; ``sampling_rate`` and nn~'s ``encode_params``."""

    def __init__(self, rave: Rave, noise: bool) -> None:
        super().__init__()
        self.rave, self._noise = rave, noise
        rank = int(rave.rank)
        self.register_buffer("sampling_rate", torch.tensor(rave.sample_rate))
        self.register_buffer("encode_params", torch.tensor([1, 1, rank, rave.ratio]))
        self.register_buffer("decode_params", torch.tensor([rank, rave.ratio, 1, 1]))

    def encode(self, audio: Tensor) -> Tensor:
        return self.rave.encode(audio)

    def decode(self, z: Tensor) -> Tensor:
        return self.rave.decode_latents(z, self._noise)

    def forward(self, audio: Tensor) -> Tensor:
        return self.decode(self.encode(audio))


def export_rave(rave: Rave, path: str | Path, *, noise: bool = True) -> None:
    """Write a TorchScript file with the methods ``encode``, ``decode`` and ``forward``.

    ``encode`` takes audio [B, 1, T], T a multiple of the model's ratio, and gives latents [B, rank, L]; ``decode`` the
    other way round. ``sampling_rate``, ``encode_params`` and ``decode_params`` are buffers, as nn~ reads them.

    Args:
        rave: A trained model.
        path: The file.
        noise: Whether ``decode`` adds noise, which is drawn anew each time.
    """
    was_training = rave.training
    rave.eval()
    module = _Exported(rave, noise).eval()
    audio = torch.zeros(1, 1, 4 * rave.ratio, device=rave.latent_mean.device)
    with torch.no_grad(), warnings.catch_warnings():
        # torch's plans for TorchScript, and sizes that are fixed on purpose, such as the rank.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
        latents = module.encode(audio)
        inputs = {"forward": audio, "encode": audio, "decode": latents}
        traced = torch.jit.trace_module(module, inputs, check_trace=False)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, str(path))
    rave.train(was_training)
