"""CIFAR-10 as sequences of patches: which of ten things is it?

Images of 32 x 32 RGB pixels in 16 levels, as 64 patches of 4 x 4 pixels, 48 values each. The published test images are
the test split; training and validation share the published training images, 45,000 and 5,000. It needs the binary
version from https://www.cs.toronto.edu/~kriz/cifar.html: `--set params.path=FOLDER`. With `--set params.channels=gray
--set params.patch=1 --set params.levels=256` it is the task of the Long Range Arena: 1,024 grey pixels.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="cifar10_sequence",
    description=__doc__,
    notes=("CIFAR-10 states no licence; ask its authors before you publish images.",),
    generator="image_sequence",
    params={"source_kind": "cifar10", "channels": "rgb", "patch": 4, "levels": 16},
    design=Random(size=60_000),
    splits={"train": 45_000, "validation": 5_000, "test": 10_000},
    license="NOASSERTION",
    citation="Krizhevsky: Learning Multiple Layers of Features from Tiny Images. University of Toronto, 2009.",
)
