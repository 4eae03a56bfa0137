"""Files of images: published formats, written by the tests, and all that can be wrong in them, by name and place."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.generators.images import content_hash, open_source


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def everything(source):
    """All that a source holds: part -> (images, labels)."""
    return {part: source.read(part, np.arange(size, dtype=np.int64)) for part, size in source.parts.items()}


def faults(kind, path):
    """What opening or looking through a source says, or what reading it raises."""
    try:
        source = open_source(kind, str(path))
        lines = source.problems()
        if not lines:
            everything(source)
    except InputError as error:
        return [str(error)]
    return lines


# MNIST


def idx(magic, *sizes, content=b""):
    return struct.pack(f">{1 + len(sizes)}I", magic, *sizes) + content


def mnist(folder, pack=False):
    """Three train images of 2 x 3 and one test image; returns the images."""
    images = {"train": noise(3, 2, 3), "t10k": noise(1, 2, 3, seed=1)}
    for name, pixels in images.items():
        n = len(pixels)
        put(folder / f"{name}-images-idx3-ubyte", idx(0x803, n, 2, 3, content=pixels.tobytes()), pack)
        put(folder / f"{name}-labels-idx1-ubyte", idx(0x801, n, content=bytes(range(n))), pack)
    return images


def put(path, content, pack=False):
    path = Path(f"{path}.gz") if pack else path
    path.write_bytes(gzip.compress(content) if pack else content)


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize("dot", [False, True])
def test_mnist(tmp_path, pack, dot):
    images = mnist(tmp_path, pack)
    if dot:
        for path in list(tmp_path.iterdir()):
            path.rename(tmp_path / path.name.replace("-idx", ".idx"))
    source = open_source("mnist", str(tmp_path))
    assert source.problems() == []
    assert (source.parts, source.classes) == ({"train": 3, "test": 1}, tuple("0123456789"))
    found = everything(source)
    assert np.array_equal(found["train"][0][..., 0], images["train"])
    assert np.array_equal(found["test"][0][..., 0], images["t10k"])
    assert found["train"][1].tolist() == [0, 1, 2]


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("train-images-idx3-ubyte", idx(0x803, 3, 2, 3, content=bytes(17)),
         "truncated: ends at byte 33, but its head promises 34 bytes"),
        ("train-images-idx3-ubyte", idx(0x803, 3, 2, 3, content=bytes(19)),
         "goes on at byte 34, where its head says that it ends"),
        ("train-images-idx3-ubyte", idx(0x803, 3, 2), "truncated: ends at byte 12, within its head of 16 bytes"),
        ("train-images-idx3-ubyte", b"", "truncated: ends at byte 0, within its head of 16 bytes"),
        ("train-images-idx3-ubyte", idx(0x801, 3, 2, 3, content=bytes(18)),
         "begins with 0x00000801 at byte 0, not 0x00000803: no idx file"),
        ("train-images-idx3-ubyte", idx(0x803, 3, 2, 2**31), "its head says 3 x 2 x 2147483648 at byte 4"),
        ("train-images-idx3-ubyte", idx(0x803, 0, 2, 3), "its head says 0 x 2 x 3 at byte 4"),
        ("t10k-images-idx3-ubyte", idx(0x803, 1, 3, 2, content=bytes(6)),
         "images of 3 x 2, but train-images-idx3-ubyte"),
        ("train-labels-idx1-ubyte", idx(0x801, 2, content=bytes(2)), "2 labels for 3 images"),
        ("train-labels-idx1-ubyte", idx(0x801, 3, content=bytes([0, 1, 10])), "label 10 at byte 10; must be 0 to 9"),
    ],
)  # fmt: skip
def test_a_bad_mnist_file_is_named(tmp_path, pack, file, content, message):
    mnist(tmp_path, pack)
    put(tmp_path / file, content, pack)
    (line,) = faults("mnist", tmp_path)
    assert str(tmp_path / file) in line
    assert message in line


@pytest.mark.parametrize("cut", [5, 25, 60])
def test_a_damaged_gz_is_named(tmp_path, cut):
    mnist(tmp_path, pack=True)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    big = gzip.compress(idx(0x803, 3, 2, 3, content=noise(18).tobytes()))
    path.write_bytes(big[: min(cut, len(big) - 4)])
    (line,) = faults("mnist", tmp_path)
    assert line.startswith(f"{path}: damaged after ")
    path.write_bytes(b"no gzip at all, but long enough to be one")
    (line,) = faults("mnist", tmp_path)
    assert line.startswith(f"{path}: damaged after 0 unpacked bytes: Not a gzipped file")


def test_a_missing_mnist_file_is_named(tmp_path):
    mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    assert faults("mnist", tmp_path) == [f"{tmp_path}: has no t10k-labels-idx1-ubyte and no t10k-labels-idx1-ubyte.gz"]


@pytest.mark.parametrize("kind", ["mnist", "cifar10", "folder", "datasets"])
def test_a_missing_folder_is_named(tmp_path, kind):
    if kind == "datasets":
        pytest.importorskip("datasets")
    assert faults(kind, tmp_path / "nowhere") == [f"{tmp_path / 'nowhere'}: no such folder"]
    (tmp_path / "a.tar.gz").write_bytes(b"")
    assert faults(kind, tmp_path / "a.tar.gz") == [
        f"{tmp_path / 'a.tar.gz'}: is a file; unpack it, and give the folder"
    ]


@pytest.mark.parametrize(("kind", "file"), [("cifar10", "data_batch_1.bin"), ("mnist", "train-images-idx3-ubyte")])
def test_an_unreadable_file_is_named(tmp_path, kind, file, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    {"cifar10": cifar10, "mnist": mnist}[kind](tmp_path)
    monkeypatch.setattr(np, "memmap", refuse)
    assert faults(kind, tmp_path)[0] == f"{tmp_path / file}: Permission denied"


# CIFAR


def records(images, *labels):
    """Bytes of records: labels, then the red, green and blue planes."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return np.concatenate([np.array(labels, np.uint8).T, planes], axis=1).tobytes()


