"""SynTone: tones of known waveform, amplitude and frequency, band-limited.

Four waveforms x 20 amplitudes x 400 frequencies = 32,000 one-second clips at 16 kHz: the grid of the SynTone paper
(Brima, Krumnack, Pika and Heidemann, ICLR 2024 Tiny Papers) with its defects mended. Waves are exact partial sums of
all harmonics below Nyquist, sample n is at n / 16000 s, no class is silent, and every waveform can be told from the
others at every frequency: the third harmonic of the highest tone, 7,782 Hz, still is below Nyquist (8,000 Hz). The
loudest sample stays below full scale (a band-limited square of amplitude 0.75 peaks at up to 0.955).
"""

from synthkit.recipe import Categorical, Grid, Linspace, Recipe

recipe = Recipe(
    name="syntone",
    description=__doc__,
    generator="tone",
    params={"sample_rate": 16000, "duration": 1.0, "antialias": "additive", "sample_format": "pcm16"},
    factors=(
        Categorical(name="waveform", values=("sine", "triangle", "sawtooth", "square")),
        Linspace(name="amplitude", start=0.0375, stop=0.75, num=20),
        Linspace(name="frequency", start=200.0, stop=2594.0, num=400),
    ),
    design=Grid(),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
    citation="Brima, Krumnack, Pika, Heidemann: Learning Disentangled Audio Representations through Controlled "
    "Synthesis. ICLR 2024 Tiny Papers.",
)
