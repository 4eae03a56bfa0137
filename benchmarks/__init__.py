"""Benchmarks (``make bench``): answers are checked first; ratios are taken in the same run."""