CIFAR10 = [*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"]


def cifar10(folder):
    """Two records a file; returns the images by file."""
    folder.mkdir(exist_ok=True)
    images = {name: noise(2, 32, 32, 3, seed=k) for k, name in enumerate(CIFAR10)}
    for k, (name, pixels) in enumerate(images.items()):
        (folder / name).write_bytes(records(pixels, [k, 9 - k]))
    return images


@pytest.mark.parametrize("inside", ["", "cifar-10-batches-bin"])
def test_cifar10(tmp_path, inside):
    images = cifar10(tmp_path / inside)
    source = open_source("cifar10", str(tmp_path))
    assert source.problems() == []
    assert source.parts == {"train": 10, "test": 2}
    found = everything(source)
    assert np.array_equal(found["train"][0], np.concatenate([images[name] for name in CIFAR10[:5]]))
    assert found["train"][1].tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5]
    assert np.array_equal(found["test"][0], images["test_batch.bin"])
    assert found["test"][1].tolist() == [5, 4]
    assert source.classes[:2] == ("airplane", "automobile")


def test_the_names_of_the_archive_count(tmp_path):
    cifar10(tmp_path)
    names = [f"name {k}" for k in range(10)]
    (tmp_path / "batches.meta.txt").write_text("\n".join(names) + "\n\n")
    assert open_source("cifar10", str(tmp_path)).classes == tuple(names)
    for wrong in (names[:9], [*names[:9], names[0]]):
        (tmp_path / "batches.meta.txt").write_text("\n".join(wrong))
        assert faults("cifar10", tmp_path) == [f"{tmp_path / 'batches.meta.txt'}: must hold 10 different names, not 9"]


def test_cifar100_has_fine_labels(tmp_path):
    pixels = noise(3, 32, 32, 3)
    (tmp_path / "train.bin").write_bytes(records(pixels, [1, 2, 3], [0, 99, 50]))
    (tmp_path / "test.bin").write_bytes(records(pixels[:1], [19], [7]))
    assert faults("cifar100", tmp_path) == [f"{tmp_path}: has no fine_label_names.txt, which holds the classes' names"]
    (tmp_path / "fine_label_names.txt").write_text("\n".join(f"c{k}" for k in range(100)))
    source = open_source("cifar100", str(tmp_path))
    assert source.problems() == []
    found = everything(source)
    assert np.array_equal(found["train"][0], pixels)
    assert (found["train"][1].tolist(), found["test"][1].tolist()) == ([0, 99, 50], [7])
    (tmp_path / "test.bin").write_bytes(records(pixels[:1], [19], [100]))
    assert faults("cifar100", tmp_path) == [
        f"{tmp_path / 'test.bin'}: label 100 of record 0, at byte 1; must be 0 to 99"
    ]


