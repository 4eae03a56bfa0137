"""Benchmarks: each checks its answer, then times it against baselines in the same run."""
