"""Nearest-neighbour mutual information on a GPU; the numbers of `synthkit.ops.knn` to the last bit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.ops.cuda.arrays import DeviceArray, allocate, to_device
from synthkit.ops.cuda.codes import Checked, OnGpu, tell_pieces
from synthkit.ops.cuda.module import working

__all__ = ["Knn"]

Floats = npt.NDArray[np.float64]


class Knn(OnGpu):
    """The kernels on one GPU."""

    def mi_discrete(
        self, codes: Checked, labels: npt.NDArray[np.int32], *, neighbours: int, clip: bool, threads: int
    ) -> Floats:
        """Codes [B, N, D], labels [K, N] numbered from 0 -> [B, K, D]."""
        del threads
        with working("nearest neighbours", self.device) as cuda:
            found, piece = cuda.knn.mi_discrete(*codes.place, labels, neighbours=neighbours, clip=clip, stream=0)
        tell_pieces(codes.shape[0] * codes.shape[2], piece, "nearest neighbours")
        return np.asarray(found)

    def mi_continuous(self, codes: Checked, targets: Floats, *, neighbours: int, clip: bool, threads: int) -> Floats:
        """Codes [B, N, D], targets [K, N] -> [B, K, D]."""
        del threads
        there = to_device(targets, self.device, 0)
        with working("nearest neighbours", self.device) as cuda:
            found, piece = cuda.knn.mi_continuous(
                *codes.place, there.address, len(targets), neighbours=neighbours, clip=clip, stream=0
            )
        tell_pieces(codes.shape[0] * codes.shape[2], piece, "nearest neighbours")
        return np.asarray(found)

    def break_ties(self, codes: Checked, *, key: int, stream: int, threads: int) -> DeviceArray:
        """Codes [B, N, D] with noise, on the GPU."""
        del threads
        out = allocate(codes.shape, "float64", self.device, 0)
        with working("breaking ties", self.device) as cuda:
            cuda.knn.break_ties(*codes.place, key=key, noise_stream=stream, out=out.address, stream=0)
        return out
