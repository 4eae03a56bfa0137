"""Other people's readers open what we write: Hugging Face datasets, pandas, pyarrow, soundfile, mlcroissant."""

import hashlib
import io
import json
import shutil
import subprocess

import datasets
import mlcroissant
import numpy as np
import pandas
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml

import synthkit
from synthkit.recipe.load import load_recipe
from synthkit.run import build

FORMATS = ["parquet", "wav", "flac"]
SIZES = {"train": 64, "validation": 8, "test": 8}


@pytest.fixture(scope="module", params=FORMATS)
def root(request, tmp_path_factory):
    """80 clips of syntone_small in several shards."""
    root = tmp_path_factory.mktemp("ecosystem") / "d"
    changes = ["design.size=80", "output.shard_size=30", f"output.format={request.param}"]
    build(load_recipe("syntone_small", changes), root, workers=1)
    return root


def test_hugging_face_datasets(root, hugging_face):
    loaded = hugging_face(root)
    assert {split: len(rows) for split, rows in loaded.items()} == SIZES
    for split, rows in loaded.items():
        ours = synthkit.load(root, split=split)
        assert isinstance(rows.features["audio"], datasets.Audio)
        plain = rows.cast_column("audio", datasets.Audio(decode=False))
        by_id = {example.id: example for example in ours}
        # It reads tables in our order; files of a folder in the order in which it lists them.
        order = list if list((root / "data").glob("*.parquet")) else sorted
        assert order(plain["id"][:]) == list(by_id)
        for row in plain:
            example = by_id[row["id"]]
            assert {name: row[name] for name in example.factors} == example.factors
            levels = [row[f"{name}_index"] for name in example.factors]
            assert levels == example.factor_indices.tolist()
            source = io.BytesIO(row["audio"]["bytes"]) if row["audio"]["bytes"] else row["audio"]["path"]
            samples, rate = soundfile.read(source, dtype="int16")
            assert rate == example.sample_rate
            assert (samples / np.float32(32768)).astype(np.float32).tobytes() == example.audio.tobytes()


def test_hugging_face_one_split_and_streaming(root, hugging_face):
    rows = hugging_face(root, split="test")
    assert len(rows) == 8
    assert set(rows.column_names) >= {"id", "audio", "waveform", "waveform_index", "frequency"}
    streamed = hugging_face(root, split="validation", streaming=True)
    streamed = streamed.cast_column("audio", datasets.Audio(decode=False))
    assert [row["id"] for row in streamed] == [f"validation-{i:08d}" for i in range(8)]


def test_hugging_face_decodes(root, hugging_face):
    """What its users get in the end: samples, from torchcodec's own decoder."""
    row, example = hugging_face(root, split="test")[3], synthkit.load(root, split="test")[3]
    decoded = row["audio"].get_all_samples()
    assert decoded.sample_rate == 16000
    np.testing.assert_allclose(decoded.data.numpy()[0], example.audio, atol=1e-6)


def tables(root, split):
    pattern = f"{split}-*.parquet" if list((root / "data").glob("*.parquet")) else f"{split}-*/metadata.parquet"
    return sorted((root / "data").glob(pattern))


def test_pandas(root):
    frame = pandas.concat([pandas.read_parquet(path) for path in tables(root, "train")])
    ours = synthkit.load(root, split="train")
    assert len(frame) == 64
    assert frame["id"].tolist() == [example.id for example in ours]
    assert frame["waveform"].tolist() == ours.factor_values("waveform").tolist()
    assert frame["frequency"].tolist() == ours.factor_values("frequency").tolist()
    assert frame["frequency_index"].tolist() == ours.factors_matrix()[:, 2].tolist()


def test_pyarrow(root):
    table = pq.read_table([str(path) for path in tables(root, "test")])
    assert table.num_rows == 8
    types = {field.name: str(field.type) for field in table.schema}
    expected = {"id": "string", "waveform": "string", "frequency": "double", "frequency_index": "int64"}
    assert types.items() >= expected.items()
    if "audio" in types:
        assert types["audio"] == "struct<bytes: binary, path: string>"


def test_soundfile_reads_the_files(root):
    for path in sorted((root / "data").rglob("*.[wf]*"))[:10]:
        found = soundfile.info(path)
        assert (found.samplerate, found.frames, found.channels, found.subtype) == (16000, 8000, 1, "PCM_16")


def test_coreutils(root):
    done = subprocess.run(
        ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"], cwd=root, capture_output=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, b"")


def test_croissant(root):
    dataset = mlcroissant.Dataset(jsonld=str(root / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    # A date would make the same data differ from day to day.
    (warning,) = dataset.metadata.ctx.issues.warnings
    assert "datePublished" in warning
    records = list(dataset.records(record_set="examples"))
    assert len(records) == 80
    ours = {example.id: example for example in synthkit.load(root)}
    for record in records:
        example = ours.pop(record["examples/id"].decode())
        assert record["examples/frequency"] == example.factors["frequency"]
        assert record["examples/waveform"].decode() == example.factors["waveform"]
        assert record["examples/waveform_index"] == example.factor_indices[0]
    assert ours == {}


def test_croissant_hashes(root):
    data = json.loads((root / "croissant.json").read_bytes())
    files = [item for item in data["distribution"] if item["@type"] == "cr:FileObject"]
    assert len(files) == len([path for split in SIZES for path in tables(root, split)])
    for item in files:
        content = (root / item["contentUrl"]).read_bytes()
        assert item["sha256"] == hashlib.sha256(content).hexdigest()
        assert item["contentSize"] == f"{len(content)} B"


def test_the_front_matter_is_yaml(root):
    text = (root / "README.md").read_text()
    assert text.startswith("---\n")
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["license"] == "cc0-1.0"
    assert [item["split"] for item in front["configs"][0]["data_files"]] == ["train", "validation", "test"]
    assert front["size_categories"] == ["n<1K"]


def test_a_dataset_may_be_moved(root, tmp_path, hugging_face):
    shutil.copytree(root, tmp_path / "elsewhere")
    assert synthkit.load(tmp_path / "elsewhere")[0].id == "train-00000000"
    assert len(hugging_face(tmp_path / "elsewhere", split="test")) == 8
