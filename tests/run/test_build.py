"""Builds: one fingerprint whatever the workers, shards and formats; resume; refusal of what is not ours."""

import fcntl
import hashlib
import json
import multiprocessing
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from synthkit.dataset import load
from synthkit.errors import InputError, WorkError
from synthkit.recipe.load import from_data, load_recipe, recipe_names
from synthkit.run import build, prepare, verify
from synthkit.run.executors import process_pool
from synthkit.shards.content import audio_digest


def variant(recipe, **output):
    return recipe.model_copy(update={"output": recipe.output.model_copy(update=output)})


def files(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_one_fingerprint(recipe, tmp_path):
    base = build(recipe, tmp_path / "base").fingerprint
    for shard_size in (1, 7, 48, 1000):
        made = build(variant(recipe, shard_size=shard_size), tmp_path / f"s{shard_size}", workers=1)
        assert made.fingerprint == base
    for format in ("wav", "flac", "webdataset"):
        made = build(variant(recipe, format=format, shard_size=20), tmp_path / format)
        assert made.fingerprint == base
        assert verify(tmp_path / format, regenerate=10).ok


def test_one_fingerprint_for_any_executor(recipe, tmp_path):
    small = variant(recipe, shard_size=10)
    base = build(small, tmp_path / "one", workers=1).fingerprint
    assert build(small, tmp_path / "two", workers=2).fingerprint == base
    with ThreadPoolExecutor(3) as pool:
        assert build(small, tmp_path / "threads", pool).fingerprint == base


def test_the_same_build_gives_the_same_bytes(recipe, tmp_path):
    build(recipe, tmp_path / "a", workers=1)
    build(recipe, tmp_path / "b", workers=2)
    assert (tmp_path / "a/SHA256SUMS").read_bytes() == (tmp_path / "b/SHA256SUMS").read_bytes()


@pytest.mark.parametrize("change", [{"seed": 8}, {"name": "tiny2"}])
def test_another_seed_or_name_gives_another_fingerprint(data, tmp_path, change):
    a = build(from_data(data, "a"), tmp_path / "a").fingerprint
    b = build(from_data(data | change, "b"), tmp_path / "b").fingerprint
    assert a != b


RECORDED = json.loads((Path(__file__).parent.parent / "golden/fingerprints.json").read_text())


def test_every_recipe_is_recorded():
    # These need files, a model that is fetched, or a service.
    unrecorded = {"cifar10_sequence", "synspeech_neural", "anli_information_extraction", "anli_informed_reasoning"}
    unrecorded |= {"nli_grammar_saliency"}  # a function of its teacher too
    assert set(RECORDED) == set(recipe_names()) - unrecorded


@pytest.fixture(scope="module")
def two_workers():
    """Two processes for many builds: to start them takes longer than most of these."""
    with process_pool(2) as pool:
        yield pool


# `test_speech.py` makes the other, and looks at more of it.
@pytest.mark.parametrize("name", sorted(set(RECORDED) - {"synspeech_small"}))
def test_recorded_fingerprints(name, tmp_path, two_workers):
    """The promise to those who quote them."""
    recorded = RECORDED[name]
    made = build(load_recipe(name, recorded["set"]), tmp_path / "d", two_workers)
    assert made.num_examples == recorded["num_examples"]
    assert made.fingerprint == recorded["fingerprint"]


def test_the_fingerprint_by_hand(recipe, tmp_path):
    """As the documentation defines it, from the files alone."""
    made = build(variant(recipe, format="wav"), tmp_path / "d")
    whole = hashlib.sha256()
    for example, split in ((e, s) for s in ("train", "validation", "test") for e in load(tmp_path / "d", s)):
        samples, rate = soundfile.read(next((tmp_path / "d/data").glob(f"{split}-*/{example.id}.wav")), dtype="int16")
        record = {
            "factors": example.factors,
            "format": "pcm16",
            "id": example.id,
            "indices": example.factor_indices.tolist(),
            "sample_rate": rate,
        }
        line = json.dumps(record, sort_keys=True, separators=(",", ":"))
        whole.update(hashlib.sha256(line.encode() + b"\n" + samples.astype("<i2").tobytes()).digest())
    assert made.fingerprint == f"sha256:{whole.hexdigest()}"


def test_digests_tell_everything_apart(recipe):
    layout = prepare(recipe).generator.layout
    samples = np.zeros(layout.num_samples, np.int16)
    one = samples.copy()
    one[-1] = 1
    digests = {
        audio_digest("a", {"f": 1.0}, [0], layout, samples),
        audio_digest("b", {"f": 1.0}, [0], layout, samples),
        audio_digest("a", {"f": 1.5}, [0], layout, samples),
        audio_digest("a", {"f": 1.0}, [1], layout, samples),
        audio_digest("a", {"f": 1.0}, [0], layout, one),
    }
    assert len(digests) == 5


def test_what_a_dataset_holds(recipe, tmp_path):
    made = build(recipe, tmp_path / "d")
    assert made.num_examples == 60
    assert made.made == 60
    assert files(tmp_path / "d") == [
        "README.md",
        "SHA256SUMS",
        "croissant.json",
        "data/test-00000-of-00001.parquet",
        "data/train-00000-of-00001.parquet",
        "data/validation-00000-of-00001.parquet",
        "manifest.json",
        "recipe.json",
    ]
    manifest = json.loads((tmp_path / "d/manifest.json").read_bytes())
    assert manifest["fingerprint"] == made.fingerprint
    assert manifest["splits"] == {"train": 48, "validation": 6, "test": 6}
    assert manifest["reproducible"] == "bits"
    for shard in manifest["shards"]:
        content = (tmp_path / "d" / shard["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (shard["bytes"], shard["sha256"])
    sums = (tmp_path / "d/SHA256SUMS").read_text().splitlines()
    assert [line[66:] for line in sums] == [name for name in files(tmp_path / "d") if name != "SHA256SUMS"]


def test_recipe_json_makes_the_dataset_again(recipe, tmp_path):
    made = build(recipe, tmp_path / "a")
    again = build(load_recipe(str(tmp_path / "a/recipe.json")), tmp_path / "b")
    assert again.fingerprint == made.fingerprint


def test_a_finished_dataset_is_left_alone(recipe, tmp_path):
    build(recipe, tmp_path / "d")
    before = {name: (tmp_path / "d" / name).stat().st_mtime_ns for name in files(tmp_path / "d")}
    again = build(recipe, tmp_path / "d")
    assert again.made == 0
    assert {name: (tmp_path / "d" / name).stat().st_mtime_ns for name in files(tmp_path / "d")} == before


def test_a_changed_recipe_is_refused_unless_overwritten(recipe, data, tmp_path):
    build(recipe, tmp_path / "d")
    other = from_data(data | {"seed": 8}, "other")
    with pytest.raises(InputError, match=r"holds a dataset of another recipe \(seed differs\); use --overwrite"):
        build(other, tmp_path / "d")
    assert verify(tmp_path / "d").ok
    made = build(other, tmp_path / "d", overwrite=True)
    assert verify(tmp_path / "d", regenerate=5).fingerprint == made.fingerprint


def test_overwriting_leaves_no_strays(recipe, tmp_path):
    build(variant(recipe, shard_size=5), tmp_path / "d", workers=1)
    build(variant(recipe, format="wav"), tmp_path / "d", overwrite=True)
    build(recipe, tmp_path / "d", overwrite=True)
    assert len(files(tmp_path / "d")) == 8
    assert verify(tmp_path / "d").ok


def test_a_foreign_directory_is_refused_even_with_overwrite(recipe, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    for overwrite in (False, True):
        with pytest.raises(InputError, match=r"holds something else \(mine.txt\)"):
            build(recipe, tmp_path, overwrite=overwrite)
    with pytest.raises(InputError, match="is a file"):
        build(recipe, tmp_path / "mine.txt")
    assert files(tmp_path) == ["mine.txt"]


def test_bad_recipes_write_nothing(data, tmp_path):
    data["factors"][2]["stop"] = 5000.0
    with pytest.raises(InputError, match="Nyquist"):
        build(from_data(data, "bad"), tmp_path / "d")
    with pytest.raises(InputError, match="workers: must be >= 1"):
        build(load_recipe("syntone_small"), tmp_path / "d", workers=0)
    assert not (tmp_path / "d").exists()


def test_two_runs_at_once(recipe, tmp_path):
    (tmp_path / "d").mkdir()
    handle = os.open(tmp_path / "d", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(WorkError, match="another run is writing here"):
            build(recipe, tmp_path / "d")
    finally:
        os.close(handle)
    assert build(recipe, tmp_path / "d").made == 60


def test_a_lost_shard_of_an_unfinished_build_is_made_again(recipe, tmp_path):
    small = variant(recipe, shard_size=10)
    fingerprint = build(small, tmp_path / "whole", workers=1).fingerprint

    class Stop(Exception):
        pass

    def stop_half_way(progress):
        if progress.done >= 40:
            raise Stop

    with pytest.raises(Stop):
        build(small, tmp_path / "d", workers=1, on_progress=stop_half_way)
    assert not (tmp_path / "d/SHA256SUMS").exists()
    with pytest.raises(InputError, match="is not finished"):
        verify(tmp_path / "d")
    (tmp_path / "d/data/train-00001-of-00005.parquet").unlink()
    made = build(small, tmp_path / "d", workers=1)
    assert made.fingerprint == fingerprint
    assert 0 < made.made < 60
    assert files(tmp_path / "d") == files(tmp_path / "whole")


def test_a_lost_shard_of_a_finished_dataset_is_told(recipe, tmp_path):
    build(recipe, tmp_path / "d")
    (tmp_path / "d/data/test-00000-of-00001.parquet").unlink()
    with pytest.raises(WorkError, match=r"test-00000-of-00001\.parquet is gone"):
        build(recipe, tmp_path / "d")
    assert build(recipe, tmp_path / "d", overwrite=True).made == 60


def test_the_paper_grid_is_the_released_script(tmp_path):
    """Against the script's own formulas (linspace with its end point, scipy waves), a few rows apart."""
    from scipy import signal

    prepared = prepare(load_recipe("syntone_paper"))
    assert prepared.plan.sizes == {"train": 32000}
    t = np.linspace(0, 1, 16000)
    waves = [np.sin, lambda x: signal.sawtooth(x, 0.5), signal.sawtooth, signal.square]
    freqs, amps = np.linspace(440, 8000, 400), np.linspace(0.1, 1.0, 20)
    for row in [*range(8), 79, 80, 15_999, 16_002, 31_920, *range(31_992, 32_000)]:
        rows = prepared.plan.rows("train", row, 1)
        f, a, w = row // 80, row // 4 % 20, row % 4
        assert rows.values["frequency"][0] == pytest.approx(freqs[f], abs=1e-9)
        assert rows.values["amplitude"][0] == pytest.approx(amps[a], abs=1e-12)
        assert rows.values["waveform"][0] == ("sine", "triangle", "sawtooth", "square")[w]
        out = np.empty((1, 16000), np.float32)
        prepared.generator.render(rows, out)
        exact = amps[a] * waves[w](2 * np.pi * freqs[f] * t)
        off = np.abs(out[0] - exact) > 2e-6
        # At a step the rounding of 2 pi f t decides in the script; there may be no other difference.
        assert off.sum() <= 0.1 * 16000
        steps = np.abs(np.mod(2 * freqs[f] * t + 0.5, 1) - 0.5) < 1e-6
        assert not np.any(off & ~steps)


def test_syntone_keeps_its_promises():
    """Every frequency is below Nyquist with a third harmonic, no clip is silent, waveforms differ, nothing clips."""
    prepared = prepare(load_recipe("syntone"))
    factor = prepared.recipe.factor("frequency")
    frequencies = factor.at(np.arange(400))
    assert 3 * frequencies.max() < 8000
    for index in (0, 399):
        rows = [r for r in _cells(prepared) if r[2] == index and r[1] == 19]
        clips = [_render(prepared, cell) for cell in rows]
        assert len(clips) == 4
        shapes = [clip / np.sqrt(np.mean(clip**2)) for clip in clips]
        for i, a in enumerate(clips):
            assert np.sqrt(np.mean(a**2)) > 0.2
            assert np.abs(a).max() < 1
            for b in shapes[:i]:
                assert np.max(np.abs(np.abs(np.fft.rfft(shapes[i])) - np.abs(np.fft.rfft(b)))) > 100


def _cells(prepared):
    return [(w, a, f) for w in range(4) for a in (0, 19) for f in (0, 399)]


def _render(prepared, cell):
    from synthkit.records import Rows

    indices = np.array([cell])
    values = {f.name: f.at(indices[:, k]) for k, f in enumerate(prepared.recipe.factors)}
    out = np.empty((1, 16000), np.int16)
    prepared.generator.render(Rows("train", np.array([0]), values, indices), out)
    return out[0] / 32768


def test_leftovers_of_a_killed_run_are_removed(recipe, tmp_path):
    root = tmp_path / "d"
    build(recipe, root)
    shutil.copytree(root / "data", tmp_path / "keep")
    (root / "SHA256SUMS").unlink()
    (root / ".synthkit").mkdir()
    (root / "data/.tmp-123-train-00000-of-00001.parquet").write_bytes(b"half")
    (root / "data/train-00000-of-00099.parquet").write_bytes(b"of another shard size")
    made = build(recipe, root)
    assert len(files(root)) == 8
    assert verify(root).fingerprint == made.fingerprint


def test_a_failure_waits_for_whoever_still_writes(recipe, tmp_path):
    """With an executor of the caller's: tasks that have begun come to their end before the lock is given back."""
    small = variant(recipe, shard_size=2)

    class Stop(Exception):
        pass

    def stop(progress):
        if progress.done:
            raise Stop

    with ThreadPoolExecutor(4) as pool:
        with pytest.raises(Stop):
            build(small, tmp_path / "d", pool, on_progress=stop)
        before = files(tmp_path / "d")
        assert not any(".tmp-" in name for name in before)
        assert pool.submit(lambda: files(tmp_path / "d")).result(120) == before
        made = build(small, tmp_path / "d", pool)
    assert made.made < 60
    assert made.fingerprint == build(recipe, tmp_path / "whole").fingerprint


def test_a_failure_ends_our_workers_and_nobody_elses(recipe, tmp_path):
    others = set(multiprocessing.active_children())

    def children():
        return set(multiprocessing.active_children()) - others

    bystander = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(300,))
    bystander.start()

    class Stop(Exception):
        pass

    def stop(progress):
        if progress.done:
            raise Stop

    try:
        with pytest.raises(Stop):
            build(variant(recipe, shard_size=10), tmp_path / "d", workers=2, on_progress=stop)
        # A worker that was syncing is gone when the disk lets go of it, which can take longer than a build waits.
        deadline = time.monotonic() + 60
        while children() != {bystander} and time.monotonic() < deadline:
            time.sleep(0.02)
        assert children() == {bystander}
        assert bystander.is_alive()
    finally:
        bystander.terminate()
        bystander.join(120)
