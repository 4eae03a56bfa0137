"""SynTone with fourteen factors: envelope, vibrato, tremolo, brightness, noise and phase vary too.

100,000 one-second clips at 16 kHz; all factors are drawn apart from one another, frequencies evenly in octaves. The
highest instantaneous frequency (2,600 Hz and 50 cents of vibrato) keeps its third harmonic below Nyquist.
"""

from synthkit.recipe import Categorical, LogUniform, Random, Recipe, Uniform

recipe = Recipe(
    name="syntone_plus",
    description=__doc__,
    generator="tone",
    params={"sample_rate": 16000, "duration": 1.0, "antialias": "additive", "sample_format": "pcm16"},
    factors=(
        Categorical(name="waveform", values=("sine", "triangle", "sawtooth", "square")),
        LogUniform(name="frequency", low=110.0, high=2590.0),
        Uniform(name="amplitude", low=0.05, high=0.45),
        Uniform(name="phase", low=0.0, high=6.283185307179586),
        Uniform(name="rolloff", low=0.0, high=12.0),
        Uniform(name="attack", low=0.0, high=0.3),
        Uniform(name="decay", low=0.0, high=0.3),
        Uniform(name="sustain", low=0.3, high=1.0),
        Uniform(name="release", low=0.0, high=0.3),
        Uniform(name="vibrato_rate", low=3.0, high=9.0),
        Uniform(name="vibrato_depth", low=0.0, high=50.0),
        Uniform(name="tremolo_rate", low=1.0, high=12.0),
        Uniform(name="tremolo_depth", low=0.0, high=0.8),
        Uniform(name="snr", low=20.0, high=60.0),
    ),
    design=Random(size=100_000),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
)
