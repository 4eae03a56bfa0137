"""A dataset in another format: the very bytes of a build in that format, or a refusal that says what is possible."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys

import fsspec
import pytest

import synthkit
from synthkit.convert.convert import convert
from synthkit.errors import InputError, WorkError
from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify
from synthkit.shards.formats import WRITERS

AUDIO = sorted(WRITERS["audio"])
TEXT = sorted(WRITERS["text"])


def variant(recipe, **output):
    return recipe.model_copy(update={"output": recipe.output.model_copy(update=output)})


def files(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("source", AUDIO)
def test_clips_from_any_format_to_any(recipe, source, tmp_path):
    small = variant(recipe, shard_size=20)
    build(variant(small, format=source), tmp_path / "source", workers=1)
    before = files(tmp_path / "source")
    for format in AUDIO:
        built = build(variant(small, format=format), tmp_path / f"built-{format}", workers=1)
        done = convert(tmp_path / "source", tmp_path / format, format)
        assert (done.fingerprint, done.num_examples, done.made) == (built.fingerprint, 60, 60)
        assert done.bytes == built.bytes
        assert files(tmp_path / format) == files(tmp_path / f"built-{format}")
    assert files(tmp_path / "source") == before


@pytest.mark.parametrize("source", TEXT)
def test_texts_from_any_format_to_any(explained_recipe, source, tmp_path):
    build(variant(explained_recipe, format=source), tmp_path / "source", workers=1)
    for format in TEXT:
        build(variant(explained_recipe, format=format), tmp_path / f"built-{format}", workers=1)
        convert(tmp_path / "source", tmp_path / format, format)
        assert files(tmp_path / format) == files(tmp_path / f"built-{format}")


def test_examples_are_made_again_from_its_recipe(clips, texts, tmp_path):
    for root, format in ((clips, "webdataset"), (texts, "jsonl")):
        out = tmp_path / format
        convert(root, out, format, shard_size=7)
        report = verify(out, regenerate=1000)
        assert report.ok, report.problems
        assert report.regenerated == report.examples > 0
        recipe = json.loads((out / "recipe.json").read_text())
        assert recipe.pop("output") == {"format": format, "shard_size": 7}
        known = json.loads((root / "recipe.json").read_text())
        known.pop("output")
        assert recipe == known


@pytest.mark.parametrize("size", [1, 7, 13, 1000])
def test_other_shards(recipe, clips, size, tmp_path):
    done = convert(clips, tmp_path / "out", "webdataset", shard_size=size)
    built = build(variant(recipe, format="webdataset", shard_size=size), tmp_path / "built", workers=1)
    assert done.fingerprint == built.fingerprint
    assert files(tmp_path / "out") == files(tmp_path / "built")


def test_any_number_of_processes(clips, tmp_path):
    for workers in (1, 2):
        convert(clips, tmp_path / str(workers), "flac", shard_size=9, workers=workers)
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_speech_with_its_lists_and_its_audit(tmp_path):
    """An engine made it: its card tells what was measured of its sound, and the conversion needs no engine."""
    recipe = load_recipe("synspeech_small", ["design.limit=12"])
    built = build(recipe, tmp_path / "source", workers=1)
    build(variant(recipe, format="webdataset"), tmp_path / "built", workers=1)
    code = (
        "from synthkit.convert.convert import convert; import sys;"
        "print(convert(sys.argv[1], sys.argv[2], 'webdataset').fingerprint)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "source", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": "/nowhere"},  # no espeak-ng there
    )
    assert done.stdout.strip() == built.fingerprint
    assert files(tmp_path / "out") == files(tmp_path / "built")
    assert "## Factor audit" in (tmp_path / "out/README.md").read_text()


def test_floats_stay_floats(floats, tmp_path):
    for format in ("wav", "webdataset"):
        convert(floats, tmp_path / format, format)
        for one, other in zip(synthkit.load(floats), synthkit.load(tmp_path / format), strict=True):
            assert one.audio.tobytes() == other.audio.tobytes()


def test_what_would_lose_something(clips, texts, floats, tmp_path):
    for root, format, said in (
        (floats, "flac", "flac holds 16-bit samples, and these are float32; .* parquet, wav, webdataset, lhotse, hub$"),
        (texts, "wav", "no format of text; .* parquet, webdataset, jsonl, tsv, hub$"),
        (texts, "flac", "no format of text"),
        (floats, "tsv", "no format of audio; .* parquet, wav, webdataset, lhotse, hub$"),
        (clips, "tsv", "no format of audio; .* parquet, wav, flac, webdataset, lhotse, hub$"),
    ):
        with pytest.raises(InputError, match=f"--to {format}: {said}"):
            convert(root, tmp_path / "out", format)
    assert not (tmp_path / "out").exists()


def test_the_same_again_does_nothing(clips, tmp_path):
    convert(clips, tmp_path / "out", "wav")
    before = {path: os.stat(tmp_path / "out" / path).st_mtime_ns for path in files(tmp_path / "out")}
    done = convert(clips, tmp_path / "out", "wav")
    assert (done.made, done.num_examples) == (0, 60)
    assert {path: os.stat(tmp_path / "out" / path).st_mtime_ns for path in files(tmp_path / "out")} == before
    shutil.rmtree(next((tmp_path / "out/data").iterdir()))
    with pytest.raises(WorkError, match=r"is gone from a finished dataset; remove .* to convert again"):
        convert(clips, tmp_path / "out", "wav")


def test_places_that_are_refused(clips, texts, recipe, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").write_text("x")
    build(variant(recipe, format="wav"), tmp_path / "other", workers=1)
    (tmp_path / "begun/.synthkit").mkdir(parents=True)
    (tmp_path / "begun/.synthkit/recipe.json").write_text(recipe.pretty_json())
    convert(texts, tmp_path / "texts-jsonl", "jsonl")
    for name, said in (
        ("clips", "is the dataset itself"),
        ("clips/data", "lies around or inside of"),
        (".", "lies around or inside of"),
        ("file", "is a file"),
        ("full", "holds something else"),
        ("other", "holds another dataset"),
        ("texts-jsonl", "holds another dataset"),
        ("begun", "a build was begun there"),
    ):
        before = files(tmp_path)
        with pytest.raises(InputError, match=said):
            convert(clips, tmp_path / name, "wav")
        assert files(tmp_path) == before
    link = tmp_path / "link"
    link.symlink_to(clips)
    with pytest.raises(InputError, match="is the dataset itself"):
        convert(clips, link, "wav")


@pytest.mark.parametrize("options", [{"shard_size": 0}, {"workers": 0}])
def test_numbers_that_are_refused(clips, tmp_path, options):
    with pytest.raises(InputError, match="must be >= 1, not 0"):
        convert(clips, tmp_path / "out", "wav", **options)


def test_what_is_no_finished_dataset(clips, tmp_path):
    with pytest.raises(InputError, match="holds no finished synthkit dataset"):
        convert(tmp_path / "nowhere", tmp_path / "out", "wav")
    (clips / ".synthkit").mkdir()
    with pytest.raises(InputError, match="is not finished; run the same `synthkit generate` again"):
        convert(clips, tmp_path / "out", "wav")


def test_a_changed_example_is_told_and_the_next_run_reads_anew(recipe, tmp_path):
    source = tmp_path / "source"
    build(variant(recipe, format="wav", shard_size=20), source, workers=1)
    path = next(source.glob("data/train-00001-*/train-00000025.wav"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    for _ in range(2):
        with pytest.raises(WorkError, match=r"its examples give sha256:.* see `synthkit verify"):
            convert(source, tmp_path / "out", "parquet")
        assert not (tmp_path / "out/SHA256SUMS").exists()
    with pytest.raises(InputError, match="is not finished; run the same `synthkit convert` again"):
        synthkit.load(tmp_path / "out")
    path.write_bytes(whole)
    convert(source, tmp_path / "out", "parquet")
    assert verify(tmp_path / "out", regenerate=3).ok


def test_a_lost_shard_and_one_too_short(clips, tmp_path):
    shard = sorted((clips / "data").glob("train-*"))[1]
    whole = shard.read_bytes()
    shard.unlink()
    with pytest.raises(WorkError, match=shard.name):
        convert(clips, tmp_path / "out", "wav")
    shutil.copy(sorted((clips / "data").glob("test-*"))[0], shard)
    with pytest.raises(WorkError, match=f"{shard.name}: holds 6 examples, not 20"):
        convert(clips, tmp_path / "out", "wav")
    shard.write_bytes(whole)
    done = convert(clips, tmp_path / "out", "wav")
    assert done.made == 40  # the first shard was there
    assert verify(tmp_path / "out").ok


def test_files_beside_the_data_go_along(clips, texts, tmp_path):
    """Attempts and such; a log of requests stays where it is."""
    for root in (clips, texts):
        (root / "requests.sqlite").write_bytes(b"log")
        with (root / "SHA256SUMS").open("a") as sums:
            sums.write(f"{hashlib.sha256(b'log').hexdigest()}  requests.sqlite\n")
    out = tmp_path / "out"
    convert(texts, out, "jsonl")
    assert (out / "attempts.parquet").read_bytes() == (texts / "attempts.parquet").read_bytes()
    assert not (out / "requests.sqlite").exists()
    assert "requests.sqlite" not in (out / "SHA256SUMS").read_text()
    (texts / "attempts.parquet").write_bytes(b"x")
    with pytest.raises(WorkError, match=r"attempts.parquet: its sha256 is not the one in SHA256SUMS"):
        convert(texts, tmp_path / "again", "jsonl")


def test_a_dataset_of_before_manifests_had_notes(clips, tmp_path):
    manifest = json.loads((clips / "manifest.json").read_text())
    notes = manifest.pop("notes")
    assert isinstance(notes, list)
    (clips / "manifest.json").write_text(json.dumps(manifest))
    convert(clips, tmp_path / "out", "wav")
    assert json.loads((tmp_path / "out/manifest.json").read_text())["fingerprint"] == manifest["fingerprint"]


def test_from_a_store_and_into_one(clips, tmp_path):
    store = fsspec.filesystem("memory")
    there = f"memory://{tmp_path.name}/webdataset"
    done = convert(clips, there, "webdataset")
    assert done.out == there
    back = convert(there, tmp_path / "back", "parquet")
    assert (back.fingerprint, back.made) == (done.fingerprint, 60)
    assert files(tmp_path / "back") == files(clips)
    assert convert(clips, there, "webdataset").made == 0
    store.rm(f"/{tmp_path.name}", recursive=True)


# Runs in a process of its own: each round forks a child that kills itself at its n-th change of a name.
EACH_CHANGE = """
import os, signal, sys
from pathlib import Path
from synthkit.convert.convert import convert
import synthkit.shards.parquet

