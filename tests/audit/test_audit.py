"""The factor audit: what is there is found, what is not is missed loudly."""

import json

import numpy as np
import pytest

from synthkit.audit import FeatureOptions, audit_dataset, card_section
from synthkit.audit.dependence import dependences
from synthkit.audit.features import NORMALIZATIONS, MelFeatures, mel_filters
from synthkit.audit.levels import clip_levels, distances
from synthkit.audit.probe import _binomial_tail, probe_labels, probe_values
from synthkit.errors import InputError
from synthkit.recipe.load import load_recipe
from synthkit.records import FactorInfo
from synthkit.run import build


@pytest.fixture(scope="module")
def tones(tmp_path_factory):
    root = tmp_path_factory.mktemp("tones") / "d"
    build(load_recipe("syntone", ["design.kind=random", "design.size=700", "params.duration=0.25"]), root)
    return root


def by_name(audit):
    return {probe.factor: probe for probe in audit.probes}


def test_the_filters_are_those_of_torchaudio():
    from torchaudio.functional import melscale_fbanks

    for rate, fft, bands in ((16000, 512, 40), (22050, 1024, 80)):
        expected = melscale_fbanks(fft // 2 + 1, 0.0, rate / 2, bands, rate, norm=None, mel_scale="htk")
        np.testing.assert_allclose(mel_filters(rate, fft, bands), expected.numpy().T, atol=2e-4)


def test_a_full_scale_sine_reads_zero_decibels():
    features = MelFeatures(16000, 16000, FeatureOptions(bands=80, segments=1))
    # In the middle of a band, that band's filter is 1 and the window's main lobe sums to a little more than its peak.
    time = np.arange(16000) / 16000
    power = features.mel(np.sin(2 * np.pi * 1000 * time).astype(np.float32)).max()
    assert -2 < 10 * np.log10(power) < 3


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_features_are_finite_for_any_clip(normalization):
    rng = np.random.default_rng(0)
    options = FeatureOptions(normalization=normalization)
    measure = MelFeatures(8000, 800, options)
    for clip in (np.zeros(800, np.int16), rng.integers(-32768, 32767, 800).astype(np.int16)):
        found = measure(clip)
        assert found.shape == (options.size,)
        assert np.isfinite(found).all()


def test_int16_and_float_are_one():
    rng = np.random.default_rng(0)
    clip = rng.integers(-30000, 30000, 1600).astype(np.int16)
    measure = MelFeatures(16000, 1600, FeatureOptions())
    np.testing.assert_allclose(measure(clip), measure((clip / 32768).astype(np.float32)))


def test_all_factors_of_tones_are_found(tones):
    found = audit_dataset(tones)
    assert found.problems == ()
    assert {name: probe.verdict for name, probe in by_name(found).items()} == dict.fromkeys(
        ("waveform", "amplitude", "frequency"), "recovered"
    )
    assert by_name(found)["waveform"].measure == "accuracy"
    assert by_name(found)["frequency"].measure == "r2"


def test_the_trap_is_sprung(tones, command):
    """Dividing each frame by its maximum erases the amplitude, and nothing else; the command fails loudly."""
    found = audit_dataset(tones, features=FeatureOptions(normalization="frame_max"))
    assert [probe.factor for probe in found.probes if probe.verdict != "recovered"] == ["amplitude"]
    (problem,) = found.problems
    assert problem.startswith("amplitude: r2")
    assert "lost" in problem
    assert "'frame_max'" in problem
    done = command("audit", tones, "--normalization", "frame_max", check=False)
    assert done.returncode == 1
    assert "amplitude: r2" in done.stderr
    assert "Traceback" not in done.stderr
    assert command("audit", tones).returncode == 0
    data = json.loads(command("audit", tones, "--json").stdout)
    assert data["problems"] == []
    assert {probe["factor"] for probe in data["probes"]} == {"waveform", "amplitude", "frequency"}


def test_threads_and_repetition_change_nothing(tones):
    assert audit_dataset(tones, threads=1) == audit_dataset(tones, threads=3) == audit_dataset(tones)


def test_a_part_is_spread_over_the_whole(tones):
    found = audit_dataset(tones, max_examples=300)
    assert (found.examples, found.total) == (300, 700)
    assert found.problems == ()


def test_too_few_examples_are_no_verdict(tones):
    found = audit_dataset(tones, max_examples=6)
    assert by_name(found)["waveform"].verdict == "too few"
    assert any("too few" in line for line in found.warnings)


def test_the_card(tones):
    text = card_section(audit_dataset(tones))
    assert text.startswith("## Factor audit\n")
    for said in ("waveform", "Cramer's V", "clipped clips: 0", "recovered", "normalization none"):
        assert said in text


@pytest.mark.parametrize("seed", range(8))
def test_chance_is_not_taken_for_skill(seed):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(400, 30))
    assert probe_labels("x", features, rng.integers(0, 4, 400), 4, 1).verdict == "lost"
    assert probe_values("x", features, rng.normal(size=400)).verdict == "lost"


