"""`verify` finds every change: one flipped byte, a lost or added file, and tampering that keeps all hashes in order."""

import hashlib
import json
import random
import shutil
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthkit.errors import InputError
from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify

FORMATS = ["parquet", "wav", "flac", "webdataset"]
CHANGES = ["design.size=24", "params.duration=0.02", "output.shard_size=8"]


@pytest.fixture(scope="module", params=FORMATS)
def dataset(request, tmp_path_factory):
    """A small dataset of each format; tests put back what they change."""
    root = tmp_path_factory.mktemp(request.param) / "d"
    build(load_recipe("syntone_small", [*CHANGES, f"output.format={request.param}"]), root, workers=1)
    return root


def names(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def sums_again(root):
    """What a forger would do."""
    listed = [name for name in names(root) if name != "SHA256SUMS"]
    lines = [f"{hashlib.sha256((root / name).read_bytes()).hexdigest()}  {name}\n" for name in listed]
    (root / "SHA256SUMS").write_text("".join(lines))


def test_all_is_well(dataset):
    report = verify(dataset, regenerate=1000)
    assert report.ok
    assert report.problems == []
    assert (report.files, report.examples, report.regenerated) == (len(names(dataset)) - 1, 24, 24)
    assert report.fingerprint == json.loads((dataset / "manifest.json").read_bytes())["fingerprint"]


def test_coreutils_agrees(dataset):
    done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=dataset, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(": OK\n") == len(names(dataset)) - 1


def test_a_flipped_byte_anywhere_names_the_file(dataset):
    places = random.Random(3)
    for name in names(dataset):
        path = dataset / name
        whole = path.read_bytes()
        # First and last byte, and some between; each bit has its turn.
        for position in {0, len(whole) - 1, *(places.randrange(len(whole)) for _ in range(6))}:
            damaged = bytearray(whole)
            damaged[position] ^= 1 << places.randrange(8)
            path.write_bytes(damaged)
            report = verify(dataset, regenerate=2)
            assert not report.ok, (name, position)
            assert any(name in problem for problem in report.problems), (name, position, report.problems)
        path.write_bytes(whole)
    assert verify(dataset).ok


def test_a_lost_and_an_added_file(dataset):
    for name in names(dataset):
        if name == "SHA256SUMS":
            continue
        whole = (dataset / name).read_bytes()
        (dataset / name).unlink()
        assert verify(dataset).problems == [f"{name}: listed in SHA256SUMS, but not there"]
        (dataset / name).write_bytes(whole)
    (dataset / "data/extra.txt").write_text("x")
    assert verify(dataset).problems == ["data/extra.txt: not listed in SHA256SUMS"]
    (dataset / "data/extra.txt").unlink()
    assert verify(dataset).ok


def test_files_of_git_and_the_hub_are_no_part_of_it(dataset, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(dataset, copy)
    for name in (".git/HEAD", ".gitattributes", ".cache/huggingface/download/README.md.metadata"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("x")
    assert verify(copy).ok
    for name in (".gitattributes2", ".hidden"):
        (copy / name).write_text("x")
    assert verify(copy).problems == [f"{name}: not listed in SHA256SUMS" for name in (".gitattributes2", ".hidden")]


def test_a_cut_file(dataset):
    for name in names(dataset):
        whole = (dataset / name).read_bytes()
        (dataset / name).write_bytes(whole[: len(whole) // 2])
        assert any(name in problem for problem in verify(dataset).problems), name
        (dataset / name).write_bytes(whole)
    assert verify(dataset).ok


@pytest.fixture
def own(tmp_path):
    """A dataset of this test's own."""
    build(load_recipe("syntone_small", CHANGES), tmp_path / "d", workers=1)
    return tmp_path / "d"


def change_manifest(root, **fields):
    manifest = json.loads((root / "manifest.json").read_bytes())
    (root / "manifest.json").write_text(json.dumps(manifest | fields))


def test_another_fingerprint_in_the_manifest(own):
    change_manifest(own, fingerprint="sha256:" + "0" * 64)
    sums_again(own)
    (problem,) = verify(own).problems
    assert problem.startswith("manifest.json: says sha256:000")


def test_swapped_values_are_found_by_content(own):
    """A factor value changed in a shard, all hashes made anew."""
    path = own / "data/train-00000-of-00003.parquet"
    table = pq.read_table(path)
    values = table.column("frequency").to_pylist()
    values[3] += 1.0
    at = table.schema.get_field_index("frequency")
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(values, pa.float64())), path)
    sums_again(own)
    (problem,) = verify(own).problems
    assert problem.startswith("manifest.json: says sha256:")


def test_a_forged_dataset_is_found_by_making_examples_again(own, tmp_path):
    """Content, fingerprint and hashes agree with one another, but not with the recipe."""
    recipe = json.loads((own / "recipe.json").read_bytes())
    (own / "recipe.json").write_text(json.dumps(recipe | {"seed": 99}))
    sums_again(own)
    assert verify(own).ok
    report = verify(own, regenerate=5)
    assert len(report.problems) == 5
    for problem in report.problems:
        assert problem.startswith("data/")
        assert problem.endswith("is not what the recipe gives")


def test_a_recipe_of_other_splits(own):
    recipe = json.loads((own / "recipe.json").read_bytes())
    recipe["design"]["size"] = 50
    (own / "recipe.json").write_text(json.dumps(recipe))
    sums_again(own)
    (problem,) = verify(own, regenerate=5).problems
    assert problem.startswith("recipe.json: gives splits of {'train': 40")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 1}', '{"schema": 99}'])
def test_a_manifest_that_says_nothing(own, content):
    (own / "manifest.json").write_text(content)
    sums_again(own)
    (problem,) = verify(own).problems
    assert "manifest.json" in problem


def test_paths_that_lead_outside_are_not_followed(own, tmp_path):
    (tmp_path / "secret").write_text("x")
    line = f"{hashlib.sha256(b'x').hexdigest()}  ../secret\n"
    with (own / "SHA256SUMS").open("a") as file:
        file.write(line)
    assert verify(own).problems == ["../secret: listed in SHA256SUMS, but not there"]


def test_what_is_no_dataset(tmp_path):
    with pytest.raises(InputError, match="holds no finished synthkit dataset"):
        verify(tmp_path)
    with pytest.raises(InputError, match="holds no finished synthkit dataset"):
        verify(tmp_path / "nowhere")


def test_regenerate_below_zero(own):
    with pytest.raises(InputError, match="regenerate: must be >= 0, not -1"):
        verify(own, regenerate=-1)


def test_which_examples_are_made_again_is_the_same_each_time(own, monkeypatch):
    from synthkit.plan import Plan

    seen = []
    real = Plan.rows
    monkeypatch.setattr(Plan, "rows", lambda self, *args: (seen.append(args), real(self, *args))[1])
    for _ in range(2):
        verify(own, regenerate=4)
    assert len(seen) == 8
    assert seen[:4] == seen[4:]
    assert len(set(seen)) == 4
