"""Saliency: which words of a text a teacher's answer rests on, and how faithful that is."""
