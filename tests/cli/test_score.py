"""`synthkit score`: files, directories, datasets; the same numbers as from Python; its errors."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthkit.cli import main
from synthkit.dataset import load
from synthkit.metrics import evaluate

NAMES = "mig,sap,dci,irs,info_m,factor_vae"


def arrays(rows=480, seed=0):
    rng = np.random.default_rng(seed)
    index = np.arange(rows)
    factors = np.stack([index % 4, index // 4 % 3], axis=1)
    return factors, np.concatenate([factors, np.zeros((rows, 1))], axis=1) + 0.3 * rng.normal(size=(rows, 3))


@pytest.fixture
def codes(tmp_path):
    factors, found = arrays()
    np.savez(tmp_path / "codes.npz", factors=factors, codes=found)
    return tmp_path / "codes.npz"


def test_the_numbers_of_python(command, codes, tmp_path):
    said = command("score", "codes.npz", "--out", "scores.json", "--metrics", NAMES, "--json").stdout
    report = json.loads(said)
    assert report == json.loads((tmp_path / "scores.json").read_text())
    factors, found = arrays()
    python = evaluate(factors=factors, codes=found, metrics=NAMES)
    assert report == python.to_dict()
    assert report["convention"] == "default"
    assert list(report["metrics"]) == list(python)


@pytest.mark.gpu
def test_the_numbers_of_a_gpu(codes, capsys, cuda):
    """In this process, where the kernels may be on the emulator."""
    said = []
    for backend in ("cpu", "cuda"):
        assert main(["score", str(codes), "--metrics", "mig,irs,factor_vae", "--json", "--backend", backend]) == 0
        said.append(json.loads(capsys.readouterr().out))
    assert said[0]["metrics"] == said[1]["metrics"]


def test_a_backend_that_is_none(command, codes):
    wrong = command("score", "codes.npz", "--backend", "tpu", check=False)
    assert (wrong.returncode, "device: 'tpu' is none of: cpu, reference, cuda" in wrong.stderr) == (2, True)


def test_a_table_for_people(synthkit, codes, tmp_path):
    done = synthkit("score", "codes.npz", "--out", "s.json", "--metrics", "mig,mig_sup", "--plot", "s.png")
    lines = done.stdout.splitlines()
    assert lines[0] == "convention default: 480 rows, 3 codes, 2 factors (factor 0, factor 1)"
    assert any("mig_sup" in line for line in lines)
    assert lines[-2:] == ["wrote s.json", "wrote s.png"]
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")


def test_options_reach_the_metrics(command, codes):
    factors, found = arrays()
    flags = ("--convention", "dlib", "--train-fraction", "0.5", "--shuffle", "--seed", "3", "--threads", "1")
    more = ("--bootstrap", "3", "--kinds", "ordinal,categorical")
    report = json.loads(command("score", "codes.npz", "--metrics", "sap,explicitness", "--json", *flags, *more).stdout)
    python = evaluate(
        factors=factors,
        codes=found,
        metrics="sap,explicitness",
        convention="dlib",
        train_fraction=0.5,
        shuffle=True,
        seed=3,
        bootstrap=3,
        factor_kinds=["ordinal", "categorical"],
    )
    assert report == python.to_dict()


def test_a_directory_is_a_batch(command, tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    models = {}
    for number in range(3):
        factors, found = arrays(seed=number)
        np.savez(folder / f"step-{number}.npz", factors=factors, codes=found)
        models[f"step-{number}.npz"] = found
    wide = np.concatenate([models["step-0.npz"], models["step-1.npz"]], axis=1)  # another number of codes
    np.savez(folder / "wide.npz", factors=factors, codes=wide)
    (folder / "notes.txt").write_text("not codes")
    report = json.loads(command("score", "checkpoints", "--metrics", NAMES, "--json", "--out", "s.json").stdout)
    models["wide.npz"] = wide
    assert report["models"] == list(models)
    for place, (name, found) in enumerate(models.items()):
        alone = evaluate(factors=factors, codes=found, metrics=NAMES)
        assert report["scores"][name]["metrics"] == alone.to_dict()["metrics"]
        assert report["metrics"]["mig"][place] == alone["mig"]
    said = refused(command, "score", "checkpoints", "--metrics", "mig", "--plot", "s.png")
    assert "differ in shape or factors" in said
    table = command("score", "checkpoints", "--metrics", "mig").stdout
    assert "step-1.npz" in table
    assert "wide.npz" in table


def test_parquet(command, tmp_path):
    factors, found = arrays()
    names = np.array(["red", "green", "blue"])[factors[:, 1]]
    level = factors[:, 0] / 4.0
    base = {"size": level, "size_index": factors[:, 0], "hue": names}
    columns = {f"code_{d}": found[:, d] for d in range(3)}
    pq.write_table(pa.table({**columns, **base}), tmp_path / "columns.parquet")
    pq.write_table(pa.table({"codes": found.tolist(), **base}), tmp_path / "lists.parquet")
    reports = [
        json.loads(command("score", f"{name}.parquet", "--metrics", NAMES, "--json").stdout)
        for name in ("columns", "lists")
    ]
    assert reports[0] == reports[1]
    assert reports[0]["factor_names"] == ["size", "hue"]
    assert reports[0]["factor_kinds"] == ["ordinal", "categorical"]
    python = evaluate(
        factors=np.stack([level, np.unique(names, return_inverse=True)[1]], axis=1),
        codes=found,
        metrics=NAMES,
        factor_kinds=["ordinal", "categorical"],
        factor_names=["size", "hue"],
    )
    assert reports[0] == python.to_dict()
    one = json.loads(command("score", "lists.parquet", "--metrics", "mig", "--factors", "hue", "--json").stdout)
    assert one["factor_names"] == ["hue"]


def test_codes_of_a_dataset_are_joined_on_id(command, tmp_path):
    command("generate", "syntone_small", "--out", "d", "--set", "params.duration=0.01", "--limit", "400")
    dataset = load(tmp_path / "d")
    ids = dataset.ids()
    assert ids[0] == dataset[0].id
    assert ids[-1] == dataset[-1].id
    assert dataset[3:9:2].ids() == [example.id for example in dataset[3:9:2]]
    rng = np.random.default_rng(0)
    picked = rng.permutation(len(ids))[:300]
    kinds = [factor.kind for factor in dataset.factors]
    matrix = dataset.factors_matrix().astype(float)
    for k, (name, kind) in enumerate(zip(dataset.factor_names, kinds, strict=True)):
        if kind != "categorical":
            matrix[:, k] = dataset.factor_values(name)
    found = matrix[picked] + 0.1 * rng.normal(size=(300, matrix.shape[1]))
    np.savez(tmp_path / "c.npz", codes=found, id=np.array(ids)[picked])
    flags = ("score", "c.npz", "--data", "d", "--metrics", "mig,sap")
    report = json.loads(command(*flags, "--json").stdout)
    python = evaluate(
        factors=matrix[picked], codes=found, metrics="mig,sap", factor_kinds=kinds, factor_names=dataset.factor_names
    )
    assert report == python.to_dict()
    one = dataset.factor_names[0]
    assert json.loads(command(*flags, "--factors", one, "--json").stdout)["factor_names"] == [one]
    assert "is not in the dataset" in refused(command, *flags, "--split", "test")


def refused(command, *arguments, code=2):
    done = command(*arguments, check=False)
    assert done.returncode == code
    assert done.stdout == ""
    return done.stderr


def save(path, **changes):
    factors, found = arrays()
    np.savez(path, **{"factors": factors, "codes": found, **changes})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.npz",), "none.npz: no such file"),
        (("empty",), "empty: no .npz or .parquet file is in this directory"),
        (("codes.txt",), "codes.txt: codes are read from .npz or .parquet, not .txt"),
        (("text.npz",), "text.npz: is no .npz archive"),
        (("bad.parquet",), "bad.parquet: cannot be read as parquet"),
        (("latents.npz",), "latents.npz: has no array 'codes' (it has: latents)"),
        (("objects.npz",), "objects.npz: Object arrays cannot be loaded"),
        (("alone.npz",), "alone.npz: holds no factors; add them, or name the dataset they are in by --data"),
        (("nan.npz",), "nan.npz: codes: nan at row 5, code 1"),
        (("good.npz", "--metrics", "mgi"), "did you mean 'mig'?"),
        (("good.npz", "--convention", "dblib"), "did you mean 'dlib'?"),
        (("good.npz", "--factors", "hue"), "factors can be chosen by name only if the file has factor_names"),
        (("named.npz", "--factors", "hues"), "has no factor 'hues'; there are: hue, size"),
        (("gaps.parquet",), "code columns must be numbered 0 to 1, each once, not [0, 2]"),
        (("ragged.parquet",), "column 'codes' must hold lists of numbers, all equally long"),
        (("holes.parquet",), "column 'hue' has 1 empty cells"),
        (("good.npz", "--split", "test"), "--split: names a split of the dataset given by --data"),
        (("good.npz", "--data", "empty"), "empty"),
        (("good.npz", "--out", "empty"), "--out: empty is a directory; name a file"),
        (("good.npz", "--plot", "s.txt"), "s.txt: pictures are saved as"),
        (("good.npz", "--train-fraction", "2"), "train_fraction: must be between 0 and 1"),
    ],
)
def test_bad_files(command, tmp_path, arguments, message):
    _, found = arrays()
    (tmp_path / "empty").mkdir()
    (tmp_path / "codes.txt").write_text("1 2 3")
    (tmp_path / "text.npz").write_text("1 2 3")
    (tmp_path / "bad.parquet").write_text("1 2 3")
    np.savez(tmp_path / "latents.npz", latents=found)
    np.savez(tmp_path / "alone.npz", codes=found)
    save(tmp_path / "objects.npz", factors=np.array([{}]), codes=np.array([{}]))
    save(tmp_path / "good.npz")
    save(tmp_path / "named.npz", factor_names=np.array(["hue", "size"]))
    broken = found.copy()
    broken[5, 1] = np.nan
    save(tmp_path / "nan.npz", codes=broken)
    pq.write_table(pa.table({"z_0": [0.0], "z_2": [1.0], "hue": [1]}), tmp_path / "gaps.parquet")
    pq.write_table(pa.table({"codes": [[0.0], [1.0, 2.0]], "hue": [1, 2]}), tmp_path / "ragged.parquet")
    pq.write_table(pa.table({"z_0": [0.0, 1.0], "hue": [None, "a"]}), tmp_path / "holes.parquet")
    assert message in refused(command, "score", *arguments)


def test_bad_ids(command, tmp_path):
    command("generate", "syntone_small", "--out", "d", "--set", "params.duration=0.01", "--limit", "40")
    ids = load(tmp_path / "d").ids()
    found = np.zeros((len(ids), 2))
    cases = {
        "has none": ({}, "holds no 'id' to join codes and dataset by; save Dataset.ids()"),
        "too few": ({"id": ids[:-1]}, f"{len(ids) - 1} ids for {len(ids)} rows"),
        "twice": ({"id": [ids[0], *ids[:-1]]}, f"id {ids[0]!r} is at row 0 and again at row 1"),
        "unknown": ({"id": ["x", *ids[1:]]}, "id 'x' at row 0 is not in the dataset"),
    }
    for arrays_, message in cases.values():
        np.savez(tmp_path / "c.npz", codes=found, **arrays_)
        assert message in refused(command, "score", "c.npz", "--data", "d")


def test_nowhere_to_write(command, codes):
    assert "there is no directory" in refused(command, "score", "codes.npz", "--out", "no/such/s.json", code=1)
