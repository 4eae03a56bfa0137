"""Tar shards of clips: what goes in comes out, in any order, from a disk and from a store; damage is told."""

import io
import json
import os
import tarfile

import fsspec
import numpy as np
import pytest

from synthkit.errors import WorkError
from synthkit.records import Annotation, AudioBatch, AudioLayout, FactorInfo, Rows
from synthkit.shards import wav
from synthkit.shards.base import ShardName
from synthkit.shards.content import audio_digest, batch_digests
from synthkit.shards.formats import WRITERS, open_shard
from synthkit.storage import open_root

FACTORS = (
    FactorInfo("pitch", "ordinal", "Hz", "", 3, (100, 200, 300), "int64"),
    FactorInfo("name", "categorical", "", "", 2, ("a\0", "\u00e9"), "string"),
    FactorInfo("noise", "continuous", "1", "", None, None, "float64"),
)
NOTES = (Annotation("said", "string", "", ""), Annotation("times", "floats", "s", ""))
PATH = "data/train-00000-of-00001.tar"


def layout(sample_format="pcm16"):
    return AudioLayout(50, 8000, sample_format, NOTES)


def batch(first, count, shape):
    index = np.arange(first, first + count, dtype=np.int64)
    values = {
        "pitch": index % 3 * 100 + 100,
        "name": np.array([("a\0", "\u00e9")[i % 2] for i in index], object),
        "noise": index / 7,
    }
    levels = np.stack([index % 3, index % 2, np.full(count, -1)], axis=1)
    files, samples = wav.allocate(count, shape)
    samples[:] = (index[:, None] * 100 + np.arange(50)).astype(shape.dtype)
    notes = {"said": [f"no {i}" for i in index], "times": [[float(i)] * (i % 3) for i in index.tolist()]}
    return AudioBatch(Rows("train", index, values, levels), shape, files, samples, notes)


def written(root, shape, *batches):
    writer = WRITERS["audio"]["webdataset"](open_root(root), ShardName("train", 0, 1), shape, FACTORS)
    for piece in batches:
        writer.write(piece)
    return writer.commit()


@pytest.fixture(params=["pcm16", "float32"])
def shape(request):
    return layout(request.param)


@pytest.fixture
def shard(shape, tmp_path):
    written(tmp_path, shape, batch(0, 3, shape), batch(3, 4, shape))
    return tmp_path


def digest(clip, shape):
    return audio_digest(clip.id, clip.factors, clip.factor_indices.tolist(), shape, clip.samples, clip.annotations)


def test_what_goes_in_comes_out(shard, shape):
    whole = batch(0, 7, shape)
    reader = open_shard(shard, PATH, "webdataset", shape, FACTORS)
    clips = list(reader.scan())
    assert len(reader) == len(clips) == 7
    assert [digest(clip, shape) for clip in clips] == batch_digests(whole)
    for row in (6, 0, 3, 3):
        assert digest(reader.read(row), shape) == batch_digests(whole)[row]
    values, levels = reader.factor_columns()
    assert {name: column.tolist() for name, column in values.items()} == {
        name: column.tolist() for name, column in whole.rows.values.items()
    }
    assert levels.tolist() == whole.rows.indices.tolist()
    with pytest.raises(IndexError):
        reader.read(7)


def test_the_bytes_depend_on_the_content_alone(shape, tmp_path):
    for name, size in (("a", 7), ("b", 1)):
        pieces = [batch(first, min(size, 7 - first), shape) for first in range(0, 7, size)]
        (record,) = written(tmp_path / name, shape, *pieces)
        assert record.bytes == (tmp_path / name / PATH).stat().st_size
    assert (tmp_path / "a" / PATH).read_bytes() == (tmp_path / "b" / PATH).read_bytes()


