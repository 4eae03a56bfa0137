"""Experiments with language models: what is trained on which texts, how it is scored, and sweeps over settings."""
