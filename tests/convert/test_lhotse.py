"""Manifests that Lhotse reads: the same samples, all that is known of each clip, deterministic bytes."""

import gzip
import json
import os
import shutil

import fsspec
import numpy as np
import pytest

import synthkit
from synthkit.convert import lhotse as module
from synthkit.convert.convert import convert
from synthkit.convert.lhotse import convert_to_lhotse
from synthkit.errors import InputError, WorkError
from synthkit.recipe.load import load_recipe
from synthkit.run import build

SIZES = {"train": 48, "validation": 6, "test": 6}


def files(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture
def lhotse():
    from lhotse.recipes.utils import read_manifests_if_cached

    def read(root, *splits):
        types = ["recordings", "supervisions", "cuts"]
        return read_manifests_if_cached(splits, root, types=types)

    return read


def checked(manifests, root, ours):
    """Lhotse's own checks, and the samples of every cut."""
    from lhotse import validate, validate_recordings_and_supervisions

    recordings = manifests["recordings"].with_path_prefix(root)
    validate(recordings, read_data=True)
    validate_recordings_and_supervisions(recordings=recordings, supervisions=manifests["supervisions"])
    cuts = manifests["cuts"].with_recording_path_prefix(root)
    validate(cuts, read_data=True)
    assert [cut.id for cut in cuts] == [example.id for example in ours]
    for cut, example in zip(cuts, ours, strict=True):
        samples = cut.load_audio()
        assert samples.shape == (1, len(example.audio))
        np.testing.assert_array_equal(samples[0], example.audio)
    return cuts


@pytest.mark.parametrize("format", ["parquet", "webdataset", "wav", "flac"])
def test_clips_of_any_format(clips, format, lhotse, tmp_path):
    root = clips
    if format != "parquet":
        root = tmp_path / format
        convert(clips, root, format)
    before = files(root)
    out = tmp_path / "manifests"
    done = convert_to_lhotse(root, out)
    assert (done.num_examples, done.made, done.format) == (60, 60, "lhotse")
    assert files(root) == before
    assert (out / "audio").exists() == (format in ("parquet", "webdataset"))
    found = lhotse(out, *SIZES)
    for split, size in SIZES.items():
        ours = synthkit.load(root, split=split)
        cuts = checked(found[split], out, ours)
        assert len(list(cuts)) == size
        for cut, example in zip(cuts, ours, strict=True):
            (said,) = cut.supervisions
            assert {name: said.custom[name] for name in example.factors} == example.factors
            assert [said.custom[f"{name}_index"] for name in example.factors] == example.factor_indices.tolist()
            assert cut.custom["fingerprint"] == done.fingerprint
    about = json.loads((out / "dataset.json").read_text())
    assert about["fingerprint"] == done.fingerprint == synthkit.load(root).fingerprint
    assert about["splits"] == SIZES


def test_floats(floats, lhotse, tmp_path):
    convert_to_lhotse(floats, tmp_path / "out")
    checked(lhotse(tmp_path / "out", "test")["test"], tmp_path / "out", synthkit.load(floats, split="test"))


def test_speech_has_its_text_and_its_speaker(lhotse, tmp_path):
    build(load_recipe("synspeech_small", ["design.limit=12"]), tmp_path / "speech", workers=1)
    convert_to_lhotse(tmp_path / "speech", tmp_path / "out")
    ours = synthkit.load(tmp_path / "speech", split="train")
    cuts = checked(lhotse(tmp_path / "out", "train")["train"], tmp_path / "out", ours)
    for cut, example in zip(cuts, ours, strict=True):
        (said,) = cut.supervisions
        assert said.text == example.annotations["transcript"] != ""
        assert said.speaker == str(example.factors["speaker"])
        assert said.gender == example.factors["gender"]
        assert said.custom["phonemes"] == example.annotations["phonemes"]


def test_a_moved_dataset_and_its_manifests(clips, lhotse, tmp_path):
    """Files are named relative to the manifests: both may be moved together."""
    (tmp_path / "a").mkdir()
    convert(clips, tmp_path / "a/wav", "wav")
    convert_to_lhotse(tmp_path / "a/wav", tmp_path / "a/lhotse")
    shutil.move(tmp_path / "a", tmp_path / "b")
    ours = synthkit.load(tmp_path / "b/wav", split="test")
    checked(lhotse(tmp_path / "b/lhotse", "test")["test"], tmp_path / "b/lhotse", ours)


def test_the_bytes_are_the_same_each_time(clips, tmp_path):
    for name in ("a", "b"):
        convert_to_lhotse(clips, tmp_path / name)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    packed = (tmp_path / "a/cuts_test.jsonl.gz").read_bytes()
    assert packed[3:8] == bytes(5)  # no name, no time
    first = json.loads(gzip.decompress(packed).splitlines()[0])
    assert first["recording"]["sources"] == [
        {"type": "file", "channels": [0], "source": "audio/test-00000000/test-00000000.wav"}
    ]


def test_the_same_again_does_nothing(clips, tmp_path):
    convert_to_lhotse(clips, tmp_path / "out")
    times = {path: os.stat(tmp_path / "out" / path).st_mtime_ns for path in files(tmp_path / "out")}
    assert convert_to_lhotse(clips, tmp_path / "out").made == 0
    assert {path: os.stat(tmp_path / "out" / path).st_mtime_ns for path in files(tmp_path / "out")} == times


def test_a_run_that_failed_leaves_nothing_that_looks_finished(clips, tmp_path, monkeypatch):
    real, count = module.cut, 0

    def failing(*args):
        nonlocal count
        count += 1
        if count == 30:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(module, "cut", failing)
    with pytest.raises(KeyboardInterrupt):
        convert_to_lhotse(clips, tmp_path / "out")
    assert not (tmp_path / "out/dataset.json").exists()
    assert list(tmp_path.glob("out/*.jsonl.gz")) == []
    convert_to_lhotse(clips, tmp_path / "out")
    convert_to_lhotse(clips, tmp_path / "whole")
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_another_one_that_was_begun(clips, tmp_path):
    (tmp_path / "out/.synthkit").mkdir(parents=True)
    (tmp_path / "out/.synthkit/conversion.json").write_text("{}")
    with pytest.raises(InputError, match="another conversion was begun there"):
        convert_to_lhotse(clips, tmp_path / "out")


def unfinished_build(out):
    class Stop(Exception):
        pass

    def stop(progress):
        if progress.done >= 40:
            raise Stop

    small = load_recipe("syntone_small", ["design.size=60", "params.duration=0.01", "output.shard_size=20"])
    with pytest.raises(Stop):
        build(small, out, workers=1, on_progress=stop)


@pytest.mark.parametrize("left", ["all", ".synthkit", ".synthkit/recipe.json", ".synthkit/shards", "data"])
def test_a_build_that_was_begun_is_left_alone(clips, left, tmp_path):
    unfinished_build(tmp_path / "begun")
    if left == "all":
        (tmp_path / "begun").rename(tmp_path / "out")
    else:
        (tmp_path / "out/.synthkit").mkdir(parents=True)
        path = tmp_path / "begun" / left
        if path.is_dir():
            shutil.copytree(path, tmp_path / "out" / left, dirs_exist_ok=True)
        else:
            shutil.copy(path, tmp_path / "out" / left)
    before = files(tmp_path / "out")
    with pytest.raises(InputError, match="-o names a new or an empty directory"):
        convert_to_lhotse(clips, tmp_path / "out")
    assert files(tmp_path / "out") == before


def test_killed_before_it_said_what_it_is(clips, tmp_path):
    """With nothing there but its lock, as it lies in a store."""
    (tmp_path / "out/.synthkit").mkdir(parents=True)
    (tmp_path / "out/.synthkit/lock").write_text("{}")
    convert_to_lhotse(clips, tmp_path / "out")
    convert_to_lhotse(clips, tmp_path / "whole")
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_killed_after_the_last_file(clips, tmp_path):
    convert_to_lhotse(clips, tmp_path / "out")
    (tmp_path / "out/.synthkit").mkdir()
    (tmp_path / "out/.synthkit/lock").write_text("{}")
    assert convert_to_lhotse(clips, tmp_path / "out").made == 0
    assert not (tmp_path / "out/.synthkit").exists()


def test_what_is_refused(clips, texts, tmp_path):
    with pytest.raises(InputError, match="holds texts, and Lhotse's manifests are of audio"):
        convert_to_lhotse(texts, tmp_path / "out")
    with pytest.raises(InputError, match="is the dataset itself"):
        convert_to_lhotse(clips, clips)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("x")
    with pytest.raises(InputError, match="holds something else"):
        convert_to_lhotse(clips, tmp_path / "full")
    with pytest.raises(InputError, match="is a file"):
        convert_to_lhotse(clips, tmp_path / "full/x")


def test_changed_samples_are_told(clips, tmp_path):
    convert(clips, tmp_path / "wav", "wav")
    path = next(tmp_path.glob("wav/data/test-*/*.wav"))
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(WorkError, match="its examples give sha256:"):
        convert_to_lhotse(tmp_path / "wav", tmp_path / "out")
    assert not (tmp_path / "out/dataset.json").exists()


def test_from_a_store(clips, lhotse, tmp_path):
    place = f"memory://{tmp_path.name}/clips"
    convert(clips, place, "wav")
    convert_to_lhotse(place, tmp_path / "out")
    ours = synthkit.load(clips, split="test")
    checked(lhotse(tmp_path / "out", "test")["test"], tmp_path / "out", ours)
    convert_to_lhotse(clips, f"memory://{tmp_path.name}/lhotse")
    store = fsspec.filesystem("memory")
    found = {path.partition("/lhotse/")[2] for path in store.find(f"/{tmp_path.name}/lhotse")}
    convert_to_lhotse(clips, tmp_path / "local")
    assert found == set(files(tmp_path / "local"))
    store.rm(f"/{tmp_path.name}", recursive=True)


def test_the_command(command, clips, tmp_path):
    done = command("convert", clips, "--to", "lhotse", "-o", "out")
    assert done.stdout.splitlines()[0].startswith("60 examples, ")
    assert " in out, lhotse" in done.stdout
    assert "nothing to do" in command("convert", clips, "--to", "lhotse", "-o", "out").stdout
    assert command("convert", clips, "--to", "lhotse", "-o", "o2", "--shard-size", "3", check=False).returncode == 2
