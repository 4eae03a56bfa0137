"""Spoken digits in the manner of AudioMNIST: 60 speakers say each digit 50 times.

60 speakers (every second one female), the digits zero to nine, 50 takes with small changes of tempo and pitch: 30,000
clips of 1 s at 16 kHz, made by espeak-ng. The factor `text` is the digit. Becker et al. 2018 recorded 60 people; these
voices are synthetic, so that each is known to the last number and nobody's data is in it.
"""

from synthkit.recipe import Integers, Recipe

recipe = Recipe(
    name="digits_speech",
    description=__doc__,
    generator="speech",
    params={"texts": {"source": "digits"}, "audio": {"duration": 1.0}},
    factors=(
        Integers(name="speaker", low=0, high=59, kind="categorical"),
        Integers(name="text", low=0, high=9, kind="categorical", description="The digit that is said"),
        Integers(name="take", low=0, high=49, kind="categorical"),
    ),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
