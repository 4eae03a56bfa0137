"""A grammar of premises and hypotheses whose label, evidence and reasoning are known."""

from synthkit.generators.inference.base import LABELS, PHENOMENA, Inference
from synthkit.generators.inference.grammar import DRAWN_WORDS, draw_inference

__all__ = ["DRAWN_WORDS", "LABELS", "PHENOMENA", "Inference", "draw_inference"]
