"""Tones: waveform, frequency, amplitude and their modulation, by `synthkit.ops.tone`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from synthkit.generators.base import FactorSpec
from synthkit.generators.resolve import extreme_field
from synthkit.ops import tone
from synthkit.ops.cuda.module import is_cuda
from synthkit.recipe import Recipe
from synthkit.recipe.base import Record
from synthkit.recipe.samples import whole_samples
from synthkit.records import AudioLayout, Rows
from synthkit.seeds import derive_key, split_word

__all__ = ["Tone", "ToneParams"]

_MAX_SAMPLES = 2**28
_EXTREME_FACTORS = ("attack", "decay", "release")


class ToneParams(Record):
    """Settings of a tone dataset. The second part holds the value of each factor that the recipe does not vary.

    Attributes:
        sample_rate: Samples per second, Hz.
        duration: Length of a clip, s; a whole number of samples.
        antialias: ``none`` (naive, aliased), ``polyblep`` or ``additive`` (exact partial sums below Nyquist).
        sample_format: ``pcm16`` or ``float32``.
        time_axis: ``samples``: sample n is at n / sample_rate. ``endpoint``: as ``linspace(0, duration, num_samples)``,
            which squeezes one more interval into the clip and so raises every pitch by 1 / (num_samples - 1).
        allow_above_nyquist: Let naive waves through whose frequency is at or above Nyquist.
    """

    sample_rate: int = Field(default=16000, ge=1, le=10_000_000)
    duration: float = Field(default=1.0, gt=0)
    antialias: Literal["none", "polyblep", "additive"] = "additive"
    sample_format: Literal["pcm16", "float32"] = "pcm16"
    time_axis: Literal["samples", "endpoint"] = "samples"
    allow_above_nyquist: bool = False

    waveform: Literal["sine", "square", "sawtooth", "triangle"] = "sine"
    frequency: float = Field(default=440.0, gt=0)
    amplitude: float = Field(default=0.5, ge=0, le=1)
    phase: float = 0.0
    duty: float = Field(default=0.5, gt=0, lt=1)
    rolloff: float = Field(default=0.0, ge=0)
    attack: float = Field(default=0.0, ge=0)
    decay: float = Field(default=0.0, ge=0)
    sustain: float = Field(default=1.0, ge=0, le=1)
    release: float = Field(default=0.0, ge=0)
    vibrato_rate: float = Field(default=0.0, ge=0)
    vibrato_depth: float = Field(default=0.0, ge=0)
    tremolo_rate: float = Field(default=0.0, ge=0)
    tremolo_depth: float = Field(default=0.0, ge=0, le=1)
    snr: float | None = None

    @model_validator(mode="after")
    def _whole_samples(self) -> Self:
        count = whole_samples(self.duration, self.sample_rate)
        if count is None:
            raise ValueError(f"duration: {self.duration:g} s at {self.sample_rate} Hz is no whole number of samples")
        if count > _MAX_SAMPLES:
            raise ValueError(f"duration: {count:.3g} samples in a clip; at most {_MAX_SAMPLES}")
        if self.time_axis == "endpoint" and count < 2:
            raise ValueError("duration: the endpoint time axis needs two samples")
        return self


class Tone:
    """The generator ``tone``; see `synthkit.ops.tone.render` for what each factor does."""

    name: ClassVar[str] = "tone"
    content: ClassVar[Literal["audio"]] = "audio"
    Params: ClassVar[type[Record]] = ToneParams
    backends: ClassVar[tuple[str, ...]] = tuple(tone.BACKENDS)
    factors: ClassVar[Mapping[str, FactorSpec]] = {
        "waveform": FactorSpec("", "Shape of the wave (timbre)", names=tone.WAVEFORMS),
        "frequency": FactorSpec("Hz", "Fundamental frequency", low=0, low_open=True),
        "amplitude": FactorSpec("1", "Peak of the ideal wave, full scale is 1", low=0, high=1),
        "phase": FactorSpec("rad", "Phase at the first sample"),
        "duty": FactorSpec("1", "Share of a square wave's period that is high", 0, 1, low_open=True, high_open=True),
        "rolloff": FactorSpec("dB/octave", "Extra fall of the harmonics (more is darker)", low=0),
        "attack": FactorSpec("s", "Time from silence to full level", low=0),
        "decay": FactorSpec("s", "Time from full level to sustain", low=0),
        "sustain": FactorSpec("1", "Level held until the release", low=0, high=1),
        "release": FactorSpec("s", "Time from sustain to silence, at the clip's end", low=0),
        "vibrato_rate": FactorSpec("Hz", "Rate of the frequency modulation", low=0),
        "vibrato_depth": FactorSpec("cent", "Peak deviation of the frequency", low=0),
        "tremolo_rate": FactorSpec("Hz", "Rate of the amplitude modulation", low=0),
        "tremolo_depth": FactorSpec("1", "Depth of the amplitude modulation", low=0, high=1),
        "snr": FactorSpec("dB", "Power of the steady tone over that of the white noise"),
    }

    def __init__(self, recipe: Recipe, params: ToneParams, backend: str = "cpu") -> None:
        self._recipe = recipe
        self._params = params
        self._backend = backend
        self._noise_key = derive_key(recipe.seed, recipe.name, "noise")
        self._noisy = params.snr is not None or any(f.name == "snr" for f in recipe.factors)

    @classmethod
    def bind(cls, recipe: Recipe, params: Any) -> Self:
        return cls(recipe, params)

    def on(self, backend: str) -> Tone:
        return Tone(self._recipe, self._params, backend)

    @property
    def layout(self) -> AudioLayout:
        p = self._params
        return AudioLayout(round(p.duration * p.sample_rate), p.sample_rate, p.sample_format)

    @property
    def _time_rate(self) -> float:
        """Steps of the time axis per second."""
        p = self._params
        return float(p.sample_rate) if p.time_axis == "samples" else (self.layout.num_samples - 1) / p.duration

    def render(self, rows: Rows, out: npt.NDArray[Any]) -> None:
        p, get = self._params, self._getter(rows)
        noise = None
        if self._noisy:
            noise = tone.Noise(get("snr"), self._noise_key, rows.index, split_word(rows.split))
        tone.render(
            get("waveform"),
            get("frequency"),
            get("amplitude"),
            phase=get("phase"),
            sample_rate=self._time_rate,
            num_samples=self.layout.num_samples,
            antialias=p.antialias,
            duty=get("duty"),
            rolloff=get("rolloff") if self._uses("rolloff") else None,
            envelope=tone.Envelope(get("attack"), get("decay"), get("sustain"), get("release")),
            vibrato=tone.Vibrato(get("vibrato_rate"), get("vibrato_depth")),
            tremolo=tone.Tremolo(get("tremolo_rate"), get("tremolo_depth")),
            noise=noise,
            dtype="int16" if p.sample_format == "pcm16" else "float32",
            threads=1,
            out=out,
            device=self._backend,
            # The recipe's loudest tone was seen to fit; a GPU would have to be waited for to see it again.
            check_peaks=not is_cuda(self._backend),
            allow_above_nyquist=p.allow_above_nyquist,
        )

    def _getter(self, rows: Rows) -> Any:
        def get(name: str) -> Any:
            if name not in rows.values:
                value = getattr(self._params, name)
                return np.full(len(rows), value) if name == "frequency" else value
            if name == "waveform":
                return [str(v) for v in rows.values[name]]
            return rows.values[name]

        return get

    def _uses(self, name: str) -> bool:
        return bool(self._range(name)[1])

    def _range(self, name: str) -> tuple[float, float]:
        """Smallest and largest value of a number over the whole dataset."""
        for factor in self._recipe.factors:
            if factor.name == name:
                return factor.extremes or (0.0, 0.0)
        value = getattr(self._params, name)
        return (np.inf, np.inf) if value is None else (float(value), float(value))

    def _place(self, name: str, *, largest: bool) -> str:
        for factor in self._recipe.factors:
            if factor.name == name:
                return extreme_field(factor, largest=largest)
        return f"params.{name}"

    def problems(self) -> list[str]:
        found = [*self._nyquist_problems(), *self._rolloff_problems(), *self._envelope_problems()]
        return found or self._clipping_problems()

    def _nyquist_problems(self) -> list[str]:
        if self._params.allow_above_nyquist:
            if self._params.antialias == "none":
                return []
            return [f"params.antialias: must be 'none' with allow_above_nyquist, not {self._params.antialias!r}"]
        nyquist = self._time_rate / 2
        high = self._range("frequency")[1]
        bend = 1.0
        if self._range("vibrato_rate")[1] > 0:
            bend = 2.0 ** (self._range("vibrato_depth")[1] / 1200)
        if high * bend < nyquist:
            return []
        vibrato = f" (with vibrato {high * bend:g} Hz)" if bend > 1 else ""
        return [
            f"{self._place('frequency', largest=True)}: {high:g} Hz{vibrato} is at or above the Nyquist frequency, "
            f"{nyquist:g} Hz; lower it or raise params.sample_rate ({self._params.sample_rate} Hz)"
        ]

    def _rolloff_problems(self) -> list[str]:
        if self._uses("rolloff") and self._params.antialias != "additive":
            return [f"params.antialias: rolloff needs 'additive', not {self._params.antialias!r}"]
        return []

    def _envelope_problems(self) -> list[str]:
        longest = sum(self._range(name)[1] for name in _EXTREME_FACTORS)
        if longest <= self._params.duration:
            return []
        parts = ", ".join(f"{self._place(n, largest=True)} = {self._range(n)[1]:g}" for n in _EXTREME_FACTORS)
        return [
            f"params.duration: attack + decay + release reach {longest:g} s in {self._params.duration:g} s ({parts})"
        ]

    def _clipping_problems(self) -> list[str]:
        """The loudest sample that the recipe can make must fit into PCM16; it is never clipped silently."""
        if self._params.sample_format == "float32":
            return []
        loudest, worst = 0.0, ""
        for waveform in self._waveforms():
            for duty in self._range("duty"):
                bound = tone.peak_bound(
                    waveform, antialias=self._params.antialias, duty=duty, snr=self._range("snr")[0]
                )
                if bound > loudest:
                    loudest, worst = float(bound), waveform
        amplitude = self._range("amplitude")[1]
        if amplitude * loudest <= 1:
            return []
        return [
            f"{self._place('amplitude', largest=True)}: a {worst} of amplitude {amplitude:g} may reach "
            f"{amplitude * loudest:.4g} of full scale and would clip; at most {1 / loudest:.4g} is safe "
            "(or params.sample_format = 'float32')"
        ]

    def _waveforms(self) -> tuple[str, ...]:
        for factor in self._recipe.factors:
            if factor.name == "waveform":
                return tuple(getattr(factor, "values", ()))
        return (self._params.waveform,)
