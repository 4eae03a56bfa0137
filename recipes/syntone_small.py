"""A few hundred tones for tests and tutorials.

Four waveforms x 5 amplitudes x 25 frequencies = 500 half-second clips at 16 kHz, otherwise as `syntone`.
"""

from synthkit.recipe import Categorical, Grid, Linspace, Recipe

recipe = Recipe(
    name="syntone_small",
    description=__doc__,
    generator="tone",
    params={"sample_rate": 16000, "duration": 0.5, "antialias": "additive", "sample_format": "pcm16"},
    factors=(
        Categorical(name="waveform", values=("sine", "triangle", "sawtooth", "square")),
        Linspace(name="amplitude", start=0.15, stop=0.75, num=5),
        Linspace(name="frequency", start=200.0, stop=2600.0, num=25),
    ),
    design=Grid(),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
