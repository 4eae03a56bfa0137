"""The speech recipes: what is in them, and what a recipe may not ask for."""

import json

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.generators.speech_takes import PITCH_SPREAD, RATE_SPREAD, Takes
from synthkit.recipe.load import from_data, load_recipe
from synthkit.run import prepare
from synthkit.run.batches import batches, made_again

RECIPES = {
    "synspeech_small": ((20, 2, 10, 4), 1600),
    "synspeech_medium": ((60, 2, 30, 5), 18_000),
    "synspeech_large": ((249, 2, 74, 5), 184_260),
    "digits_speech": ((60, 10, 50), 30_000),
}


@pytest.mark.parametrize("name", RECIPES)
def test_the_grids_are_full(name):
    levels, count = RECIPES[name]
    prepared = prepare(load_recipe(name))
    assert tuple(factor.levels for factor in prepared.plan.factors) == levels
    assert prepared.plan.num_examples == count == int(np.prod(levels))
    assert prepared.generator.layout.sample_rate == 16000


@pytest.mark.parametrize(
    ("name", "pair"), [("synspeech_medium", ("speaker", "style")), ("synspeech_large", ("speaker", "text"))]
)
def test_held_out_pairs_are_in_the_test_split_alone(name, pair):
    plan = prepare(load_recipe(name)).plan

    def pairs(split):
        rows = plan.rows(split, 0, plan.sizes[split])
        return set(zip(*(rows.values[factor].tolist() for factor in pair), strict=True))

    train, test = pairs("train"), pairs("test")
    assert not train & test
    assert not pairs("validation") & test
    for k in range(2):
        assert {p[k] for p in test} <= {p[k] for p in train}


def small(*changes):
    return load_recipe("synspeech_small", ["design.limit=8", *changes])


def made(recipe, split="train"):
    prepared = prepare(recipe)
    size = prepared.plan.sizes[split]
    (batch,) = batches(prepared.plan, prepared.generator, None, split, 0, size)
    return batch


def test_what_is_said_and_by_whom_follows_from_the_factors():
    batch = made(load_recipe("synspeech_small", ["design.limit=60"]))
    texts, voices = {}, {}
    rows = zip(*(batch.rows.values[name].tolist() for name in ("speaker", "gender", "text", "style")), strict=True)
    for i, (speaker, gender, text, _) in enumerate(rows):
        note = {name: values[i] for name, values in batch.annotations.items()}
        assert texts.setdefault(text, note["transcript"]) == note["transcript"]
        vector = tuple(note[name] for name in ("base_pitch", "vocal_tract", "breath", "tilt"))
        assert voices.setdefault((speaker, gender), vector) == vector
        assert note["voice"] == f"s{speaker:03d}-{gender}"
    assert len(set(texts.values())) == len(texts) == 10
    assert len(set(voices.values())) == len(voices)
    assert "gender" not in batch.annotations  # it is a factor


def test_gender_is_a_column_where_it_is_no_factor():
    batch = made(load_recipe("digits_speech", ["design.limit=40"]))
    for speaker, gender in zip(batch.rows.values["speaker"].tolist(), batch.annotations["gender"], strict=True):
        assert gender == ("female", "male")[speaker % 2]
    male = made(load_recipe("digits_speech", ["design.limit=20", "params.gender=male"]))
    assert set(male.annotations["gender"]) == {"male"}


def test_takes_differ_a_little_and_the_first_is_plain():
    takes = Takes(5)
    assert takes(0, 3, 4) == (1.0, 0.0)
    drawn = np.array([takes(take, speaker, text) for take in range(1, 20) for speaker in range(5) for text in range(5)])
    assert np.abs(drawn[:, 0] - 1).max() <= RATE_SPREAD
    assert np.abs(drawn[:, 1]).max() <= PITCH_SPREAD
    assert len(np.unique(drawn, axis=0)) == len(drawn)
    # Uniform: mean and spread of 475 draws.
    assert abs(drawn[:, 0].mean() - 1) < 4 * RATE_SPREAD / np.sqrt(3 * 475)
    assert drawn[:, 1].std() == pytest.approx(PITCH_SPREAD / np.sqrt(3), rel=0.1)


