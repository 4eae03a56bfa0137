"""NumPy twins of the native kernels: written from the definitions, slow, and equal to the last bit."""

from __future__ import annotations
