"""Augmentations of clips in batches; each says which factors it may change."""

from __future__ import annotations

from synthkit.augment.base import Augmentation
from synthkit.augment.registry import AUGMENTATIONS, check_keeps, read_augmentations

__all__ = ["AUGMENTATIONS", "Augmentation", "check_keeps", "read_augmentations"]