def test_a_truncated_cifar_file_is_named_with_the_offset(tmp_path):
    cifar10(tmp_path)
    path = tmp_path / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:-1])
    assert faults("cifar10", tmp_path) == [
        f"{path}: truncated: record 1 begins at byte 3073, and the file ends at byte 6145, after 3072 of 3073 bytes"
    ]
    path.write_bytes(b"")
    assert faults("cifar10", tmp_path) == [f"{path}: is empty: it ends at byte 0"]
    path.unlink()
    (line,) = faults("cifar10", tmp_path)
    assert line.startswith(f"{tmp_path}: has no data_batch_3.bin; download https://www.cs.toronto.edu/~kriz/")


def test_every_wrong_label_of_cifar_is_named_with_the_offset(tmp_path):
    images = cifar10(tmp_path)
    for name in ("data_batch_5.bin", "test_batch.bin"):
        (tmp_path / name).write_bytes(records(images[name], [0, 10]))
    lines = [f"{tmp_path / n}: label 10 of record 1, at byte 3073; must be 0 to 9" for n in CIFAR10[4:]]
    assert faults("cifar10", tmp_path) == lines
    with pytest.raises(InputError, match=r"data_batch_5\.bin: label 10 of record 1, at byte 3073"):
        open_source("cifar10", str(tmp_path)).read("train", np.array([9]))


@pytest.mark.parametrize("name", ["cifar-10-batches-py", "data_batch_1"])
def test_the_pickled_version_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    for path in (tmp_path, tmp_path / name):
        (line,) = faults("cifar10", path)
        if path == tmp_path or name == "cifar-10-batches-py":
            assert "holds the Python version" in line
            assert (
                "reading a pickle runs code; take the binary version, https://www.cs.toronto.edu/~kriz/cifar-10-bin"
                in line
            )


# PNG


def png(pixels, depth=8, kind=None, extra=b""):
    """A PNG file written by hand, without filters; `kind` is the colour type, `extra` whole chunks before the data."""
    height, width = pixels.shape[:2]
    kind = (0 if pixels.ndim == 2 else 2) if kind is None else kind
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def fill(folder, classes, shape=(4, 6), count=2):
    """PNG files <class>/<k>.png; returns the images in order."""
    images = []
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for k in range(count):
            images.append(noise(*shape, seed=len(images)))
            (folder / name / f"{k}.png").write_bytes(png(images[-1]))
    return images


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3)])
def test_a_folder_of_png(tmp_path, shape):
    pytest.importorskip("PIL")
    images = fill(tmp_path, ["b", "a b", "Z"], shape)
    (tmp_path / ".DS_Store").write_bytes(b"")
    (tmp_path / "b" / ".hidden").write_bytes(b"")
    source = open_source("folder", str(tmp_path))
    assert source.problems() == []
    assert source.classes == ("Z", "a b", "b")
    found, labels = everything(source)["all"]
    assert np.array_equal(found.reshape(6, *shape), np.array(images)[[4, 5, 2, 3, 0, 1]])
    assert labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert len(content_hash(source)) == 64


def test_a_folder_with_parts(tmp_path):
    pytest.importorskip("PIL")
    train = fill(tmp_path / "train", ["a", "c"])
    test = fill(tmp_path / "test", ["b", "c"], count=1)
    source = open_source("folder", str(tmp_path))
    assert (source.parts, source.classes) == ({"test": 2, "train": 4}, ("a", "b", "c"))
    found = everything(source)
    assert np.array_equal(found["train"][0][..., 0], np.array(train))
    assert np.array_equal(found["test"][0][..., 0], np.array(test))
    assert (found["train"][1].tolist(), found["test"][1].tolist()) == ([0, 0, 2, 2], [1, 2])


