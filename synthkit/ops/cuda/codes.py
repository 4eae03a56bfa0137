"""Codes and columns on their way to kernels of a GPU."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.ops.arrays import as_code_batch, code_place
from synthkit.ops.cuda.arrays import DeviceArray, View, is_device_array, to_device, view
from synthkit.ops.cuda.module import working

__all__ = ["Checked", "OnGpu", "arrived", "codes_on", "columns_on", "copied_to_host", "tell_pieces"]


class Checked:
    """Codes [B, N, D] in a GPU's memory, float64 in C order, all finite.

    Attributes:
        shape: (B, N, D).
        address: Of the first number.
        single: They were given as [N, D].
    """

    def __init__(self, owner: DeviceArray | View, shape: tuple[int, int, int], *, single: bool) -> None:
        self._owner = owner
        self.shape, self.address, self.single = shape, owner.address, single

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Address, B, N, D: as kernels take them."""
        return (self.address, *self.shape)


class OnGpu:
    """What runs kernels over codes on one GPU.

    Args:
        device: Its number.
    """

    def __init__(self, device: int) -> None:
        self.device = device

    def codes(self, codes: Any) -> Checked:
        """Codes, checked and on the GPU."""
        return codes_on(codes, self.device)


def codes_on(codes: Any, device: int) -> Checked:
    """Codes [N, D] or [B, N, D] on a GPU: copied there from the host, or where they are.

    Raises:
        InputError: Another shape or type, gaps between the numbers, or NaN or infinity.
    """
    if isinstance(codes, Checked):
        return codes
    if not is_device_array(codes):
        batch = as_code_batch(codes)
        return Checked(to_device(batch, device, 0), batch.shape, single=np.ndim(codes) == 2)
    found = arrived(codes, "codes", device)
    if found.format.name != "float64":
        raise InputError(f"codes: must be float64 on a GPU, not {found.format.name}; convert them there")
    if len(found.shape) not in (2, 3) or 0 in found.shape:
        raise InputError(f"codes: must be [N, D] or [B, N, D] and not empty, not {list(found.shape)}")
    models, rows, columns = found.shape if len(found.shape) == 3 else (1, *found.shape)
    shape = (models, rows, columns)
    with working("looking for NaN", device) as cuda:
        bad = cuda.memory.first_not_finite(found.address, found.size, stream=0)
    if bad >= 0:
        where = code_place(np.array(np.unravel_index(bad, shape)), len(found.shape) == 3)
        raise InputError(f"codes: not finite at {where}; only finite numbers can be scored")
    return Checked(found, shape, single=len(found.shape) == 2)


def copied_to_host(codes: Any) -> npt.NDArray[np.float64]:
    """Codes of a GPU, checked as `codes_on` checks them, as a NumPy array of their shape."""
    device = view(codes, "codes").device
    found = codes_on(codes, device)
    out = np.empty(found.shape)
    with working("copying from the GPU", device) as cuda:
        cuda.memory.download(out.reshape(-1), found.address, stream=0)
    return out[0] if found.single else out


def columns_on(columns: Any, name: str, device: int) -> View | DeviceArray:
    """Columns uint16 [M, N] on a GPU; those of the host must be checked before, a `View` was."""
    if isinstance(columns, View):
        return columns
    if not is_device_array(columns):
        return to_device(columns, device, 0)
    found = arrived(columns, name, device)
    if found.format.name != "uint16" or len(found.shape) != 2 or 0 in found.shape:
        raise InputError(f"{name}: must be uint16 [M, N] on a GPU, not {found.format.name} {list(found.shape)}")
    return found


def tell_pieces(models: int, piece: int, what: str) -> None:
    """Say that the GPU had not the memory for all at once."""
    if piece < models:
        warnings.warn(f"{what}: the GPU has not the memory for {models} at once; took {piece} at a time", stacklevel=4)


def arrived(values: Any, name: str, device: int) -> View:
    """Another library's array, dense and on that GPU; the default stream, on which kernels run, waits for its writer.

    Raises:
        InputError: It has gaps, or is elsewhere.
    """
    found = view(values, name)
    if found.size and found.device != device:
        raise InputError(f"{name}: are on cuda:{found.device}, and device is cuda:{device}")
    if not found.contiguous:
        raise InputError(f"{name}: must lie in C order without gaps; make them contiguous first")
    with working(f"waiting for {name}", device) as cuda:
        cuda.memory.order(found.stream, 0, device=device)
    return found