def test_takes_are_heard():
    recipe = load_recipe("digits_speech", ["design.shuffle=false", 'splits={"train": 1.0}'])
    prepared = prepare(recipe)
    clips = [made_again(prepared.plan, prepared.generator, None, "train", i).samples[0] for i in range(6)]
    assert len({clip.tobytes() for clip in clips}) == 6


def test_the_chain_is_a_parameter():
    plain, softer = made(small()), made(small("params.audio.gain=-6.0"))
    np.testing.assert_allclose(softer.samples, plain.samples * 10 ** (-6 / 20), atol=1)
    assert set(softer.annotations["gain"]) == {-6.0}
    equal = made(small("params.audio.loudness=-30.0"))
    assert len(set(equal.annotations["gain"])) > 1
    short = made(small("params.audio.duration=0.5"))
    assert all(cropped > 0.2 for cropped in short.annotations["cropped"])
    wide = made(small("params.audio.sample_rate=22050", "params.audio.duration=2.0", "params.sample_format=float32"))
    assert wide.samples.dtype == np.float32
    assert wide.samples.shape[1] == 44100


def test_phonemes_move_with_the_sound():
    plain, centered = made(small()), made(small('params.audio.align="center"'))
    for i in range(len(plain.rows)):
        duration = plain.annotations["duration"][i]
        offset = centered.annotations["phoneme_starts"][i][0] - plain.annotations["phoneme_starts"][i][0]
        assert offset == pytest.approx((2.5 - duration) / 2, abs=1e-3)


def test_text_factors():
    recipe = {
        "name": "lengths",
        "generator": "speech",
        "params": {"texts": {"count": 2}, "audio": {"duration": 4.0}},
        "factors": [
            {"type": "integers", "name": "text", "low": 0, "high": 1},
            {"type": "integers", "name": "words", "low": 3, "high": 9, "step": 3},
            {"type": "categorical", "name": "vocabulary", "values": ["small", "large"]},
            {"type": "categorical", "name": "coverage", "values": ["low", "high"]},
        ],
    }
    batch = made(from_data(recipe, "recipe"))
    assert batch.annotations["num_words"] == batch.rows.values["words"].tolist()
    assert len(set(batch.annotations["transcript"])) == 24


def test_intensity_is_a_factor():
    recipe = small('factors.style.values=["loud","soft"]')
    data = json.loads(recipe.canonical_json())
    data["factors"].append({"type": "values", "name": "intensity", "values": [0.5, 1.5]})
    assert prepare(from_data(data, "recipe")).plan.full_sizes["train"] == 1280
    data["factors"][3]["values"] = ["neutral", "loud"]
    with pytest.raises(InputError, match=r"factors.intensity: 'neutral' has none"):
        prepare(from_data(data, "recipe"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("factors.text.high=10", "factors.text.high: must be < 10, not 10"),
        ('factors.style.values=["neutral","shouted"]', "'shouted' is none of: neutral, slow"),
        ("params.audio.duration=2.50001", "params.audio.duration: 2.50001 s at 16000 Hz is no whole number"),
        ("params.audio.sample_rte=8000", "params.audio.sample_rte: unknown field; did you mean 'sample_rate'?"),
        ("params.texts.source=poems", "params.texts.source"),
        ("params.texts.path=x.txt", "params.texts.path: means nothing with source = 'sentences'"),
        ("params.options.language=xx", "params.options.language: espeak-ng has no language 'xx'"),
        (
            "params.engine=festival",
            "params.engine: no speech engine is named 'festival'; there are: coqui-tts, espeak-ng",
        ),
        ("params.words=2", "a sentence has 3 to 16 words"),
        ("params.vocabulary=tiny", "params.vocabulary"),
        ("params.gender=male", "params.gender: is also a factor"),
    ],
)
def test_recipes_that_are_refused(change, said):
    with pytest.raises(InputError) as caught:
        made(small(change))
    assert said in str(caught.value)


def test_too_many_sentences_are_refused_before_anything_is_made():
    changes = ["params.texts.count=3000", "factors.text.high=2999", "params.words=3", "params.vocabulary=small"]
    with pytest.raises(InputError, match="3000 different sentences of 3 words"):
        prepare(small(*changes))
