"""SynTone exactly as the released script computes it, for reproduction only.

Four waveforms x 20 amplitudes (0.1 to 1.0) x 400 frequencies (440 to 8,000 Hz) = 32,000 one-second clips at 16 kHz in
the script's own order (frequency slowest, then amplitude, then waveform), in one split, as 32-bit floats. For new work
use `syntone`.

Known defects of the released data, kept here on purpose:

1. The time axis is linspace(0, 1, 16000) with its end point, so that every pitch is high by 16000 / 15999.
2. Square, sawtooth and triangle are naive: their harmonics above Nyquist fold back (24 % of a sawtooth's energy is off
   the harmonic grid at 3 kHz).
3. The highest frequency, 8,000 Hz, is above the Nyquist frequency of that axis (7,999.5 Hz): its tones are aliases.
4. Above 2.7 kHz the third harmonic is above Nyquist, so that a square or triangle there differs from a sine by
   aliases alone.
5. There is no seed, no split and no check in the script.
"""

from synthkit.recipe import Categorical, Grid, Linspace, Recipe

recipe = Recipe(
    name="syntone_paper",
    description=__doc__,
    notes=(
        "Every pitch is high by 16000 / 15999: the time axis includes its end point.",
        "Square, sawtooth and triangle are naive and alias.",
        "The tones at 8,000 Hz are above Nyquist (7,999.5 Hz) and alias.",
        "Above 2.7 kHz square and triangle have no true third harmonic.",
        "For reproduction only; `syntone` has none of these defects.",
    ),
    generator="tone",
    params={
        "sample_rate": 16000,
        "duration": 1.0,
        "antialias": "none",
        "sample_format": "float32",
        "time_axis": "endpoint",
        "allow_above_nyquist": True,
    },
    factors=(
        Linspace(name="frequency", start=440.0, stop=8000.0, num=400),
        Linspace(name="amplitude", start=0.1, stop=1.0, num=20),
        Categorical(name="waveform", values=("sine", "triangle", "sawtooth", "square")),
    ),
    design=Grid(shuffle=False),
    splits={"train": 1.0},
    citation="Brima, Krumnack, Pika, Heidemann: Learning Disentangled Audio Representations through Controlled "
    "Synthesis. ICLR 2024 Tiny Papers.",
)
