"""Protein families: which of twenty hidden profiles is a sequence descended from?

Each fold is a profile of 60 to 120 residues that no example shows. A member keeps a residue of it with probability
`identity`, or has it replaced as BLOSUM62 has it; stretches are inserted and deleted. From 0.3, the twilight zone in
which homology can hardly be seen, to 0.9.
"""

from synthkit.recipe import Integers, LatinHypercube, Recipe, Uniform

recipe = Recipe(
    name="protein_families",
    description=__doc__,
    notes=(
        "Profiles differ in length, as real folds do: the number of residues alone gives away 29 % of the test folds. "
        "With profile_min = profile_max it gives away no more than a constant guess.",
        "Members are aligned with the beginning of their profile: the first residue alone gives away 34 %.",
    ),
    generator="protein_families",
    params={"folds": 20, "profile_min": 60, "profile_max": 120},
    factors=(
        Integers(name="fold", low=0, high=19, kind="categorical"),
        Uniform(name="identity", low=0.3, high=0.9),
    ),
    design=LatinHypercube(size=20_000),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
    citation="Henikoff, Henikoff: Amino acid substitution matrices from protein blocks. PNAS 1992.",
)
