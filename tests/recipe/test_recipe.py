"""Recipes: what they are checked for, and how problems are told."""

import json

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.recipe import Categorical, Integers, Linspace, Logspace, LogUniform, Recipe, Uniform, Values
from synthkit.recipe.load import from_data, load_recipe, recipe_names
from synthkit.run import prepare

NEED_FILES = {
    "nli_grammar_saliency": r"params\.teacher: must name a model: --set teacher=DIR",
    "cifar10_sequence": r"params\.path: .*download",
    "anli_information_extraction": r"params\.source: must name a folder with R1/train\.jsonl",
    "anli_informed_reasoning": r"params\.source: must name a folder with R1/train\.jsonl",
}


@pytest.mark.parametrize("name", sorted(set(recipe_names()) - set(NEED_FILES)))
def test_every_recipe_prepares_and_survives_json(name):
    resolved = prepare(load_recipe(name)).recipe
    again = from_data(json.loads(resolved.pretty_json()), "again")
    assert again.canonical_json() == resolved.canonical_json()
    assert prepare(again).recipe.canonical_json() == resolved.canonical_json()
    assert resolved.name == name
    assert resolved.title != name


@pytest.mark.parametrize("name", sorted(NEED_FILES))
def test_recipes_of_files_say_what_they_need(name):
    with pytest.raises(InputError, match=f"recipe {name}: {NEED_FILES[name]}"):
        prepare(load_recipe(name))


@pytest.mark.parametrize("name", sorted(recipe_names()))
def test_small_sizes(name):
    """A recipe with a small size has at most a few hundred examples in it, and the same recipe.json as without."""
    recipe = load_recipe(name)
    if not recipe.smoke:
        with pytest.raises(InputError, match="has no small size of its own; use --limit N"):
            load_recipe(name, smoke=True)
        return
    small = prepare(load_recipe(name, smoke=True))
    assert 1 <= small.plan.num_examples <= 400
    assert "smoke" not in json.loads(small.recipe.pretty_json())


def test_stated_parameters_need_no_prefix():
    stated = load_recipe("anli_informed_reasoning", ["source=x", "llm.name=y", "service.retries=3"])
    assert (stated.params["source"], stated.params["llm"]["name"]) == ("x", "y")
    assert stated.params["service"] == {"retries": 3}
    with pytest.raises(InputError, match="items: unknown field"):
        load_recipe("anli_informed_reasoning", ["items=3"])


def test_json_and_python_say_the_same(recipe, data):
    written = Recipe(
        name="tiny",
        generator="tone",
        params={"sample_rate": 8000, "duration": 0.05},
        factors=[
            Categorical(name="waveform", values=["sine", "square", "sawtooth"]),
            Linspace(name="amplitude", start=0.1, stop=0.7, num=4),
            Linspace(name="frequency", start=200.0, stop=1000.0, num=5),
        ],
        splits={"train": 0.8, "validation": 0.1, "test": 0.1},
        seed=7,
    )
    assert written.canonical_json() == recipe.canonical_json()


def test_toml(tmp_path, recipe):
    path = tmp_path / "tiny.toml"
    path.write_text("""
name = "tiny"
generator = "tone"
seed = 7
[params]
sample_rate = 8000
duration = 0.05
[[factors]]
type = "categorical"
name = "waveform"
values = ["sine", "square", "sawtooth"]
[[factors]]
type = "linspace"
name = "amplitude"
start = 0.1
stop = 0.7
num = 4
[[factors]]
type = "linspace"
name = "frequency"
start = 200.0
stop = 1000.0
num = 5
[splits]
test = 0.1
train = 0.8
validation = 0.1
""")
    assert load_recipe(str(path)).canonical_json() == recipe.canonical_json()


def put(data, path, value):
    *parents, last = path.split(".")
    for step in parents:
        data = data[int(step)] if isinstance(data, list) else data[step]
    data[int(last) if isinstance(data, list) else last] = value


