"""Asking language models: logged before use, kept to a budget, replayed without a network."""
