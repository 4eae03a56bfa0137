"""Datasets in other forms: in another format, as manifests of another library, on a hub. Knows no generator."""

from __future__ import annotations

__all__: list[str] = []