WRONG = [
    ("colour", 1, "colour: unknown field"),
    ("seeed", 1, "seeed: unknown field; did you mean 'seed'?"),
    ("name", "../../evil", "name: '../../evil' does not match"),
    ("name", "a/b", "name:"),
    ("name", "", "name:"),
    ("name", 3, "name: must be a text, not 3"),
    ("version", "1", "version:"),
    ("seed", "abc", "seed: must be a whole number, not 'abc'"),
    ("seed", 1.5, "seed: must be a whole number, not 1.5"),
    ("seed", True, "seed: must be a whole number, not True"),
    ("seed", -1, "seed: must be >= 0, not -1"),
    ("seed", 2**63, "seed: must be < "),
    ("generator", "nope", "generator: no generator is named 'nope'"),
    ("generator", "tones", "did you mean 'tone'?"),
    ("license", "not a licence", "license:"),
    ("factors", [], "factors: must not be empty: generator 'tone' makes its examples from them alone"),
    ("factors", 3, "factors: must be a list, not 3"),
    ("factors.2.num", 0, "factors.frequency.num: must be >= 1, not 0"),
    ("factors.2.num", "ten", "factors.frequency.num: must be a whole number, not 'ten'"),
    ("factors.2.start", 1000.0, "factors.frequency: start and stop are equal"),
    ("factors.2.type", "spline", "factors.frequency: type must be one of"),
    ("factors.2.name", "amplitude", "factors.amplitude: occurs twice"),
    ("factors.2.name", "pitch", "factors.pitch: generator 'tone' has no such factor; it has"),
    ("factors.2.name", "frequenzy", "did you mean 'frequency'?"),
    ("factors.2.name", "../x", "factors.../x.name:"),
    ("factors.2.unit", "kHz", "factors.frequency.unit: must be 'Hz', not 'kHz'"),
    ("factors.2.stop", 4000.0, "factors.frequency.stop: 4000 Hz is at or above the Nyquist frequency, 4000 Hz"),
    ("factors.2.stop", 1e6, "factors.frequency.stop"),
    ("factors.2.start", -5.0, "factors.frequency.start: must be > 0 Hz, not -5"),
    ("factors.2.start", None, "factors.frequency.start: must be a number, not None"),
    ("factors.1.stop", 1.2, "factors.amplitude.stop: must be <= 1, not 1.2"),
    ("factors.1.start", -0.1, "factors.amplitude.start: must be >= 0"),
    ("factors.1.stop", 1.0, "factors.amplitude.stop: a square of amplitude 1 may reach 1.273"),
    ("factors.0.values", ["sine", "sinus"], "factors.waveform.values: 'sinus' is none of"),
    ("factors.0.values", ["sine", "sine"], "factors.waveform: values: 'sine' occurs twice"),
    ("factors.0.values", [], "factors.waveform.values: must not be empty"),
    ("factors.0.values", "sine", "factors.waveform.values: must be a list"),
    ("params.sample_rate", 0, "params.sample_rate: must be >= 1"),
    ("params.sample_rte", 8000, "params.sample_rte: unknown field; did you mean 'sample_rate'?"),
    ("params.frequency", 440.0, "params.frequency: is also a factor"),
    ("params.duration", 0.00001, "duration: 1e-05 s at 8000 Hz is no whole number of samples"),
    ("params.rolloff", 3.0, None),
    ("params.release", 0.1, "params.duration: attack + decay + release reach 0.1 s in 0.05 s"),
    ("params.antialias", "best", "params.antialias: must be 'none', 'polyblep' or 'additive'"),
    ("splits", {"train": 0.5, "test": 0.4}, "splits: the shares add up to 0.9, not 1"),
    ("splits", {"train": 0.99, "test": 0.01}, None),
    ("splits", {"train": 0.999, "test": 0.001}, "splits.test: holds no example (0.001 of 60)"),
    ("splits", {"train": 1.0, "test": 0}, "splits.test: must be a share"),
    ("splits", {"train": 50, "test": 0.1}, "splits: give shares"),
    ("splits", {"train": 50, "test": 11}, "splits: 61 examples are asked for, but the grid has 60"),
    ("splits", {"train": 50, "test": 10}, None),
    ("splits", {}, "splits: must not be empty"),
    ("splits", {"a/b": 1.0}, "a split's name is lower-case"),
    ("splits", {"train": "held_out"}, 'splits.train: the size "held_out" needs'),
    ("design", {"kind": "grid", "size": 61}, "design.size: 61 examples are asked for, but the grid has 60"),
    ("design", {"kind": "grid", "size": 0}, "design.size: must be >= 1"),
    ("design", {"kind": "grid", "size": 3, "shuffle": False}, "size needs shuffle"),
    ("design", {"kind": "best"}, "design: kind must be one of"),
    ("design", {"kind": "random"}, "design.size: is missing"),
    (
        "design",
        {"kind": "correlated", "size": 9, "factors": ["amplitude", "x"], "correlation": 0.5},
        "no factor is named 'x'",
    ),
    (
        "design",
        {"kind": "correlated", "size": 9, "factors": ["amplitude", "amplitude"], "correlation": 0.5},
        "two different",
    ),
    (
        "design",
        {"kind": "correlated", "size": 9, "factors": ["amplitude", "frequency"], "correlation": 1.0},
        "must be < 1",
    ),
    ("design", {"kind": "held_out", "factors": ["waveform", "amplitude"], "fraction": 0.1}, "exactly one split"),
    (
        "output",
        {"format": "mp9"},
        "output.format: must be 'parquet', 'wav', 'flac', 'jsonl', 'tsv' or 'webdataset', not 'mp9'",
    ),
    ("output", {"shard_size": 0}, "output.shard_size: must be >= 1"),
]


