"""Shapes as text: spelled from the images, targets from the factors, no image twice; what a recipe may not ask for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.generators.resolve import bind, resolve
from synthkit.ops import shapes
from synthkit.recipe.load import from_data, load_recipe
from synthkit.records import Rows, TextExample

NAMES = list(shapes.SHAPES)
SHAPE = {"type": "categorical", "name": "shape", "values": NAMES[:3]}
COLOR = {"type": "categorical", "name": "color", "values": ["red", "orange", "blue"]}
SIZE = {"type": "linspace", "name": "size", "start": 6.0, "stop": 9.0, "num": 3}
X = {"type": "values", "name": "x", "values": [5.0, 8.25, 11.0]}
ROTATION = {"type": "linspace", "name": "rotation", "start": 0.0, "stop": 60.0, "num": 3}
BACKGROUND = {"type": "integers", "name": "background", "low": 0, "high": 2}
INTENSITY = {"type": "values", "name": "intensity", "values": [100.0, 255.0]}


def recipe_of(*factors, **params):
    return from_data({"name": "t", "generator": "shapes", "params": params, "factors": list(factors)}, "t")


def rows_of(recipe, split="train"):
    """The whole grid, first factor slowest."""
    levels = [factor.levels for factor in recipe.factors]
    n = int(np.prod(levels))
    indices = np.stack(np.unravel_index(np.arange(n), levels), axis=1).astype(np.int64)
    values = {factor.name: factor.at(indices[:, k]) for k, factor in enumerate(recipe.factors)}
    return Rows(split, np.arange(n), values, indices)


def cut(rows, order):
    return Rows(rows.split, rows.index[order], {k: v[order] for k, v in rows.values.items()}, rows.indices[order])


def problem(*factors, **params):
    """What resolving says of the one thing that is wrong."""
    with pytest.raises(InputError) as error:
        resolve(recipe_of(*factors, **params))
    text = str(error.value)
    assert text.startswith("recipe t: ")
    assert "\n" not in text
    return text.removeprefix("recipe t: ")


def luma(red, green, blue):
    return (19595 * red + 38470 * green + 7471 * blue + 32768) // 65536


RGB = {"red": (255, 0, 0), "orange": (255, 165, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


@pytest.mark.parametrize("channels", ["gray", "rgb"])
def test_texts_are_the_images_value_by_value(channels):
    params = {"channels": channels, "levels": 200, "patch": 4, "size": 7.0, "allow_repeats": True}
    recipe = recipe_of(SHAPE, COLOR, X, BACKGROUND, INTENSITY, **params)
    rows = rows_of(recipe)
    batch = bind(resolve(recipe)).make(rows)
    assert batch.target.tolist() == list(rows.values["shape"])
    for i in range(0, len(rows), 17):
        shape, color, x, background, intensity = (v[i] for v in rows.values.values())
        ink = [(value * int(intensity) * 2 + 255) // 510 for value in RGB[color]]
        ink, paper = ([luma(*ink)], [background]) if channels == "gray" else (ink, [background] * 3)
        image = shapes.draw(
            [shape], x, 8.0, 7.0, 0.0, ink=np.array([ink], np.uint8), paper=np.array([paper], np.uint8), canvas=16
        )[0].tolist()
        words = []
        for top in range(0, 16, 4):
            for left in range(0, 16, 4):
                patch = [pixel for line in image[top : top + 4] for pixel in line[left : left + 4]]
                words.append(",".join(str(value * 200 // 256) for pixel in patch for value in pixel))
        assert batch.input.tolist()[i] == " ".join(words)


def test_a_square_by_hand():
    # Side 4 (diameter 4 sqrt 2) in the middle of 8 x 8 pixels, two levels, no smooth edges.
    recipe = recipe_of(
        {"type": "values", "name": "size", "values": [5.656854249492381, 2.0]},
        canvas=8, fineness=1, levels=2, patch=2, x=4.0, y=4.0, target="size",
    )  # fmt: skip
    batch = bind(resolve(recipe)).make(rows_of(recipe))
    empty, full = "0,0,0,0", "1,1,1,1"
    rows = [[empty] * 4, [empty, full, full, empty], [empty, full, full, empty], [empty] * 4]
    assert batch.input.tolist()[0] == " ".join(word for row in rows for word in row)
    assert batch.target.tolist() == ["5.656854249492381", "2"]
    assert batch.layout.labels == ("5.656854249492381", "2")


@pytest.mark.parametrize(
    ("target", "labels"),
    [
        ("shape", ("square", "ellipse", "triangle")),
        ("color", ("red", "orange", "blue")),
        ("size", ("6", "7.5", "9")),
        ("x", ("5", "8.25", "11")),
        ("rotation", ("0", "30", "60")),
        ("background", ("0", "1", "2")),
        ("intensity", ("100", "255")),
    ],
)
def test_any_factor_may_be_asked_for(target, labels):
    recipe = recipe_of(SHAPE, COLOR, SIZE, X, ROTATION, BACKGROUND, INTENSITY, target=target)
    made = bind(resolve(recipe))
    rows = rows_of(recipe)
    batch = made.make(rows)
    assert batch.layout.labels == made.layout.labels == labels
    position = list(rows.values).index(target)
    assert batch.target.tolist() == [labels[k] for k in rows.indices[:, position]]
    assert len(set(batch.input.tolist())) == len(rows)
    assert made.measured == ()
    assert made.pools() == {}
    assert list(batch.rows.values) == [factor.name for factor in recipe.factors]
    assert max(len(text) for text in batch.input.tolist()) <= made.layout.bytes_per_example


def test_any_batch_gives_the_same_texts():
    recipe = recipe_of(SHAPE, COLOR, SIZE, X, channels="rgb", patch=8)
    made = bind(resolve(recipe))
    rows = rows_of(recipe)
    texts = made.make(rows).input.tolist()
    order = np.random.default_rng(1).permutation(len(rows))
    assert made.make(cut(rows, order)).input.tolist() == [texts[i] for i in order]
    for i in order[:5]:
        assert made.make(cut(rows, slice(i, i + 1))).input.tolist() == [texts[i]]
    empty = made.make(cut(rows, slice(0, 0)))
    assert (len(empty.input), len(empty.target)) == (0, 0)


def test_score_and_check():
    recipe = recipe_of(SHAPE, SIZE)
    made = bind(resolve(recipe))
    batch = made.make(rows_of(recipe))
    for text, target in zip(batch.input.tolist(), batch.target.tolist(), strict=True):
        example = TextExample("train-00000000", {}, np.zeros(0, np.int64), text, target, None)
        assert made.score(target, example) == made.score(f"{target} \n", example) == 1
        for other in {*NAMES, "", target.upper()} - {target}:
            assert made.score(other, example) < 1
        assert made.explain(example) is None
        assert made.check(target, example).reason == "this task has no explanations"
        assert not made.check(target, example).ok


def test_all_images_of_the_recipe_differ():
    recipe = load_recipe("shapes_sequence")
    made = bind(resolve(recipe))
    rows = rows_of(recipe)
    assert len(rows) == 104_544
    seen = set()
    for first in range(0, len(rows), 8192):
        batch = made.make(cut(rows, slice(first, first + 8192)))
        assert set(np.diff(batch.input.offsets)) == {1535}
        seen.update(batch.input.tolist())
    assert len(seen) == len(rows)


@pytest.mark.parametrize(
    ("factors", "params", "line"),
    [
        ([SHAPE], {"patch": 3}, "params.patch: must divide both sides of the images (16 x 16 pixels), not 3"),
        ([SIZE], {}, "params.target: the recipe does not vary 'shape'; name one of its factors: size"),
        (
            [SHAPE, {"type": "uniform", "name": "x", "low": 6, "high": 7}],
            {"target": "x"},
            None,
        ),
        (
            [SHAPE, {**X, "values": [3.0, 8.0]}],
            {},
            "factors.x.values: 3 px puts a shape of size 8 px (params.size) beyond the left edge; keep x within 4 to "
            "12",
        ),
        (
            [SHAPE, {**SIZE, "stop": 11.0}],
            {"x": 11.0},
            "params.x: 11 px puts a shape of size 11 px (factors.size.stop) beyond the right edge; keep x within "
            "5.5 to 10.5",
        ),
        (
            [SHAPE, {"type": "linspace", "name": "y", "start": 13.0, "stop": 5.0, "num": 3}],
            {},
            "factors.y.start: 13 px puts a shape of size 8 px (params.size) beyond the bottom edge; keep y within 4 to "
            "12",
        ),
        (
            [SHAPE, {**ROTATION, "stop": 90.0, "num": 2}],
            {},
            "factors.rotation.stop: a square turned by 0 or 90 degrees is one image; keep the turns within 90 degrees, "
            "the end left out, or set params.allow_repeats = true",
        ),
        (
            [{**SHAPE, "values": ["heart", "triangle"]}, {**ROTATION, "start": -100.0, "stop": 140.0, "num": 7}],
            {},
            "factors.rotation.stop: a triangle turned by -100 or 20 degrees is one image; keep the turns within 120 "
            "degrees, the end left out, or set params.allow_repeats = true",
        ),
        (
            [SHAPE, {**BACKGROUND, "low": 250, "high": 255}],
            {"levels": 8},
            "factors.background.high: 250 is as white at intensity 255 once quantised: the shape would not be seen",
        ),
        (
            [SHAPE],
            {"intensity": 0},
            "params.background: 0 is as white at intensity 0 once quantised: the shape would not be seen",
        ),
        (
            [SHAPE, BACKGROUND],
            {"levels": 8},
            "factors.background.high: 0 and 1 become one level; use more params.levels or other values, or set "
            "params.allow_repeats = true",
        ),
        (
            [SHAPE, {**COLOR, "values": ["green", "orange"]}],
            {"levels": 4},
            "params.levels: green at intensity 255 and orange at 255 become one shade; use more params.levels or other "
            "values, or set params.allow_repeats = true",
        ),
    ],
)
def test_what_a_recipe_may_not_ask_for(factors, params, line):
    if line is None:
        line = "params.target: 'x' is drawn from a range; ask for a factor with levels"
        data = {"name": "t", "generator": "shapes", "params": params, "factors": factors}
        with pytest.raises(InputError) as error:
            resolve(from_data({**data, "design": {"kind": "random", "size": 9}}, "t"))
        assert str(error.value) == f"recipe t: {line}"
    else:
        assert problem(*factors, **params) == line


def test_a_range_of_turns_may_not_go_beyond_the_symmetry():
    data = {"name": "t", "generator": "shapes", "design": {"kind": "random", "size": 9}}
    for high, wrong in ((90, False), (91, True)):
        turned = {**data, "factors": [SHAPE, {"type": "uniform", "name": "rotation", "low": 0, "high": high}]}
        if wrong:
            with pytest.raises(InputError, match="a square turned by 0 or 91 degrees is one image"):
                resolve(from_data(turned, "t"))
        else:
            resolve(from_data(turned, "t"))


def test_repeats_may_be_allowed():
    turns = {**ROTATION, "stop": 90.0, "num": 2}
    recipe = recipe_of({**SHAPE, "values": ["square"]}, turns, target="rotation", allow_repeats=True)
    first, second = bind(resolve(recipe)).make(rows_of(recipe)).input.tolist()
    assert first == second
    resolve(recipe_of(SHAPE, {**COLOR, "values": ["green", "orange"]}, levels=4, allow_repeats=True))
    assert "would not be seen" in problem(SHAPE, intensity=0, allow_repeats=True)


@pytest.mark.parametrize(
    ("factors", "params", "text"),
    [
        ([{**SHAPE, "values": ["circle"]}], {}, "factors.shape.values: 'circle' is none of: square, ellipse"),
        ([SHAPE, {**BACKGROUND, "high": 256}], {}, "factors.background.high: must be <= 255, not 256"),
        ([SHAPE, {**INTENSITY, "values": [0.5]}], {}, "factors.intensity.type: holds numbers that are not whole"),
        ([SHAPE], {"canvas": 4}, "params.canvas: must be >= 8, not 4"),
        ([SHAPE], {"fineness": 17}, "params.fineness: must be <= 16, not 17"),
        ([SHAPE], {"levels": 1}, "params.levels: must be >= 2, not 1"),
        ([SHAPE], {"target": "hue"}, "params.target: must be 'shape', 'size'"),
        ([SHAPE], {"colour": "red"}, "params.colour: unknown field; did you mean 'color'?"),
    ],
)
def test_ranges(factors, params, text):
    assert text in problem(*factors, **params)


def test_a_shape_may_touch_the_edges():
    recipe = recipe_of(SHAPE, size=16.0)
    batch = bind(resolve(recipe)).make(rows_of(recipe))
    assert len(set(batch.input.tolist())) == 3


def test_the_documentation_shows_a_real_example():
    page = (Path(__file__).parents[2] / "docs" / "tasks" / "images.md").read_text()
    recipe = recipe_of({**SHAPE, "values": ["heart", "square"]}, canvas=8, levels=8, patch=2, x=4.0, y=4.0, size=8.0)
    assert f"```text\n{bind(resolve(recipe)).make(rows_of(recipe)).input.tolist()[0]}\n```" in page