def test_what_the_archive_holds(shard, shape):
    with tarfile.open(shard / PATH) as file:
        members = file.getmembers()
        names = [f"train-{i:08d}.{kind}" for i in range(7) for kind in ("json", "wav")]
        assert [member.name for member in members] == names
        assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members} == {(0, 0, 0, "", "", 0o644)}
        record = json.load(file.extractfile(members[2]))
        assert list(record) == ["id", "pitch", "pitch_index", "name", "name_index", "noise", "said", "times"]
        assert record["name"] == "\u00e9"
        assert record["times"] == [1.0]
        clip = file.extractfile(members[3]).read()
        assert clip == batch(1, 1, shape).wav[0].tobytes()


def test_from_a_store(shape, tmp_path):
    place = f"memory://{tmp_path.name}/d"
    written(place, shape, batch(0, 7, shape))
    reader = open_shard(place, PATH, "webdataset", shape, FACTORS)
    assert [digest(clip, shape) for clip in reader.scan()] == batch_digests(batch(0, 7, shape))
    assert reader.read(4).id == "train-00000004"
    fsspec.filesystem("memory").rm(f"/{tmp_path.name}", recursive=True)


def test_no_file_stays_open(shard, shape):
    before = len(os.listdir("/proc/self/fd"))
    readers = [open_shard(shard, PATH, "webdataset", shape, FACTORS) for _ in range(20)]
    for reader in readers:
        reader.read(1)
    assert len(os.listdir("/proc/self/fd")) <= before + 1


def test_a_fork_has_a_place_of_its_own(shard, shape):
    reader = open_shard(shard, PATH, "webdataset", shape, FACTORS)
    expected = batch_digests(batch(0, 7, shape))
    scan = reader.scan()
    next(scan)
    child = os.fork()
    if child == 0:
        os._exit(0 if [digest(clip, shape) for clip in scan] == expected[1:] else 1)
    assert [digest(clip, shape) for clip in scan] == expected[1:]
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("keep", [0, 100, 512, 700, 2000, 2560, 4000])
def test_a_cut_file_is_told(shard, shape, keep):
    path = shard / PATH
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(WorkError, match=PATH):
        list(open_shard(shard, PATH, "webdataset", shape, FACTORS).scan())


def test_a_cut_after_the_index_was_read_is_told(shard, shape):
    reader = open_shard(shard, PATH, "webdataset", shape, FACTORS)
    assert len(reader) == 7
    path = shard / PATH
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(WorkError, match="is cut off at example 6"):
        reader.read(6)
    path.unlink()
    with pytest.raises(WorkError, match=f"{PATH}: not readable: No such file"):
        reader.read(0)


def change(path, edit):
    """The archive again with its members edited, headers and all."""
    with tarfile.open(path) as file:
        members = [(m.name, file.extractfile(m).read()) for m in file.getmembers()]
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.USTAR_FORMAT) as file:
        for name, data in edit(members):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    path.write_bytes(sink.getvalue())


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda m: m[:-1], "files of its last example are missing"),
        (lambda m: m[1:], "holds 'train-00000000.wav' where"),
        (lambda m: [m[0], m[0], *m[1:]], "holds 'train-00000000.json' where 'train-00000000.wav' should be"),
        (lambda m: [m[0], m[3], *m[2:]], "holds 'train-00000001.wav' where"),
        (lambda m: [("x.y.json", m[0][1]), ("x.y.wav", m[1][1])], "holds 'x.y.json'"),
        (lambda m: [(m[0][0], b"{"), m[1]], "example 0 is damaged"),
        (lambda m: [(m[0][0], b"[]"), m[1]], "example 0 is damaged: no object with an id"),
        (lambda m: [(m[0][0], b'{"id": "a"}'), m[1]], "example 0 is damaged: KeyError"),
        (lambda m: [m[0], (m[1][0], m[1][1][:-2])], "train-00000000: not the WAV file that was written"),
    ],
)
def test_another_content_is_told(shard, shape, edit, said):
    change(shard / PATH, edit)
    with pytest.raises(WorkError, match=said) as told:
        list(open_shard(shard, PATH, "webdataset", shape, FACTORS).scan())
    assert str(told.value).startswith(PATH)
