"""Deviations within groups and samples of rows on a GPU; the numbers of `synthkit.ops.deviations` to the last bit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.ops.cuda.codes import Checked, OnGpu, tell_pieces
from synthkit.ops.cuda.module import working

__all__ = ["Deviations"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]


class Deviations(OnGpu):
    """The kernels on one GPU."""

    def within_groups(
        self, codes: Checked, labels: Rows, levels: Rows, *, quantile: float, threads: int
    ) -> tuple[Floats, Floats]:
        """Largest deviation [B, D]; mean over groups of the quantile of the deviation within them [B, K, D]."""
        del threads
        with working("deviations within groups", self.device) as cuda:
            largest, within, piece = cuda.deviations.within_groups(
                *codes.place, labels, levels, quantile=quantile, stream=0
            )
        tell_pieces(codes.shape[0], piece, "deviations within groups")
        return largest, within

    def variances(self, codes: Checked, rows: Rows, *, threads: int) -> Floats:
        """[B, P, D] of rows [P, S]."""
        del threads
        with working("variances of samples", self.device) as cuda:
            found, piece = cuda.deviations.variances(*codes.place, rows, stream=0)
        tell_pieces(codes.shape[0], piece, "variances of samples")
        return np.asarray(found)

    def distances(self, codes: Checked, first: Rows, second: Rows, *, threads: int) -> Floats:
        """[B, P, D] of rows [P, S] and [P, S]."""
        del threads
        with working("distances of pairs", self.device) as cuda:
            found, piece = cuda.deviations.distances(*codes.place, first, second, stream=0)
        tell_pieces(codes.shape[0], piece, "distances of pairs")
        return np.asarray(found)
