"""Corpora of questions with right answers: published ones out of files, and one that a grammar makes."""
