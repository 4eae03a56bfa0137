"""RAVE, written from its paper: Caillon and Esling 2021, arXiv 2111.05011."""

from __future__ import annotations

from synthkit.models.rave.rave import Rave, RaveConfig

__all__ = ["Rave", "RaveConfig"]
