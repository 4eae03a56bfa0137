"""Checks that the factors of a dataset are in its audio, and where they are not, which."""

from __future__ import annotations

from synthkit.audit.audit import Audit, audit_dataset, audit_shards
from synthkit.audit.card import card_section
from synthkit.audit.features import NORMALIZATIONS, FeatureOptions

__all__ = ["NORMALIZATIONS", "Audit", "FeatureOptions", "audit_dataset", "audit_shards", "card_section"]
