"""Shapes: pixels worked by hand, true areas and polygons, symmetries, the twin's bits, any number of threads."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthkit.errors import InputError
from synthkit.ops import shapes
from synthkit.ops.reference import shapes as twin

DEVICES = ["cpu", "reference"]
INK, PAPER = np.array([[255]], np.uint8), np.array([[0]], np.uint8)


def one(name, x, y, size, rotation, canvas, fineness=4, **options):
    """One grey image [canvas, canvas], white on black."""
    drawn = shapes.draw([name], x, y, size, rotation, ink=INK, paper=PAPER, canvas=canvas, fineness=fineness, **options)
    assert drawn.dtype == np.uint8
    return drawn[0, :, :, 0]


def many(n, canvas, seed, channels=3):
    rng = np.random.default_rng(seed)
    size = rng.uniform(2, canvas, n)
    x, y = (rng.uniform(size / 2, canvas - size / 2) for _ in range(2))
    colours = rng.integers(0, 256, (2, n, channels), np.uint8)
    names = [shapes.SHAPES[k] for k in rng.integers(0, 5, n)]
    return names, x, y, size, rng.uniform(-360, 360, n), colours[0], colours[1]


def draw(case, rows=slice(None), **options):
    names, x, y, size, rotation, ink, paper = case
    return shapes.draw(
        names[rows], x[rows], y[rows], size[rows], rotation[rows], ink=ink[rows], paper=paper[rows], **options
    )


@pytest.mark.parametrize("device", DEVICES)
def test_a_square_by_hand(device):
    # Diameter 4 sqrt 2: side 4, from 2 to 6 on a canvas of 8. Rounding leaves the corners' circle just inside.
    image = one("square", 4, 4, 4 * math.sqrt(2), 0, 8, device=device)
    expected = np.zeros((8, 8), np.uint8)
    expected[2:6, 2:6] = 255
    assert image.tolist() == expected.tolist()


@pytest.mark.parametrize("device", DEVICES)
def test_edges_by_hand(device):
    # The same square half a pixel to the right, its sides at 2.5 and 6.5, on 2 x 2 points a pixel, at 1/4 and 3/4:
    # columns 2 and 6 have half of their points inside: (255 * 2 + 0 * 2 + 2) // 4 = 128.
    image = one("square", 4.5, 4, 4 * math.sqrt(2), 0, 8, fineness=2, device=device)
    assert image[2:6].tolist() == [[0, 0, 128, 255, 255, 255, 128, 0]] * 4
    assert not image[[0, 1, 6, 7]].any()


@pytest.mark.parametrize("device", DEVICES)
def test_a_triangle_by_hand(device):
    # Radius 4 about (4, 4): the base is at y = 6 (down), the top at y = 0. The middles of row r are v = 3.5 - r above
    # the centre, and inside where |dx| sqrt 3 <= 4 - v. Half widths of rows 0 to 5: 0.29, 0.87, 1.44, 2.02, 2.60, 3.18;
    # the middles of the pixels are at 0.5, 1.5, 2.5 and 3.5.
    image = one("triangle", 4, 4, 8, 0, 8, fineness=1, device=device)
    assert (image > 0).sum(1).tolist() == [0, 2, 2, 4, 6, 6, 0, 0]
    assert np.array_equal(image, image[:, ::-1])


@pytest.mark.parametrize("device", DEVICES)
def test_colours_are_mixed_to_the_nearest(device):
    # 1 of 4 points inside (a small square about one point): (200 + 3 * 100 + 2) / 4 = 125; (0 + 3 * 9 + 2) / 4 = 7.
    ink, paper = np.array([[200, 0]], np.uint8), np.array([[100, 9]], np.uint8)
    image = shapes.draw(["square"], 1.25, 1.25, 0.5, 0, ink=ink, paper=paper, canvas=3, fineness=2, device=device)[0]
    assert image[1, 1].tolist() == [125, 7]
    assert np.delete(image.reshape(9, 2), 4, 0).tolist() == [[100, 9]] * 8


# Areas over the square of the radius: (sqrt 2)^2; pi / 2; 3 sqrt 3 / 4; five squares of side 2 / sqrt 10. The heart's
# area is 3.66197 (integrated below) over the square of its reach.
AREAS = {"square": 2.0, "ellipse": math.pi / 2, "triangle": 1.299038, "cross": 2.0, "heart": 3.661972 / 1.424547782**2}


@pytest.mark.parametrize("name", shapes.SHAPES)
@pytest.mark.parametrize("rotation", [0.0, 37.0, -200.5])
def test_areas_are_true(name, rotation):
    image = one(name, 64, 64, 120, rotation, 128, fineness=8)
    assert image.sum() / 255 == pytest.approx(AREAS[name] * 60**2, rel=4e-3)


def test_the_area_of_the_heart():
    # In polar form r solves (r^2 - 1)^3 = r^5 c^2 s^3; the area is the integral of r^2 / 2, the reach its largest r.
    angle = (np.arange(20000) + 0.5) * (2 * math.pi / 20000)
    pull = np.cos(angle) ** 2 * np.sin(angle) ** 3
    low, high = np.zeros_like(angle), np.full_like(angle, 2.0)
    for _ in range(60):
        middle = (low + high) / 2
        inside = (middle**2 - 1) ** 3 <= middle**5 * pull
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    assert (low**2).sum() * math.pi / 20000 == pytest.approx(3.661972, rel=1e-5)
    assert low.max() == pytest.approx(1.424547782, rel=1e-7)


def _polygon(name):
    """Corners on or in the unit circle, v up."""
    if name == "cross":
        quarter = [(1, 3), (1, 1), (3, 1)]
        turned = [(x, y) for k in range(4) for x, y in [_quarter(p, k) for p in quarter]]
        return [(x / math.sqrt(10), y / math.sqrt(10)) for x, y in turned]
    first, count = {"square": (45, 4), "triangle": (90, 3)}[name]
    return [(math.cos(a), math.sin(a)) for a in (math.radians(first - 360 / count * k) for k in range(count))]


def _quarter(point, k):
    """A point turned clockwise by k quarters."""
    for _ in range(k):
        point = (point[1], -point[0])
    return point


def _inside_polygon(corners, x, y):
    """Even-odd rule."""
    inside = np.zeros(np.broadcast_shapes(x.shape, y.shape), bool)
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if y0 != y1:
            inside ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


@pytest.mark.parametrize("name", ["square", "triangle", "cross"])
@pytest.mark.parametrize("seed", range(4))
def test_polygons_are_where_their_corners_are(name, seed):
    rng = np.random.default_rng(seed)
    size, rotation = rng.uniform(8, 20), rng.uniform(-360, 360)
    x, y = rng.uniform(size / 2, 24 - size / 2, 2)
    c, s = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    corners = [(x + size / 2 * (c * u - s * v), y - size / 2 * (s * u + c * v)) for u, v in _polygon(name)]
    middle = np.arange(24) + 0.5
    expected = _inside_polygon(corners, middle[None, :], middle[:, None])
    assert np.array_equal(one(name, x, y, size, rotation, 24, fineness=1) > 0, expected)


@given(
    st.sampled_from(shapes.SHAPES),
    st.floats(0.1, 9),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(-360, 360),
    st.integers(1, 5),
)
def test_twin_agrees(name, size, right, down, rotation, fineness):
    x, y = (np.clip(size / 2 + part * (9 - size), size / 2, 9 - size / 2) for part in (right, down))
    if not (x - 0.5 * size >= 0 and x + 0.5 * size <= 9 and y - 0.5 * size >= 0 and y + 0.5 * size <= 9):
        return
    images = [one(name, x, y, size, rotation, 9, fineness, device=device) for device in DEVICES]
    assert images[0].tolist() == images[1].tolist()


def test_twin_agrees_on_a_batch_in_colour():
    case = many(60, 20, seed=1)
    assert np.array_equal(draw(case, canvas=20, device="cpu"), draw(case, canvas=20, device="reference"))


def test_any_number_of_threads_and_any_batch():
    case = many(300, 24, seed=2)
    whole = draw(case, canvas=24, threads=1)
    for threads in (2, 3, 7):
        assert draw(case, canvas=24, threads=threads).tobytes() == whole.tobytes()
    for i in (0, 7, 299):
        assert np.array_equal(draw(case, slice(i, i + 1), canvas=24)[0], whole[i])
    assert draw(case, slice(0, 0), canvas=24).shape == (0, 24, 24, 3)


@pytest.mark.parametrize("name", shapes.SHAPES)
@pytest.mark.parametrize("device", DEVICES)
def test_a_quarter_turn_turns_the_image(name, device):
    """Exactly: a quarter of a turn moves no bit. np.rot90 turns counter-clockwise."""
    straight = one(name, 7.5, 7.5, 11, 0, 15, device=device)
    for k in (1, 2, 3, 4, -1, -2, -4):
        assert np.array_equal(one(name, 7.5, 7.5, 11, 90 * k, 15, device=device), np.rot90(straight, k))


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_symmetry_is_the_smallest_turn_that_changes_nothing(name):
    def at(rotation):
        return one(name, 16, 16, 31, rotation, 32, fineness=1).astype(int)

    angle = shapes.SYMMETRY[name]
    assert 360 % angle == 0
    # Points on an edge may fall to either side: of about 1,000 pixels few differ, where a wrong turn moves many.
    for start in (-5, -20, -100):
        assert (at(start) != at(start + angle)).sum() <= 2
        for part in (2, 3, 4, 6):
            assert (at(start) != at(start + angle / part)).sum() > 20


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_every_shape_fills_its_circle_and_stays_inside(name):
    rows, columns = np.nonzero(one(name, 64, 64, 128, 10, 128, fineness=1))
    distance = np.hypot(rows + 0.5 - 64, columns + 0.5 - 64)
    assert 62 < distance.max() <= 64


@pytest.mark.parametrize("angle", [*range(-360, 361, 15), 0.1, 44.999, 45, 45.001, 359.9])
def test_turns_are_those_of_libm(angle):
    cosine, sine = twin.turn(angle)
    assert cosine == pytest.approx(math.cos(math.radians(angle)), abs=1e-15)
    assert sine == pytest.approx(math.sin(math.radians(angle)), abs=1e-15)


GOOD = {"shape": ["square"], "x": 4, "y": 4, "size": 4, "rotation": 0, "ink": INK, "paper": PAPER, "canvas": 8}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shape": ["circle"]}, "shape: row 0: 'circle' is none of: square, ellipse"),
        ({"shape": "square"}, "shape: must be names"),
        ({"x": [4, 4]}, r"x: must be a number or \[1\], not \[2\]"),
        ({"x": 1.9}, "x: row 0: 1.9 puts the shape's circle beyond the canvas of 8 pixels"),
        ({"y": 6.01}, "y: row 0: 6.01 puts the shape's circle beyond"),
        ({"y": np.nan}, "y: nan at"),
        ({"size": 0}, "size: row 0: 0 must be above 0"),
        ({"size": 8.1}, "x: row 0: 4 puts"),
        ({"rotation": 361}, "rotation: row 0: 361 must be from -360 to 360 degrees"),
        ({"rotation": np.inf}, "rotation: inf at"),
        ({"ink": np.array([[255]])}, "ink: must be uint8"),
        ({"ink": np.zeros((2, 1), np.uint8)}, r"ink: must be uint8 \[1, channels\]"),
        ({"paper": np.zeros((1, 3), np.uint8)}, r"paper: must be uint8 \[1, 1\] as ink"),
        ({"canvas": 257}, "canvas: must be a whole number from 1 to 256"),
        ({"fineness": 17}, "fineness: must be a whole number from 1 to 16"),
        ({"device": "gpu"}, "device: 'gpu' is none of"),
        ({"threads": 0}, "threads"),
    ],
)
def test_bad_input(change, message):
    with pytest.raises(InputError, match=message):
        shapes.draw(**{**GOOD, **change})