source, out = Path(sys.argv[1]), Path(sys.argv[2])

def child(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def killed_at(number, root):
    count = 0
    def deadly(real):
        def change(*args, **kwargs):
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)
        return change
    for name in ("replace", "rename", "unlink"):
        setattr(Path, name, deadly(getattr(Path, name)))
    convert(source, root, "webdataset")

number = 0
while True:
    number += 1
    root = out / str(number)
    code = child(lambda: killed_at(number, root))
    if code == 0:
        print(number - 1)
        break
    assert code == -signal.SIGKILL, (number, code)
    assert not (root / "SHA256SUMS").exists()
    assert child(lambda: convert(source, root, "webdataset")) == 0, number
"""


def test_killed_at_each_change(recipe, data, tmp_path):
    few = ["design.size=6", 'splits={"train": 4, "test": 2}', "params.duration=0.01", "output.shard_size=2"]
    build(load_recipe("syntone_small", few), tmp_path / "source", workers=1)
    build(load_recipe("syntone_small", [*few, "output.format=webdataset"]), tmp_path / "built", workers=1)
    (tmp_path / "out").mkdir()
    command = [sys.executable, "-c", EACH_CHANGE, tmp_path / "source", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    # What is converted, the recipe, three shards with two records each, and five files at the end.
    assert int(done.stdout) == 2 + 3 * 3 + 5
    for root in (tmp_path / "out").iterdir():
        assert files(root) == files(tmp_path / "built")


def test_ctrl_c_and_on(clips, command, tmp_path):
    """Of the command line: one line is said, and the same command goes on."""
    code = (
        "import signal, sys\n"
        "from synthkit.convert import tasks\n"
        "real = tasks.convert_shard\n"
        "def once(task):\n"
        "    if task.name.number == 1: signal.raise_signal(signal.SIGINT)\n"
        "    return real(task)\n"
        "tasks.convert_shard = once\n"
        "from synthkit.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    arguments = ["convert", str(clips), "--to", "wav", "-o", str(tmp_path / "out"), "--workers", "1"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 128 + signal.SIGINT
    assert done.stderr == "\nsynthkit: interrupted; what was finished stays: run the same command to go on\n"
    assert list((tmp_path / "out/data").glob(".tmp-*")) == []
    again = command(*arguments)
    assert "(20 were there from an earlier run)" in again.stdout


def test_killed_after_the_last_file(clips, tmp_path):
    convert(clips, tmp_path / "out", "wav")
    (tmp_path / "out/.synthkit/shards").mkdir(parents=True)
    with pytest.raises(InputError, match="is not finished"):
        synthkit.load(tmp_path / "out")
    assert convert(clips, tmp_path / "out", "wav").made == 0
    assert verify(tmp_path / "out").ok


def test_another_conversion_that_was_begun(clips, recipe, tmp_path):
    (tmp_path / "out/.synthkit").mkdir(parents=True)
    (tmp_path / "out/.synthkit/conversion.json").write_text("{}")
    with pytest.raises(InputError, match="another conversion was begun there"):
        convert(clips, tmp_path / "out", "wav")