WRONG = {
    "16 bit": (png(np.zeros((4, 6), ">u2"), depth=16), "has grey of 16 bits; must be grey or RGB of 8 bits"),
    "16 bit RGB": (png(np.zeros((4, 6, 3), ">u2"), depth=16), "has RGB of 16 bits"),
    "1 bit": (png(np.zeros((4, 1), np.uint8), depth=1), "has grey of 1 bits"),
    "alpha": (png(np.zeros((4, 6, 4), np.uint8), kind=6), "has RGB with alpha of 8 bits; must be"),
    "grey alpha": (png(np.zeros((4, 6, 2), np.uint8), kind=4), "has grey with alpha of 8 bits"),
    "palette": (png(np.zeros((4, 6), np.uint8), kind=3, extra=chunk(b"PLTE", bytes(3))), "has a palette of 8 bits"),
    "transparent": (png(np.zeros((4, 6), np.uint8), extra=chunk(b"tRNS", b"\0\0")), "has a transparent colour"),
    "other size": (png(np.zeros((6, 4), np.uint8)), "is 6 x 4 grey; "),
    "colour": (png(np.zeros((4, 6, 3), np.uint8)), "is 4 x 6 RGB; "),
    "huge": (png(np.zeros((1, 1), np.uint8)).replace(struct.pack(">II", 1, 1), struct.pack(">II", 1, 5000)),
             "is 5000 x 1 pixels; at most 1024 x 1024"),
    "cut head": (png(np.zeros((4, 6), np.uint8))[:20], "truncated: ends at byte 20, within its head of 33 bytes"),
    "cut": (png(noise(4, 6))[:45], "damaged: "),
    "bad sum": (png(noise(4, 6))[:-20] + bytes(20), "damaged: "),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(40), "is no PNG image (byte 0)"),
    "empty": (b"", "is no PNG image (byte 0)"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_png_is_named(tmp_path, name):
    pytest.importorskip("PIL")
    fill(tmp_path, ["a", "b"])
    content, message = WRONG[name]
    (tmp_path / "b" / "1.png").write_bytes(content)
    (line,) = faults("folder", tmp_path)
    assert line.startswith(f"{tmp_path / 'b' / '1.png'}: ")
    assert message in line


def test_all_wrong_heads_are_named(tmp_path):
    pytest.importorskip("PIL")
    fill(tmp_path, ["a", "b"])
    (tmp_path / "b" / "0.png").write_bytes(WRONG["alpha"][0])
    (tmp_path / "b" / "1.png").write_bytes(WRONG["other size"][0])
    first, second = faults("folder", tmp_path)
    assert "b/0.png: has RGB with alpha" in first
    assert "b/1.png: is 6 x 4 grey; all images must be as the first one, 4 x 6 grey (0.png)" in second


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: (root / "b" / "notes.txt").write_text("x"), "b/notes.txt: is no .png file; move it out"),
        (lambda root: (root / "b" / "deep").mkdir(), "b/deep: is no .png file"),
        (
            lambda root: (root / "readme").write_text("x"),
            "readme: is a file; there must be one sub-folder for each class",
        ),
        (lambda root: (root / "empty").mkdir(), "empty: holds no .png file"),
        (lambda root: (root / " c").mkdir(), " c: a class's name may not begin or end with a space"),
    ],
)
def test_what_else_is_in_a_folder_is_refused(tmp_path, change, message):
    fill(tmp_path, ["a", "b"])
    change(tmp_path)
    (line,) = faults("folder", tmp_path)
    assert message in line


def test_an_empty_folder_is_refused(tmp_path):
    assert faults("folder", tmp_path) == [
        f"{tmp_path}: has no sub-folders; there must be one for each class, with .png files"
    ]


