"""Bytes on disk: writers, readers, hashes, manifest and card. Knows records, and no generator."""

from __future__ import annotations

__all__: list[str] = []
