"""Benchmarks of the kernels on an NVIDIA GPU: ``python -m benchmarks.gpu``, apart from ``python -m benchmarks``."""
