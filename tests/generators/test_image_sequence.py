"""Images as text: written by hand, recomputed pixel by pixel, cut into any batches; what a recipe may not ask for."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synthkit.dataset import load
from synthkit.errors import InputError
from synthkit.generators.image_sequence import ImageSequence
from synthkit.generators.images import content_hash, image_texts, open_source, quantise, to_gray
from synthkit.recipe import Categorical, Random, Recipe
from synthkit.recipe.load import load_recipe
from synthkit.records import Rows, TextExample
from synthkit.run import build


def generator(splits=("train", "validation", "test"), **params):
    """Bound by hand; the factor stands for whatever a recipe has and is not looked at."""
    recipe = Recipe(
        name="images",
        generator="image_sequence",
        params=params,
        factors=(Categorical(name="none", values=("a",)),),
        design=Random(size=len(splits)),
        splits=dict.fromkeys(splits, 1),
    )
    return ImageSequence.bind(recipe, ImageSequence.Params.model_validate_json(json.dumps(params)))


def rows_of(items, split="train"):
    items = np.asarray(items, np.int64)
    return Rows(split, np.arange(len(items)), {}, np.zeros((len(items), 0), np.int64), item=items)


def write_mnist(folder, train, test, pack=False):
    """Four idx files from (images [n, h, w], labels [n]) each."""
    folder.mkdir(exist_ok=True)
    for name, (images, labels) in (("train", train), ("t10k", test)):
        n, height, width = images.shape
        files = {
            f"{name}-images-idx3-ubyte": struct.pack(">IIII", 0x803, n, height, width) + images.tobytes(),
            f"{name}-labels-idx1-ubyte": struct.pack(">II", 0x801, n) + bytes(labels),
        }
        for file, content in files.items():
            path = folder / (file + ".gz" if pack else file)
            path.write_bytes(gzip.compress(content) if pack else content)
    return folder


def write_cifar(folder, train, test):
    """Five files and one from (images [n, 32, 32, 3], labels [n]) each, n of train divisible by 5."""
    folder.mkdir(exist_ok=True)
    pieces = dict(enumerate(zip(np.split(train[0], 5), np.split(np.array(train[1]), 5), strict=True), 1))
    names = {f"data_batch_{k}.bin": piece for k, piece in pieces.items()} | {"test_batch.bin": test}
    for name, (images, labels) in names.items():
        content = b""
        for image, label in zip(images, labels, strict=True):
            content += bytes([int(label)]) + b"".join(image[:, :, c].tobytes() for c in range(3))
        (folder / name).write_bytes(content)
    return folder


def noise(n, height, width, channels=None, seed=0):
    shape = (n, height, width) if channels is None else (n, height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def spelled(image, patch, levels, maximum=255):
    """One image [h][w][c] as text, value by value."""
    words = []
    for top in range(0, len(image), patch):
        for left in range(0, len(image[0]), patch):
            values = []
            for row in range(top, top + patch):
                for column in range(left, left + patch):
                    values += [str(int(value) * levels // (maximum + 1)) for value in image[row][column]]
            words.append(",".join(values))
    return " ".join(words)


def luma(pixel):
    red, green, blue = (int(value) for value in pixel)
    return (19595 * red + 38470 * green + 7471 * blue + 32768) // 65536


def test_a_patch_by_hand():
    # 2 x 4 pixels of 2 channels, numbered in reading order; patches of 2 x 2 pixels: pixels 0 1 4 5, then 2 3 6 7.
    image = np.arange(16, dtype=np.uint8).reshape(1, 2, 4, 2)
    assert image_texts(image, 2).tolist() == ["0,1,2,3,8,9,10,11 4,5,6,7,12,13,14,15"]
    assert image_texts(image, 1).tolist() == ["0,1 2,3 4,5 6,7 8,9 10,11 12,13 14,15"]
    assert image_texts(image[..., :1], 1).tolist() == ["0 2 4 6 8 10 12 14"]


def test_levels_by_hand():
    # Four levels of 256 values: 64 values each. Two levels of 17 (digits): floor(2 v / 17) is 0 up to 8, 1 from 9.
    assert quantise(np.array([0, 63, 64, 127, 128, 191, 192, 255], np.uint8), 4).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert quantise(np.array([0, 8, 9, 16], np.uint8), 2, 16).tolist() == [0, 0, 1, 1]
    everything = np.arange(256, dtype=np.uint8)
    assert quantise(everything, 256).tolist() == everything.tolist()


@pytest.mark.parametrize("levels", [2, 3, 10, 100, 255, 256])
def test_levels_share_the_values_evenly(levels):
    counts = np.bincount(quantise(np.arange(256, dtype=np.uint8), levels))
    assert len(counts) == levels
    assert counts.max() - counts.min() <= 1


def test_gray_is_that_of_pillow():
    Image = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    assert np.array_equal(to_gray(pixels)[..., 0], np.array(Image.fromarray(pixels).convert("L")))
    even = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    assert to_gray(even)[:, 0].tolist() == list(range(256))


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(0, 3), st.just(4), st.just(6), st.sampled_from([1, 3]))),
    st.sampled_from([1, 2]),
    st.integers(2, 256),
)
def test_texts_are_spelled_value_by_value(images, patch, levels):
    texts = image_texts(quantise(images, levels), patch).tolist()
    assert texts == [spelled(image.tolist(), patch, levels) for image in images]


def test_digits_are_those_of_scikit_learn():
    load_digits = pytest.importorskip("sklearn.datasets").load_digits
    known = load_digits()
    made = generator()
    batch = made.make(rows_of(range(1797)))
    for text, image in zip(batch.input.tolist(), known.images.astype(int).tolist(), strict=True):
        assert text == " ".join(str(value) for line in image for value in line)
    assert batch.target.tolist() == [str(label) for label in known.target]
    assert batch.rows.values["label"].tolist() == [str(label) for label in known.target]
    assert batch.rows.values["image"].tolist() == list(range(1797))
    assert made.problems() == []
    assert {split: (pool.name, pool.size) for split, pool in made.pools().items()} == dict.fromkeys(
        ("train", "validation", "test"), ("all", 1797)
    )


def test_mnist_in_patches(tmp_path):
    images, labels = noise(7, 6, 4), [3, 1, 4, 1, 5, 9, 2]
    write_mnist(tmp_path, (images, labels), (noise(2, 6, 4, seed=5), [6, 5]))
    made = generator(source_kind="mnist", path=str(tmp_path), patch=2, levels=16)
    assert made.problems() == []
    assert {split: (pool.name, pool.size) for split, pool in made.pools().items()} == {
        "train": ("train", 7),
        "validation": ("train", 7),
        "test": ("test", 2),
    }
    batch = made.make(rows_of([6, 0, 0, 3], "validation"))
    assert batch.input.tolist() == [spelled(images[i][..., None].tolist(), 2, 16) for i in (6, 0, 0, 3)]
    assert batch.target.tolist() == ["2", "3", "3", "1"]
    other = made.make(rows_of([1], "test"))
    assert other.input.tolist() == [spelled(noise(2, 6, 4, seed=5)[1][..., None].tolist(), 2, 16)]
    assert other.rows.values["image"].tolist() == [1]
    assert other.target.tolist() == ["5"]


@pytest.mark.parametrize("channels", [None, "rgb", "gray"])
def test_cifar(tmp_path, channels):
    train, test = (noise(10, 32, 32, 3), list(range(10))), (noise(3, 32, 32, 3, seed=8), [9, 0, 4])
    write_cifar(tmp_path, train, test)
    made = generator(source_kind="cifar10", path=str(tmp_path), patch=4, channels=channels, levels=32)
    assert made.problems() == []
    # Items of all five files, out of order.
    order = [9, 0, 4, 5, 1, 8]
    batch = made.make(rows_of(order))
    images = train[0].tolist()
    if channels == "gray":
        images = [[[[luma(pixel)] for pixel in line] for line in image] for image in images]
    assert batch.input.tolist() == [spelled(images[i], 4, 32) for i in order]
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    assert batch.target.tolist() == [names[i] for i in order]
    assert batch.layout.labels == tuple(names)
    assert made.make(rows_of([2, 0], "test")).target.tolist() == ["deer", "truck"]


def test_any_batch_gives_the_same_texts(tmp_path):
    write_cifar(tmp_path, (noise(20, 32, 32, 3), [k % 10 for k in range(20)]), (noise(1, 32, 32, 3), [0]))
    params = {"source_kind": "cifar10", "path": str(tmp_path), "patch": 8, "levels": 7}
    order = np.random.default_rng(3).permutation(20)
    whole = generator(**params).make(rows_of(order))
    texts = whole.input.tolist()
    made = generator(**params)
    assert [made.make(rows_of([item])).input.tolist()[0] for item in order] == texts
    assert made.make(rows_of(order[5:9])).input.tolist() == texts[5:9]
    assert made.make(rows_of(order[::-1])).input.tolist() == texts[::-1]
    empty = made.make(rows_of([]))
    assert (len(empty.input), len(empty.target), len(empty.rows)) == (0, 0, 0)
    longest = max(len(text.encode()) for text in texts)
    assert longest <= made.layout.bytes_per_example


def test_measured_factors_follow_the_recipe_s():
    rows = Rows("train", np.arange(2), {"own": np.array([5, 6])}, np.array([[0], [1]]), item=np.array([3, 1]))
    made = generator()
    found = made.make(rows).rows
    assert list(found.values) == ["own", "label", "image"]
    assert found.values["label"].tolist() == ["3", "1"]
    assert found.indices.tolist() == [[0, 3, -1], [1, 1, -1]]  # so many positions are no levels
    assert [(info.name, info.dtype, info.levels, info.measured) for info in made.measured] == [
        ("label", "string", 10, True),
        ("image", "int64", None, True),
    ]


def test_score_and_check():
    made = generator()
    batch = made.make(rows_of(range(100)))
    for k, (text, target) in enumerate(zip(batch.input.tolist(), batch.target.tolist(), strict=True)):
        example = TextExample(f"train-{k:08d}", {}, np.zeros(0, np.int64), text, target, None)
        assert made.score(target, example) == made.score(f" {target}\n", example) == 1
        for other in {*made.layout.labels, "", "x", target * 2} - {target}:
            assert made.score(other, example) < 1
        assert made.explain(example) is None
        verdict = made.check(target, example)
        assert (verdict.ok, verdict.reason) == (False, "this task has no explanations")


def test_the_hash_is_of_what_is_held_not_of_how_it_is_packed(tmp_path):
    train, test = (noise(5, 4, 4), [1, 2, 3, 4, 5]), (noise(2, 4, 4, seed=9), [0, 9])
    plain = write_mnist(tmp_path / "plain", train, test)
    packed = write_mnist(tmp_path / "packed", train, test, pack=True)
    found = content_hash(open_source("mnist", str(plain)))
    assert content_hash(open_source("mnist", str(packed))) == found
    assert generator(source_kind="mnist", path=str(plain), sha256=found).problems() == []
    for change in ((noise(5, 4, 4), [1, 2, 3, 4, 6]), (noise(5, 4, 4, seed=1), [1, 2, 3, 4, 5])):
        other = write_mnist(tmp_path / "other", change, test)
        (line,) = generator(source_kind="mnist", path=str(other), sha256=found).problems()
        assert line.startswith("params.sha256: the images hash to ")
        assert line.endswith(f"not {found}: these are not the images that were meant")


def test_the_hash_of_the_digits():
    import hashlib

    known = pytest.importorskip("sklearn.datasets").load_digits()
    digest = hashlib.sha256(b'["all",1797,8,8,1,["0","1","2","3","4","5","6","7","8","9"]]\n')
    for image, label in zip(known.data, known.target, strict=True):
        digest.update(bytes(int(value) for value in image) + int(label).to_bytes(8, "little"))
    assert content_hash(open_source("digits")) == digest.hexdigest()


@pytest.mark.parametrize(
    ("params", "line"),
    [
        ({"patch": 3}, "params.patch: must divide both sides of the images (8 x 8 pixels), not 3"),
        ({"patch": 16}, "params.patch: must divide both sides of the images (8 x 8 pixels), not 16"),
        ({"levels": 18}, "params.levels: the images have 17 levels, not 18; use no more"),
        ({"channels": "rgb"}, "params.channels: the images are grey; use 'gray', or leave it out"),
        ({"path": "x"}, "params.path: digits come with the package: leave the path out, or choose another source_kind"),
        ({"image_column": "img"}, "params.image_column: columns are for source_kind 'datasets', not 'digits'"),
        (
            {"source_kind": "mnist"},
            "params.path: must name the folder of MNIST's four idx files (train-images-idx3-ubyte and so on, as they "
            "are or as .gz): --set params.path=FOLDER",
        ),
        (
            {"source_kind": "cifar10"},
            "params.path: must name a folder: download https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz and "
            "unpack it: the folder is cifar-10-batches-bin; --set params.path=FOLDER",
        ),
        ({"source_kind": "folder"}, "params.path: must name a folder with a sub-folder of .png files for each class: "
         "--set params.path=FOLDER"),
        ({"source_kind": "datasets"}, "params.path: must name a folder that Dataset.save_to_disk wrote: --set "
         "params.path=FOLDER"),
    ],
)  # fmt: skip
def test_what_a_recipe_may_not_ask_for(params, line):
    assert generator(**params).problems() == [line]


def test_all_problems_at_once():
    assert len(generator(patch=3, levels=20, channels="rgb").problems()) == 3


@pytest.mark.parametrize(
    "params", [{"patch": 0}, {"levels": 1}, {"levels": 257}, {"sha256": "abc"}, {"source_kind": "x"}]
)
def test_ranges(params):
    with pytest.raises(ValueError, match="1 validation error"):
        generator(**params)


def test_rows_without_items_are_refused():
    rows = Rows("train", np.arange(1), {}, np.zeros((1, 0), np.int64))
    with pytest.raises(InputError, match="rows need an item each"):
        generator().make(rows)


def test_the_documentation_shows_a_real_example():
    page = (Path(__file__).parents[2] / "docs" / "tasks" / "images.md").read_text()
    batch = generator(patch=4).make(rows_of([0]))
    assert f"the target is `{batch.target.tolist()[0]}`" in page
    assert f"```text\n{batch.input.tolist()[0]}\n```" in page


def test_the_recipe_of_cifar_from_made_up_files(tmp_path, golden):
    """The published recipe on files that the test writes; the fingerprint is recorded."""
    rng = np.random.default_rng(10)
    train = (rng.integers(0, 256, (50, 32, 32, 3), np.uint8), rng.integers(0, 10, 50).tolist())
    test = (rng.integers(0, 256, (10, 32, 32, 3), np.uint8), rng.integers(0, 10, 10).tolist())
    write_cifar(tmp_path / "cifar", train, test)
    splits = json.dumps({"train": 40, "validation": 10, "test": 10})
    recipe = load_recipe("cifar10_sequence", [f"params.path={tmp_path / 'cifar'}", f"splits={splits}"])
    made = build(recipe, tmp_path / "d", workers=1)
    assert made.fingerprint == golden("cifar10_made.json")["fingerprint"]
    assert {e.factors["image"] for e in load(tmp_path / "d", "test")} == set(range(10))
    seen = [e.factors["image"] for s in ("train", "validation") for e in load(tmp_path / "d", s)]
    assert sorted(seen) == list(range(50))
    assert 'license: "unknown"' in (tmp_path / "d/README.md").read_text()
