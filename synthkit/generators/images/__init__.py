"""Images: where they come from, and how they become text."""

from __future__ import annotations

from synthkit.generators.images.base import ImageSource, content_hash
from synthkit.generators.images.sources import KINDS, open_source
from synthkit.generators.images.tokens import check_patch, image_texts, longest_text, quantise, to_gray

__all__ = [
    "KINDS",
    "ImageSource",
    "check_patch",
    "content_hash",
    "image_texts",
    "longest_text",
    "open_source",
    "quantise",
    "to_gray",
]
