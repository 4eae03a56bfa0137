"""A small PNG encoder: images of up to 256 colours, as `data:` URIs."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["encode_png", "encode_rgb", "png_uri"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LEVEL = 9


def encode_png(pixels: npt.NDArray[np.uint8], palette: npt.NDArray[np.uint8]) -> bytes:
    """A PNG of numbers of colours.

    Args:
        pixels: [H, W], places in the palette.
        palette: [n, 4], n <= 256: red, green, blue and opacity.
    """
    parts = [_header(pixels.shape, colour=3), _chunk(b"PLTE", palette[:, :3].tobytes())]
    if (palette[:, 3] < 255).any():
        parts.append(_chunk(b"tRNS", palette[:, 3].tobytes()))
    return b"".join([_SIGNATURE, *parts, _data(pixels[:, :, None]), _chunk(b"IEND", b"")])


def encode_rgb(pixels: npt.NDArray[np.uint8]) -> bytes:
    """A PNG of true colours, [H, W, 3]."""
    return b"".join([_SIGNATURE, _header(pixels.shape, colour=2), _data(pixels), _chunk(b"IEND", b"")])


def png_uri(png: bytes) -> str:
    """A PNG inside of a page."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _header(shape: tuple[int, ...], colour: int) -> bytes:
    return _chunk(b"IHDR", struct.pack(">IIBBBBB", shape[1], shape[0], 8, colour, 0, 0, 0))


def _data(pixels: npt.NDArray[Any]) -> bytes:
    """Rows, each after its filter byte (0: none)."""
    height = pixels.shape[0]
    rows = np.zeros((height, pixels.shape[1] * pixels.shape[2] + 1), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    return _chunk(b"IDAT", zlib.compress(rows.tobytes(), _LEVEL))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
