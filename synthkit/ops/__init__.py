"""Public functions over the native kernels, and their NumPy twins in `synthkit.ops.reference`."""

from __future__ import annotations