@pytest.mark.parametrize(("path", "value", "message"), WRONG, ids=[f"{p}={str(v)[:30]}" for p, v, _ in WRONG])
def test_wrong_recipes_are_refused_with_the_path(data, path, value, message):
    put(data, path, value)
    if message is None:
        prepare(from_data(data, "test"))
        return
    with pytest.raises(InputError) as caught:
        prepare(from_data(data, "test"))
    assert message in str(caught.value)


def test_all_problems_are_shown_at_once(data):
    data["seed"] = "x"
    data["colour"] = 1
    data["factors"][2]["num"] = 0
    with pytest.raises(InputError) as caught:
        from_data(data, "mine.toml")
    lines = str(caught.value).splitlines()
    assert lines[0] == "mine.toml: 3 problems"
    assert len(lines) == 4


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_and_infinity_are_refused(data, value):
    data["factors"][2]["start"] = value
    with pytest.raises(InputError, match=r"factors.frequency.start|not representable|NaN|Infinity"):
        from_data(data, "test")


def test_flac_refuses_floats(data):
    data["params"]["sample_format"] = "float32"
    data["output"] = {"format": "flac"}
    with pytest.raises(InputError, match=r"output.format: flac holds 16-bit samples"):
        prepare(from_data(data, "test"))


def levels(factor):
    return factor.at(np.arange(factor.levels)).tolist()


def test_levels_by_hand():
    assert levels(Linspace(name="f", start=0.0, stop=1.0, num=5)) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert levels(Linspace(name="f", start=3.0, stop=1.0, num=3)) == [3.0, 2.0, 1.0]
    assert levels(Linspace(name="f", start=3.0, stop=9.0, num=1)) == [3.0]
    assert levels(Logspace(name="f", start=1.0, stop=8.0, num=4)) == [1.0, 2.0, 4.0, 8.0]
    assert levels(Integers(name="f", low=-1, high=2)) == [-1, 0, 1, 2]
    assert levels(Values(name="f", values=[3.0, 1.0])) == [3.0, 1.0]
    assert levels(Categorical(name="f", values=["b", "a"])) == ["b", "a"]


def test_draws_by_hand():
    u = np.array([0.0, 0.25, 0.5, 1 - 2**-53])
    assert Uniform(name="f", low=2.0, high=4.0).draw(u)[:3].tolist() == [2.0, 2.5, 3.0]
    assert LogUniform(name="f", low=1.0, high=16.0).draw(u)[:3].tolist() == [1.0, 2.0, 4.0]
    assert Integers(name="f", low=5, high=8).draw(u).tolist() == [5, 6, 7, 8]
    assert Categorical(name="f", values=["x", "y"]).draw(u).tolist() == ["x", "x", "y", "y"]


def test_linspace_is_that_of_numpy():
    factor = Linspace(name="f", start=200.0, stop=2594.0, num=400)
    np.testing.assert_allclose(levels(factor), np.linspace(200, 2594, 400), rtol=1e-15)
