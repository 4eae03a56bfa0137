"""SynSpeech, medium: 60 speakers, with speakers in styles that training has never heard.

60 speakers x 2 genders x 30 sentences of 6 words x 5 styles, 18,000 clips of 4 s at 16 kHz. A tenth of the 300 pairs of
speaker and style occurs in the test split alone: each speaker and each style is known from training, the pair is not.
"""

from synthkit.recipe import Categorical, HeldOut, Integers, Recipe

recipe = Recipe(
    name="synspeech_medium",
    description=__doc__,
    generator="speech",
    params={"texts": {"count": 30}, "words": 6, "audio": {"duration": 4.0}},
    factors=(
        Integers(name="speaker", low=0, high=59, kind="categorical"),
        Categorical(name="gender", values=("female", "male")),
        Integers(name="text", low=0, high=29, kind="categorical"),
        Categorical(name="style", values=("neutral", "slow", "fast", "excited", "whisper")),
    ),
    design=HeldOut(factors=("speaker", "style"), fraction=0.1),
    splits={"train": 0.9, "validation": 0.1, "test": "held_out"},
)
