"""Shapes of known size, place, turn and colour as sequences of patches: which shape is it?

Four shapes x 4 colours x 6 sizes x 11 x 11 places x 9 turns = 104,544 images of 16 x 16 RGB pixels on black, in 8
levels, as 64 patches of 2 x 2 pixels (12 values each): 1,535 bytes of text. Turns end before a square comes onto itself
(90 degrees); all images differ.
"""

from synthkit.recipe import Categorical, Grid, Linspace, Recipe

recipe = Recipe(
    name="shapes_sequence",
    description=__doc__,
    generator="shapes",
    params={"canvas": 16, "channels": "rgb", "levels": 8, "patch": 2, "target": "shape"},
    factors=(
        Categorical(name="shape", values=("square", "ellipse", "triangle", "heart")),
        Categorical(name="color", values=("red", "green", "blue", "yellow")),
        Linspace(name="size", start=6.0, stop=11.0, num=6),
        Linspace(name="x", start=5.5, stop=10.5, num=11),
        Linspace(name="y", start=5.5, stop=10.5, num=11),
        Linspace(name="rotation", start=0.0, stop=80.0, num=9),
    ),
    design=Grid(),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
