"""SynSpeech, small: speech whose speaker, gender, text and style vary independently.

Every combination of 20 speakers, 2 genders, 10 sentences of 5 words and 4 styles: 1,600 clips of 2.5 s at 16 kHz, made
by espeak-ng. A speaker is a vector of known values (pitch, pitch range, vocal tract length, voicing, breath, roughness,
tilt) relative to the ranges of the gender; they stand beside each clip, with the phonemes and their times.
"""

from synthkit.recipe import Categorical, Integers, Recipe

recipe = Recipe(
    name="synspeech_small",
    description=__doc__,
    generator="speech",
    params={"texts": {"count": 10}, "words": 5, "audio": {"duration": 2.5}},
    factors=(
        Integers(name="speaker", low=0, high=19, kind="categorical"),
        Categorical(name="gender", values=("female", "male")),
        Integers(name="text", low=0, high=9, kind="categorical"),
        Categorical(name="style", values=("neutral", "fast", "excited", "whisper")),
    ),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
