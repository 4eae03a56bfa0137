"""What every place for datasets does the same: a disk, memory, an S3 service, one like Google's."""

import hashlib
import os
import pickle

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.storage import open_root
from synthkit.storage.root import is_url


@pytest.fixture(params=["disk", "file", "memory", "s3", "gs"])
def place(request, tmp_path):
    if request.param == "s3":
        url = request.getfixturevalue("store").url
    elif request.param == "gs":
        request.getfixturevalue("google")
        url = "gs://here/sets/one"
    else:
        url = {
            "disk": str(tmp_path / "d"),
            "file": (tmp_path / "with space").as_uri(),
            "memory": f"memory://tests-{os.getpid()}/{tmp_path.name}",
        }[request.param]
    root = open_root(url)
    root.make()
    return root


def test_a_file_is_whole_or_absent(place):
    data = np.arange(100_000, dtype=np.int32).tobytes()
    sink = place.create("data/a.bin")
    sink.write(data[:1000])
    sink.write(memoryview(data)[1000:])
    assert sink.tell() == len(data)
    assert place.size("data/a.bin") is None
    record = sink.commit()
    assert (record.path, record.bytes, record.sha256) == ("data/a.bin", len(data), hashlib.sha256(data).hexdigest())
    assert place.size("data/a.bin") == len(data)
    assert place.read("data/a.bin") == data
    assert place.hash("data/a.bin") == record.sha256


def test_what_is_aborted_leaves_nothing(place):
    sink = place.create("data/a.bin")
    sink.write(b"half")
    sink.abort()
    assert place.sizes() == {}
    assert sink.write(b"late") == 4  # a writer on top of it closes late


def test_a_file_is_replaced(place):
    place.write("a/x", b"one")
    assert place.write("a/x", b"three").bytes == 5
    assert place.read("a/x") == b"three"


def test_random_access(place):
    data = bytes(range(256)) * 1000
    place.write("a", data)
    with place.open("a") as file:
        assert file.seek(1000) == 1000
        assert file.read(5) == data[1000:1005]
        assert file.seek(-3, os.SEEK_END) == len(data) - 3
        assert file.read() == data[-3:]
        assert file.read(1) == b""
        file.seek(0)
        file.seek(70_000, os.SEEK_CUR)
        assert file.tell() == 70_000
        assert file.read(100_000) == data[70_000:170_000]


def test_listings(place):
    for path in ("b/y", "b/c/z", "b/.tmp-1", "a"):
        place.write(path, path.encode())
    assert place.sizes() == {"a": 1, "b/.tmp-1": 8, "b/c/z": 5, "b/y": 3}
    assert list(place.sizes("b")) == ["b/.tmp-1", "b/c/z", "b/y"]
    assert place.sizes("c") == {}
    assert place.names() == ["a", "b"]
    assert place.holds("b")
    assert not place.holds("c")
    assert place.is_file("b/y")
    assert not place.is_file("b")
    assert not place.is_file("b/y/z")


def test_names_that_begin_alike_are_apart(place):
    place.write("b/y", b"1")
    place.write("bb/y", b"2")
    assert list(place.sizes("b")) == ["b/y"]
    place.remove_folder("b")
    assert place.sizes() == {"bb/y": 1}


def test_removal(place):
    for path in ("a", "b/x", "b/c/y"):
        place.write(path, b"1")
    place.remove(["a", "nothing"])
    place.remove_folder("b")
    place.remove_folder("nothing")
    assert place.sizes() == {}


def test_what_is_not_there(place):
    for call in (place.read, place.open, place.hash):
        with pytest.raises(FileNotFoundError):
            call("nothing")
    assert place.size("nothing") is None


def test_a_folder_replaces_an_earlier_one(place):
    folder = place.folder("data/s")
    folder.write({"1": b"a", "2": memoryview(b"bb")})
    folder.write({"3": b"ccc"})
    assert [record.path for record in folder.commit()] == ["data/s/1", "data/s/2", "data/s/3"]
    assert place.read("data/s/2") == b"bb"
    again = place.folder("data/s")
    again.write({"1": b"x"})
    again.commit()
    assert place.read("data/s/1") == b"x"


def test_a_folder_that_is_aborted(place):
    folder = place.folder("data/s")
    folder.write({"1": b"a", "2": b"b"})
    folder.abort()
    assert place.size("data/s/2") is None  # the one that readers open
    if place.local is not None:
        assert place.sizes() == {}


def test_a_folder_that_is_aborted_takes_nothing_from_an_earlier_one(place):
    folder, again = place.folder("data/s"), place.folder("data/s")
    for writer in (folder, again):
        writer.write({"1": b"a", "2": b"b"})
    folder.commit()
    again.abort()
    assert place.sizes() == {"data/s/1": 1, "data/s/2": 1}


def test_many_small_files_in_order(place):
    paths = [f"s/{i}" for i in range(50)]
    for path in paths:
        place.write(path, path.encode())
    assert list(place.readable(paths[::-1])) == [(path, path.encode()) for path in reversed(paths)]


def test_it_goes_to_other_processes(place):
    place.write("a", b"1")
    assert pickle.loads(pickle.dumps(place)).read("a") == b"1"
    assert open_root(place.address).read("a") == b"1"
    assert open_root(place) is place


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://", "names no bucket"),
        ("s3://key:secret@bucket/a", "keys do not belong in a URL"),
        ("s3://bucket/a?versionId=1", "no ? and no #"),
        ("nothing://a/b", "cannot be used"),
        ("http://host/a", "cannot be written"),
        ("file://host/a", "three slashes"),
        ("file:///", "names no directory"),
        ("memory://", "names no folder"),
    ],
)
def test_urls_that_are_refused(url, message):
    with pytest.raises(InputError) as error:
        open_root(url)
    assert message in str(error.value)
    assert "secret" not in str(error.value)


def test_a_url_that_was_made_a_path_is_told(tmp_path):
    from pathlib import Path

    with pytest.raises(InputError, match="cannot be a Path"):
        open_root(Path("s3://bucket/a"))
    assert is_url("s3://bucket/a")
    assert not is_url(tmp_path)
    assert not is_url(tmp_path.as_uri())


@pytest.mark.parametrize(("url", "package"), [("s3://b/a", "s3fs"), ("gs://b/a", "gcsfs"), ("memory://b/a", "fsspec")])
def test_a_missing_package_is_named(url, package, tmp_path):
    import subprocess
    import sys

    program = f"import sys; sys.modules[{package!r}] = None; from synthkit.storage import open_root; open_root({url!r})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert f"InputError: {url}: " in done.stderr
    assert "pip install 'synthkit[cluster]'" in done.stderr
