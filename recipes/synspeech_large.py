"""SynSpeech, large: 249 speakers, with speakers saying texts that training has not heard from them.

249 speakers x 2 genders x 74 sentences of 7 words x 5 styles, 184,260 clips of 4.5 s at 16 kHz. A tenth of the 18,426
pairs of speaker and text occurs in the test split alone: speaker and text are known from training, the pair is not.
"""

from synthkit.recipe import Categorical, HeldOut, Integers, Recipe

recipe = Recipe(
    name="synspeech_large",
    description=__doc__,
    generator="speech",
    params={"texts": {"count": 74}, "words": 7, "vocabulary": "large", "audio": {"duration": 4.5}},
    factors=(
        Integers(name="speaker", low=0, high=248, kind="categorical"),
        Categorical(name="gender", values=("female", "male")),
        Integers(name="text", low=0, high=73, kind="categorical"),
        Categorical(name="style", values=("neutral", "slow", "fast", "excited", "whisper")),
    ),
    design=HeldOut(factors=("speaker", "text"), fraction=0.1),
    splits={"train": 0.9, "validation": 0.1, "test": "held_out"},
)
