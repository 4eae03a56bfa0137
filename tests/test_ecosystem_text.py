"""Other people's readers open the texts that we write, in every format."""

import hashlib
import json

import datasets
import mlcroissant
import pandas
import pytest
import yaml

import synthkit
from synthkit.recipe.load import load_recipe
from synthkit.run import build

FORMATS = ["parquet", "jsonl", "tsv"]
SIZES = {"train": 60, "validation": 12, "test": 8}
COLUMNS = {"tsv": {"input": "Source", "target": "Target", "rationale": "Rationale"}}


@pytest.fixture(scope="module", params=FORMATS)
def root(request, tmp_path_factory):
    """80 explained lists in several shards."""
    root = tmp_path_factory.mktemp("texts") / "d"
    changes = [f"splits={json.dumps(SIZES)}", "design.size=80", "params.explained=0.5", "output.shard_size=25"]
    build(load_recipe("listops_explained", [*changes, f"output.format={request.param}"]), root, workers=1)
    return root


@pytest.fixture
def names(root):
    return COLUMNS.get(format_of(root), {"input": "input", "target": "target", "rationale": "rationale"})


def format_of(root):
    return json.loads((root / "manifest.json").read_text())["format"]


def test_hugging_face_datasets(root, names, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    loaded = datasets.load_dataset(str(root), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == SIZES
    for split, rows in loaded.items():
        for row, example in zip(rows, synthkit.load(root, split=split), strict=True):
            assert row["id"] == example.id
            assert row[names["input"]] == example.input
            assert str(row[names["target"]]) == example.target
            assert (row[names["rationale"]] or None) == example.rationale
            assert {name: row[name] for name in example.factors} == example.factors


def test_pandas(root, names):
    kind = format_of(root)
    options = {"tsv": {"sep": "\t"}, "jsonl": {"lines": True, "dtype": False}, "parquet": {}}[kind]
    read = {"parquet": pandas.read_parquet, "jsonl": pandas.read_json, "tsv": pandas.read_csv}[kind]
    files = sorted((root / "data").glob(f"train-*.{kind}"))
    assert len(files) == 3
    frame = pandas.concat([read(file, **options) for file in files])
    ours = synthkit.load(root, split="train")
    assert frame["id"].tolist() == ours.ids()
    assert frame[names["input"]].tolist() == [example.input for example in ours]
    assert frame["tokens"].tolist() == ours.factor_values("tokens").tolist()


def test_the_released_loaders_columns(root):
    """The Long Range Arena's loader reads the columns Source and Target of a TSV file with a header."""
    if format_of(root) != "tsv":
        return
    head = (root / "data/test-00000-of-00001.tsv").read_text().splitlines()[0].split("\t")
    assert head[:2] == ["Source", "Target"]


def test_croissant(root, names):
    metadata = mlcroissant.Dataset(str(root / "croissant.json"))
    assert metadata.metadata.issues.errors == set()
    data = json.loads((root / "croissant.json").read_text())
    hashes = {item["@id"]: item["sha256"] for item in data["distribution"] if "sha256" in item}
    assert len(hashes) == 5
    for path, digest in hashes.items():
        assert hashlib.sha256((root / path).read_bytes()).hexdigest() == digest
    columns = {f["source"]["extract"]["column"] for f in data["recordSet"][0]["field"]}
    assert columns >= {*names.values(), "id", "label", "label_index", "tokens"}


def test_croissant_records(root):
    metadata = mlcroissant.Dataset(str(root / "croissant.json"))
    records = list(metadata.records("examples"))
    ours = {example.id: example for example in synthkit.load(root)}
    assert len(records) == len(ours) == 80
    for record in records:
        plain = {key.split("/")[1]: value for key, value in record.items()}
        plain = {key: value.decode() if isinstance(value, bytes) else value for key, value in plain.items()}
        assert plain["input"] == ours[plain["id"]].input
        assert str(plain["target"]) == ours[plain["id"]].target


def test_card(root):
    front = yaml.safe_load((root / "README.md").read_text().split("---\n")[1])
    kind = format_of(root)
    assert front["configs"][0]["data_files"][0] == {"split": "train", "path": f"data/train-*.{kind}"}
    assert {"text", "listops", "synthetic"} <= set(front["tags"])
    text = (root / "README.md").read_text()
    assert "## Trivial baselines of the task" in text
    for guess in ("majority class", "first token", "length only"):
        assert f"| {guess} | " in text