def test_png_needs_pillow(tmp_path, monkeypatch):
    fill(tmp_path, ["a"])
    source = open_source("folder", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(InputError, match="reading PNG images needs Pillow: pip install"):
        source.read("all", np.array([0]))


# Saved datasets


def saved(path, *, labels, images=None, features=None, parts=None):
    """A dataset on disk, of the given labels, in one piece or with a split for each of `parts`."""
    datasets = pytest.importorskip("datasets")
    Image = pytest.importorskip("PIL.Image")
    images = noise(len(labels), 4, 6) if images is None else images
    column = [Image.fromarray(image) if isinstance(image, np.ndarray) else image for image in images]
    kinds = datasets.Features({"image": datasets.Image(), "label": features or datasets.Value("string")})
    whole = datasets.Dataset.from_dict({"image": column, "label": labels}, features=kinds)
    if parts is not None:
        first = 0
        splits = {}
        for name, size in parts.items():
            splits[name] = whole.select(range(first, first + size))
            first += size
        whole = datasets.DatasetDict(splits)
    whole.save_to_disk(str(path))
    return images


def class_label(names):
    return pytest.importorskip("datasets").ClassLabel(names=names)


def test_a_saved_dataset(tmp_path):
    images = saved(tmp_path, labels=[2, 0, 1, 2], features=class_label(["x", "y", "z"]))
    source = open_source("datasets", str(tmp_path))
    assert source.problems() == []
    assert (source.parts, source.classes) == ({"all": 4}, ("x", "y", "z"))
    found, labels = source.read("all", np.array([3, 0, 0]))
    assert np.array_equal(found[..., 0], images[[3, 0, 0]])
    assert labels.tolist() == [2, 2, 2]
    empty, none = source.read("all", np.array([], np.int64))
    assert (empty.shape, none.shape) == ((0, 4, 6, 1), (0,))


def test_splits_of_a_saved_dataset(tmp_path):
    parts = {"train": 3, "validation": 1, "test": 2}
    images = saved(tmp_path, labels=["b", "a", "b", "c", "a", "b"], images=noise(6, 4, 6, 3), parts=parts)
    source = open_source("datasets", str(tmp_path))
    assert (source.parts, source.classes) == (parts, ("a", "b", "c"))
    found = everything(source)
    assert np.array_equal(np.concatenate([found[part][0] for part in parts]), images)
    assert np.concatenate([found[part][1] for part in parts]).tolist() == [1, 0, 1, 2, 0, 1]


def test_numbers_as_classes(tmp_path):
    datasets = pytest.importorskip("datasets")
    saved(tmp_path, labels=[10, 9, 10], features=datasets.Value("int64"))
    source = open_source("datasets", str(tmp_path))
    assert source.classes == ("9", "10")
    assert everything(source)["all"][1].tolist() == [1, 0, 1]


def test_columns_by_name(tmp_path):
    datasets = pytest.importorskip("datasets")
    saved(tmp_path / "a", labels=["p", "q"])
    renamed = datasets.load_from_disk(str(tmp_path / "a")).rename_columns({"image": "img", "label": "fine"})
    renamed.save_to_disk(str(tmp_path / "b"))
    source = open_source("datasets", str(tmp_path / "b"), image_column="img", label_column="fine")
    assert source.classes == ("p", "q")
    assert faults("datasets", tmp_path / "b") == [f"{tmp_path / 'b'} [all]: has no column 'image'; it has: img, fine"]
    with pytest.raises(InputError, match="the column 'fine' holds no images"):
        open_source("datasets", str(tmp_path / "b"), image_column="fine", label_column="fine")


def test_a_folder_that_is_no_dataset_is_refused(tmp_path):
    pytest.importorskip("datasets")
    (line,) = faults("datasets", tmp_path)
    assert line.startswith(f"{tmp_path}: is no dataset that save_to_disk wrote: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"bytes": WRONG["alpha"][0], "path": None}, "has RGB with alpha of 8 bits"),
        ({"bytes": WRONG["jpeg"][0], "path": None}, "is no PNG image (byte 0)"),
        ({"bytes": WRONG["other size"][0], "path": None}, "is 6 x 4 grey; all images must have one shape"),
        ({"bytes": WRONG["cut"][0], "path": None}, "damaged: "),
        (None, "has no image"),
    ],
)
def test_a_wrong_image_of_a_saved_dataset_is_named(tmp_path, content, message):
    saved(tmp_path, labels=["a", "b", "c"], images=[*noise(2, 4, 6), content])
    (line,) = faults("datasets", tmp_path)
    assert line.startswith(f"{tmp_path} [all]: row 2: ")
    assert message in line


def test_wrong_labels_of_a_saved_dataset_are_named(tmp_path):
    datasets = pytest.importorskip("datasets")
    saved(tmp_path / "a", labels=[0, -1], features=class_label(["x", "y"]))
    assert faults("datasets", tmp_path / "a") == [f"{tmp_path / 'a'} [all]: row 1: has the label -1; must be 0 to 1"]
    saved(tmp_path / "b", labels=["x", None])
    (line,) = faults("datasets", tmp_path / "b")
    assert line == f"{tmp_path / 'b'} [all]: the column 'label' must hold whole numbers or names in all rows"
    saved(tmp_path / "c", labels=[0.5, 1.0], features=datasets.Value("float64"))
    assert faults("datasets", tmp_path / "c") == [line.replace("/b", "/c")]
    saved(tmp_path / "d", labels=[], images=[])
    (line,) = faults("datasets", tmp_path / "d")
    assert line.startswith(f"{tmp_path / 'd'}")


def test_unknown_kinds_are_refused():
    with pytest.raises(InputError, match="source_kind: 'tiff' is none of: digits, mnist"):
        open_source("tiff", "x")
