"""Images as text: shades of grey, fewer levels, patches in order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthkit.ops.text import join_integers
from synthkit.records import Strings

__all__ = ["check_patch", "image_texts", "longest_text", "quantise", "to_gray"]

Images = npt.NDArray[np.uint8]

# The weights of ITU-R BT.601 (0.299, 0.587, 0.114) times 2^16, rounded; they add up to 2^16.
_RED, _GREEN, _BLUE = 19595, 38470, 7471
_HALF = 0x8000


def to_gray(images: Images) -> Images:
    """Luma after ITU-R BT.601 in whole numbers, as Pillow has it: (19595 R + 38470 G + 7471 B + 2^15) >> 16.

    Args:
        images: uint8 [..., 3].

    Returns:
        uint8 [..., 1]. A colour with R = G = B = v becomes v.
    """
    red, green, blue = (images[..., k].astype(np.uint32) for k in range(3))
    gray = (_RED * red + _GREEN * green + _BLUE * blue + _HALF) >> 16
    return gray.astype(np.uint8)[..., None]


def quantise(images: Images, levels: int, maximum: int = 255) -> Images:
    """Values 0 to ``maximum`` as levels 0 to ``levels`` - 1: floor(v levels / (maximum + 1)).

    Each level stands for as nearly as possible the same number of values; with levels = maximum + 1 nothing changes.
    """
    if levels == maximum + 1:
        return images
    table = (np.arange(maximum + 1) * levels // (maximum + 1)).astype(np.uint8)
    quantised: Images = table[images]
    return quantised


def image_texts(images: Images, patch: int) -> Strings:
    """Each image as text: its patches row by row with spaces between them, a patch's values with commas.

    Args:
        images: uint8 [n, height, width, channels].
        patch: Side of a square patch, pixels; divides height and width.

    Returns:
        n texts. A patch is written row by row, the channels of a pixel side by side: with patch 1 and one channel, the
        values of all pixels with spaces between them.
    """
    n, height, width, channels = images.shape
    rows, columns = height // patch, width // patch
    patches = images.reshape(n, rows, patch, columns, patch, channels).transpose(0, 1, 3, 2, 4, 5)
    group = patch * patch * channels
    return Strings(*join_integers(patches.reshape(n, rows * columns * group), group, threads=1))


def longest_text(height: int, width: int, channels: int, levels: int) -> int:
    """Bytes of the longest text that an image can have."""
    return height * width * channels * (len(str(levels - 1)) + 1) - 1


def check_patch(patch: int, height: int, width: int) -> list[str]:
    """A patch must divide both sides."""
    if height % patch == 0 and width % patch == 0:
        return []
    return [f"params.patch: must divide both sides of the images ({height} x {width} pixels), not {patch}"]
