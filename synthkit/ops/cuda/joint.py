"""Bins, joint histograms and mutual information on a GPU; the numbers of `synthkit.ops.joint` to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.ops.cuda.arrays import DeviceArray, View, allocate
from synthkit.ops.cuda.codes import Checked, OnGpu, columns_on, tell_pieces
from synthkit.ops.cuda.module import working

__all__ = ["Joint"]


class Joint(OnGpu):
    """The kernels on one GPU."""

    def cut(
        self, codes: Checked, *, bins: int, quantile: bool, threads: int
    ) -> tuple[DeviceArray, npt.NDArray[np.int32]]:
        """Bins uint16 [B, D, N], on the GPU, and how many, int32 [B, D]."""
        del threads
        models, rows, columns = codes.shape
        index = allocate((models, columns, rows), "uint16", self.device, 0)
        with working("cutting into bins", self.device) as cuda:
            sizes, piece = cuda.joint.cut(*codes.place, bins=bins, quantile=quantile, index=index.address, stream=0)
        tell_pieces(models, piece, "cutting into bins")
        return index, sizes

    def columns(self, values: Any, name: str) -> View | DeviceArray:
        """Columns uint16 [M, N] on the GPU."""
        return columns_on(values, name, self.device)

    def counts(self, a: Any, b: Any, *, a_size: int, b_size: int) -> npt.NDArray[np.uint32]:
        """Counts [a_size, b_size] of a, b [1, N]."""
        first, second = self.columns(a, "a"), self.columns(b, "b")
        with working("counting", self.device) as cuda:
            table: npt.NDArray[np.uint32] = cuda.joint.counts(
                first.address, second.address, first.shape[1], a_size=a_size, b_size=b_size, stream=0
            )
        return table

    def sizes(self, columns: View | DeviceArray) -> npt.NDArray[np.int32]:
        """The greatest number of each column, plus 1, int32 [M]."""
        with working("looking for the greatest", self.device) as cuda:
            found: npt.NDArray[np.int32] = cuda.joint.sizes(columns.address, *columns.shape, stream=0)
        return found

    def information(
        self,
        codes: Any,
        code_sizes: npt.NDArray[np.int32],
        labels: Any,
        label_sizes: npt.NDArray[np.int32],
        *,
        expected: bool,
        threads: int,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Plug-in information, its mean over permutations, and degrees of freedom, [M, K] each."""
        del threads
        first, second = self.columns(codes, "codes"), self.columns(labels, "labels")
        with working("counting", self.device) as cuda:
            plug_in, mean, freedom, piece = cuda.joint.information(
                first.address, code_sizes, second.address, label_sizes, first.shape[1], expected=expected, stream=0
            )
        tell_pieces(len(code_sizes), piece, "mutual information")
        return plug_in, mean, freedom
