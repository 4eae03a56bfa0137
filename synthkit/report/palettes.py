"""Palettes of 256 colours for images."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["SHADES", "SOUND"]

Palette = npt.NDArray[np.uint8]

# Matplotlib's magma at nine places (CC0): even steps for the eye, also in grey and for the colour-blind.
_MAGMA = ("000004", "1c1044", "4f127b", "812581", "b5367a", "e55964", "fb8761", "fec287", "fcfdbf")
_BLUE = (43, 124, 211)  # stands out from white and from near-black alike


def _between(colours: tuple[str, ...]) -> Palette:
    anchors = np.array([[int(colour[i : i + 2], 16) for i in (0, 2, 4)] for colour in colours], np.float64)
    places = np.linspace(0, len(colours) - 1, 256)
    mixed = [np.interp(places, np.arange(len(colours)), anchors[:, channel]) for channel in range(3)]
    return np.stack([*mixed, np.full(256, 255.0)], axis=1).round().astype(np.uint8)


def _opacities() -> Palette:
    found = np.empty((256, 4), np.uint8)
    found[:, :3] = _BLUE
    found[:, 3] = np.linspace(0, 255, 256).round()
    return found


SOUND = _between(_MAGMA)
# One blue from clear to full: the page shines through, so that it serves on light and on dark pages.
SHADES = _opacities()
