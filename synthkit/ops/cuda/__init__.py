"""The kernels on NVIDIA GPUs: `synthkit._cuda`, loaded when a GPU is asked for."""

from __future__ import annotations
