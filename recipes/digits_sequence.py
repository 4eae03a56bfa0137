"""Handwritten digits as sequences: 1,797 real images of 8 x 8 pixels, no download needed.

Each of the 64 pixels is one number from 0 (paper) to 16 (ink), row by row; the answer is the digit. The images come
with the package: the test part of "Optical Recognition of Handwritten Digits" as scikit-learn has it (CC BY 4.0), split
80 / 10 / 10. Where a split is to hold other writers than training, use a source with published parts: these images do
not say who wrote them.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="digits_sequence",
    description=__doc__,
    notes=("The same people wrote digits of all three splits.",),
    generator="image_sequence",
    params={
        "source_kind": "digits",
        "sha256": "1722716dede62082896743bb0e83b22d3915f6d3355f56fffe574b4c07c8ff93",
    },
    design=Random(size=1797),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
    license="CC-BY-4.0",
    citation="Alpaydin, Kaynak: Optical Recognition of Handwritten Digits. UCI Machine Learning Repository, 1998. "
    "https://doi.org/10.24432/C50P49",
)
