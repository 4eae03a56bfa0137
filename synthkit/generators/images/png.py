"""PNG images of 8-bit grey or RGB, and nothing that would have to be changed to become that.

Pillow reads more than can be told from its result (it drops the lower byte of 16-bit colours without a word), so the
file's own head is looked at first.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np

from synthkit.errors import InputError
from synthkit.generators.images.base import MAX_SIDE, Images, ImageShape

__all__ = ["PngHead", "decode", "read_head"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD_BYTES = 33
_CHANNELS = {0: 1, 2: 3}
_KINDS = {0: "grey", 2: "RGB", 3: "a palette", 4: "grey with alpha", 6: "RGB with alpha"}


@dataclass(frozen=True, slots=True)
class PngHead:
    """What a PNG file's first 33 bytes say."""

    height: int
    width: int
    channels: int

    @property
    def shape(self) -> ImageShape:
        return ImageShape(self.height, self.width, self.channels)

    def __str__(self) -> str:
        return f"{self.height} x {self.width} {_KINDS[0 if self.channels == 1 else 2]}"


def read_head(start: bytes, name: str) -> PngHead:
    """The head of a PNG image.

    Args:
        start: The image, or its first 33 bytes.
        name: What to call it in errors.

    Raises:
        InputError: No PNG, or none of 8-bit grey or RGB.
    """
    if start[:8] != _SIGNATURE:
        raise InputError(f"{name}: is no PNG image (byte 0); others are refused, as decoders of them differ")
    if len(start) < _HEAD_BYTES or start[12:16] != b"IHDR":
        raise InputError(f"{name}: truncated: ends at byte {len(start)}, within its head of {_HEAD_BYTES} bytes")
    width, height, depth, kind = struct.unpack(">IIBB", start[16:26])
    if kind not in _CHANNELS or depth != 8:
        found = _KINDS.get(kind, f"colour type {kind}")
        raise InputError(f"{name}: has {found} of {depth} bits; must be grey or RGB of 8 bits")
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise InputError(f"{name}: is {height} x {width} pixels; at most {MAX_SIDE} x {MAX_SIDE}")
    return PngHead(height, width, _CHANNELS[kind])


def decode(content: bytes, name: str, shape: ImageShape) -> Images:
    """The pixels, uint8 [height, width, channels].

    Raises:
        InputError: Damaged, of another shape, or Pillow is not installed.
    """
    head = read_head(content, name)
    if head.shape != shape:
        raise InputError(f"{name}: is {head}; the first image is {PngHead(shape.height, shape.width, shape.channels)}")
    try:
        from PIL import Image
    except ImportError:
        raise InputError("reading PNG images needs Pillow: pip install 'synthkit[images]'") from None
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            image.load()
            if "transparency" in image.info:
                raise InputError(f"{name}: has a transparent colour; must be grey or RGB of 8 bits")
            pixels = np.array(image, np.uint8)
    except InputError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:  # Pillow's many ways to say "damaged"
        raise InputError(f"{name}: damaged: {error}") from None
    return pixels.reshape(shape.height, shape.width, shape.channels)