def test_skill_is_found():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 400)
    features = rng.normal(size=(400, 30))
    features[:, 0] += labels
    found = probe_labels("x", features, labels, 4, 1)
    assert found.verdict == "recovered"
    assert 0.4 < found.score < 0.9
    assert found.examples == 100
    values = probe_values("y", features, features[:, 3] * 2 + 1 + 0.01 * rng.normal(size=400))
    assert values.score > 0.99


def test_the_binomial_tail_by_hand():
    # P(X >= 2) of 3 throws of a coin: 3/8 + 1/8. P(X >= 1) of 2 with p = 1/4: 1 - 9/16.
    assert _binomial_tail(2, 3, 0.5) == pytest.approx(0.5)
    assert _binomial_tail(1, 2, 0.25) == pytest.approx(7 / 16)
    assert _binomial_tail(0, 5, 0.1) == 1
    assert _binomial_tail(5, 5, 0.5) == pytest.approx(1 / 32)


def factor(name, levels, dtype="int64"):
    values = None if levels is None else tuple(range(levels))
    return FactorInfo(name, "categorical", "", "", levels, values, dtype)


def test_a_grid_has_no_dependence_at_all():
    a, b, c = (x.ravel() for x in np.meshgrid(np.arange(5), np.arange(3), np.arange(4), indexing="ij"))
    infos = (factor("a", 5), factor("b", 3), factor("c", 4))
    found = dependences(infos, {"a": a, "b": b, "c": c}, np.stack([a, b, c], axis=1))
    assert [(d.cramers_v, d.notable) for d in found] == [(0.0, False)] * 3


def test_dependence_is_found():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 4, 2000)
    b = np.where(rng.random(2000) < 0.5, a, rng.integers(0, 4, 2000))
    c = a + 0.5 * rng.normal(size=2000)
    infos = (factor("a", 4), factor("b", 4), factor("c", None, "float64"))
    indices = np.stack([a, b, np.full(2000, -1)], axis=1)
    found = {(d.first, d.second): d for d in dependences(infos, {"a": a, "b": b, "c": c}, indices)}
    assert found["a", "b"].cramers_v == pytest.approx(0.5, abs=0.05)
    assert found["a", "b"].notable
    assert found["a", "c"].cramers_v > 0.5
    same = dependences((factor("a", 4), factor("b", 4)), {"a": a, "b": a}, np.stack([a, a], axis=1))
    assert same[0].cramers_v == pytest.approx(1.0)


def test_distances_by_hand():
    # Two levels, two points each, standardised: -1.5, -0.5 and 0.5, 1.5 over their spread sqrt(1.25).
    points = np.array([[-1.5], [-0.5], [0.5], [1.5]])
    found = distances("x", points, np.array([0, 0, 1, 1]), ["low", "high"])
    spread = np.sqrt(1.25)
    assert found.within == pytest.approx(1 / spread)
    # Of the differences 2, 3, 1, 2 the root of the mean square: sqrt(18 / 4).
    assert found.between == pytest.approx(np.sqrt(4.5) / spread)
    assert found.nearest == ("low", "high")
    assert found.nearest_distance == pytest.approx(2 / spread)
    assert distances("x", points, np.zeros(4, np.int64), ["one"]) is None


def test_levels_by_hand():
    assert clip_levels(np.zeros(8, np.int16)) == (-200.0, -200.0, False)
    assert clip_levels(np.zeros(5, np.float32)) == (-200.0, -200.0, False)
    sine = (10 ** (-12 / 20) * np.sin(2 * np.pi * 500 * np.arange(22050) / 22050)).astype(np.float32)
    assert clip_levels(sine) == (pytest.approx(-12, abs=0.01), pytest.approx(-15.01, abs=0.01), False)
    peak, rms, clipped = clip_levels(np.array([16384, -16384] * 4, np.int16))
    assert (peak, rms) == (pytest.approx(-6.0206, abs=1e-3), pytest.approx(-6.0206, abs=1e-3))
    assert not clipped
    assert clip_levels(np.array([0, 32767, 32767, 32767, 0], np.int16))[2]
    assert not clip_levels(np.array([0, 32767, 32767, 0, 32767], np.int16))[2]
    assert clip_levels(np.array([-1.0, -1.2, -1.0], np.float32))[2]


def test_what_cannot_be_audited(tmp_path, tones):
    build(load_recipe("bit_xor"), tmp_path / "text")
    with pytest.raises(InputError, match="holds texts; an audit listens to clips"):
        audit_dataset(tmp_path / "text")
    with pytest.raises(InputError, match="no synthkit dataset"):
        audit_dataset(tmp_path / "nothing")
    with pytest.raises(InputError, match="max_examples"):
        audit_dataset(tones, max_examples=0)


@pytest.mark.parametrize(
    "options", [{"normalization": "loud"}, {"bands": 0}, {"segments": 0}, {"bands": 80, "segments": 16}, {"hop": 0.0}]
)
def test_features_that_are_refused(options):
    with pytest.raises(InputError):
        FeatureOptions(**options)
