"""Explanations of right answers: kinds, checks, and what is measured of them."""
