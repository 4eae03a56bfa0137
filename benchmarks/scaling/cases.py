"""Which recipes are measured, and of how many examples: few, which warm everything up, and many."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CASES", "Case"]


@dataclass(frozen=True)
class Case:
    """One recipe.

    Attributes:
        recipe: Its name.
        what: What makes its examples.
        few: Examples of the shorter run.
        many: Examples of the longer one; what it takes longer is the cost.
        engine: Whether an engine that is not ours makes them.
    """

    recipe: str
    what: str
    few: int
    many: int
    engine: bool = False


CASES = (
    Case("syntone", "tones, band-limited", 1000, 9000),
    Case("syntone_plus", "tones, fourteen factors", 1000, 9000),
    Case("syntone_paper", "tones, naive, float32", 1000, 5000),
    Case("synspeech_small", "speech of 2.5 s, espeak-ng", 40, 240, engine=True),
    Case("digits_speech", "digits of 1 s, espeak-ng", 200, 1400, engine=True),
    Case("listops_lra", "ListOps, about 1,000 tokens", 2000, 14000),
    Case("listops_spinn", "ListOps, the published lengths", 2000, 14000),
    Case("listops_explained", "ListOps with explanations", 2000, 14000),
    Case("tictactoe", "Tic-Tac-Toe positions", 1000, 5000),
    Case("bit_memory", "bit memory", 500, 3500),
    Case("brackets", "brackets", 2000, 14000),
    Case("sentences", "sentences of a grammar", 2000, 14000),
    Case("shapes_sequence", "shapes as sequences", 2000, 14000),
    Case("digits_sequence", "digits as sequences", 400, 1700),
    Case("protein_families", "protein families", 2000, 12000),
    Case("nli_grammar", "inferences of a grammar", 2000, 12000),
)
