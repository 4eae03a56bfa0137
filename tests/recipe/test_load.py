"""Recipe files: broken ones give one message and no traceback; ``--set`` finds its field."""

import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthkit.errors import InputError
from synthkit.recipe.load import load_recipe

GOOD = b"""name = "tiny"
generator = "tone"
[params]
sample_rate = 8000
[[factors]]
type = "linspace"
name = "frequency"
start = 200.0
stop = 1000.0
num = 5
[splits]
train = 0.6
test = 0.4
"""
quiet = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def load_bytes(tmp_path, content):
    path = tmp_path / "r.toml"
    path.write_bytes(content)
    return load_recipe(str(path))


def refusal(load):
    """What a recipe is refused with, None where it is taken; anything but an InputError is a failure."""
    try:
        load()
    except InputError as error:
        return str(error)
    return None


def only_input_errors(tmp_path, content):
    message = refusal(lambda: load_bytes(tmp_path, content))
    assert message is None or message.startswith(str(tmp_path))


@pytest.mark.parametrize("end", range(0, len(GOOD), 3))
def test_cut_anywhere(tmp_path, end):
    only_input_errors(tmp_path, GOOD[:end])


@quiet
@given(at=st.integers(0, len(GOOD)), junk=st.binary(min_size=1, max_size=20))
def test_random_bytes_inside(tmp_path, at, junk):
    only_input_errors(tmp_path, GOOD[:at] + junk + GOOD[at:])


@quiet
@given(st.binary(max_size=200))
def test_random_bytes_alone(tmp_path, content):
    only_input_errors(tmp_path, content)


@quiet
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_any_value_for_any_field(tmp_path, value):
    for path in (
        "seed",
        "factors",
        "design.kind",
        "params.sample_rate",
        "factors.frequency.num",
        "splits.train",
        "output",
    ):
        message = refusal(lambda path=path: load_recipe("syntone_small", [(path, value)]))
        assert message is None or path.split(".")[0] in message or "JSON" in message


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.toml", b'name = "x"\n[factors', "not valid TOML"),
        ("a.toml", bytes(range(256)), "not UTF-8 text"),
        ("a.json", b'{"name": ', "not valid JSON"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.json", b"[1, 2]", "a recipe is a table of fields, not list"),
        ("a.py", b"recipe = 3", "must set `recipe`"),
        ("a.py", b"recipe = ", "line 1: SyntaxError"),
        ("a.py", b"x = 1\nraise KeyError('k')", "line 2: KeyError: 'k'"),
        ("a.py", b"import sys\nsys.exit(0)", "line 2: SystemExit: 0"),
        (
            "a.py",
            b"from synthkit.recipe import Recipe\nrecipe = Recipe(name='x', generator='tone', seed=-1)",
            "seed: must be >= 0, not -1",
        ),
        ("a.yaml", b"name: x", "a recipe is a .py, .toml or .json file"),
    ],
)
def test_broken_files(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        load_recipe(str(path) if not name.endswith("yaml") else f"{tmp_path}/{name}")


def test_missing_files_and_unknown_names(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_recipe(str(tmp_path / "nothere.toml"))
    with pytest.raises(InputError, match=r"no recipe is named 'syntoneee'; did you mean 'syntone'\?"):
        load_recipe("syntoneee")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InputError, match=r"folder\.toml: is a directory; a recipe is a \.py, \.toml or \.json file"):
        load_recipe(str(tmp_path / "folder.toml"))


@pytest.mark.parametrize(
    ("change", "path", "expected"),
    [
        ("design.size=1000", ("design", "size"), 1000),
        ("factors.frequency.num=10", ("factors", 2, "num"), 10),
        ("factors.2.num=10", ("factors", 2, "num"), 10),
        ("params.sample_rate=22050", ("params", "sample_rate"), 22050),
        ("splits.train=0.8", ("splits", "train"), 0.8),
        ("name=other", ("name",), "other"),
        ('citation="a=b"', ("citation",), "a=b"),
        ("citation=a=b", ("citation",), "a=b"),
        ("output.format=wav", ("output", "format"), "wav"),
        ("design.size=1e2", ("design", "size"), 100),
        ("factors.frequency.start=1.5e2", ("factors", 2, "start"), 150.0),
    ],
)
def test_set(change, path, expected):
    found = load_recipe("syntone_small", [change]).model_dump(mode="json")
    for step in path:
        found = found[step]
    assert found == expected


@pytest.mark.parametrize(
    ("changes", "path", "expected"),
    [
        (["design.kind=random", "design.size=100"], "design", {"kind": "random", "size": 100, "limit": None}),
        (["design.size=40", "design.kind=latin_hypercube"], "design", {"kind": "latin_hypercube", "size": 40}),
        (["design.limit=3", "design.size=40", "design.kind=random"], "design", {"limit": 3, "size": 40}),
        (["factors.frequency.type=logspace"], "factors", {"type": "logspace", "start": 200, "stop": 2600, "num": 25}),
        (
            ["factors.frequency.type=uniform", "factors.frequency.low=300", "factors.frequency.high=400",
             "design.kind=random", "design.size=5"],
            "factors", {"type": "uniform", "low": 300, "high": 400, "name": "frequency", "kind": "continuous"},
        ),
    ],
)  # fmt: skip
def test_another_kind_of_design_or_factor(changes, path, expected):
    """What the old kind alone has goes; what both have stays."""
    found = load_recipe("syntone_small", changes).model_dump(mode="json")[path]
    record = found[2] if isinstance(found, list) else found
    assert record.items() >= expected.items()


def test_another_kind_that_needs_more():
    with pytest.raises(InputError, match=r"design\.factors: is missing$"):
        load_recipe("syntone_small", ["design.kind=held_out"])
    with pytest.raises(InputError, match="design: kind must be one of"):
        load_recipe("syntone_small", ["design.kind=gird"])
    with pytest.raises(InputError) as caught:
        load_recipe("syntone_small", ["factors.frequency.type=uniform"])
    assert [line.strip() for line in str(caught.value).splitlines()[1:]] == [
        "factors.frequency.low: is missing",
        "factors.frequency.high: is missing",
    ]


def test_no_advice_to_write_what_was_written():
    with pytest.raises(InputError, match=r"design\.fraction: unknown field$"):
        load_recipe("syntone_small", ["design.fraction=0.1"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("nope.nope=3", "--set nope: no such field"),
        ("desing.size=3", "did you mean 'design'?"),
        ("factors.pitch.num=3", "no item is named 'pitch'; there are: waveform, amplitude, frequency"),
        ("nope=3", "nope: unknown field"),
        ("design.size", "must look like KEY=VALUE"),
        ("=3", "must look like KEY=VALUE"),
        ("a..b=3", "must look like KEY=VALUE"),
        ("name.x=3", "--set name.x: name has no fields"),
        ("seed=abc", "seed: must be a whole number, not 'abc'"),
    ],
)
def test_wrong_set(change, message):
    with pytest.raises(InputError) as caught:
        load_recipe("syntone_small", [change])
    assert message in str(caught.value)


def test_the_good_file_is_good(tmp_path):
    assert tomllib.loads(GOOD.decode())["name"] == load_bytes(tmp_path, GOOD).name
