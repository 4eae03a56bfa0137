"""SynSpeech with neural voices: the 109 speakers of VCTK, by a VITS model of coqui-tts.

109 speakers x 20 sentences of 6 words x 3 tempos, 6,540 clips of 3.5 s at 16 kHz. The model is downloaded once, 150 MB
(`pip install 'synthkit[speech]'`); another one by `--set params.options.model=...`, or one of your own by
`--set params.options.model_path=... --set params.options.config_path=...`. The same data comes with the same model and
versions, on the same kind of machine: the manifest names them.
"""

from synthkit.recipe import Categorical, Integers, Recipe

recipe = Recipe(
    name="synspeech_neural",
    description=__doc__,
    generator="speech",
    params={
        "engine": "coqui-tts",
        "options": {"model": "tts_models/en/vctk/vits"},
        "texts": {"count": 20},
        "words": 6,
        "audio": {"duration": 3.5},
    },
    factors=(
        Integers(name="speaker", low=0, high=108, kind="categorical"),
        Integers(name="text", low=0, high=19, kind="categorical"),
        Categorical(name="style", values=("neutral", "slow", "fast")),
    ),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
