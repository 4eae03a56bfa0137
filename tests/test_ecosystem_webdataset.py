"""Other people's readers open our tars: the webdataset library, Hugging Face datasets, mlcroissant."""

import gc
import hashlib
import io
import json
import warnings

import datasets
import mlcroissant
import numpy as np
import pytest
import soundfile
import yaml

import synthkit
from synthkit.recipe.load import load_recipe
from synthkit.run import build

SPLITS = {"train": 60, "validation": 12, "test": 8}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    root = tmp_path_factory.mktemp("tars") / "clips"
    build(load_recipe("syntone_small", ["design.size=80", "output.shard_size=30", "output.format=webdataset"]), root)
    return root


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """Few have a rationale: none of the first five, from which datasets would guess its type."""
    root = tmp_path_factory.mktemp("tars") / "texts"
    changes = [f"splits={json.dumps(SPLITS)}", "design.size=80", "params.explained=0.5", "output.shard_size=25"]
    build(load_recipe("listops_explained", [*changes, "output.format=webdataset"]), root, workers=1)
    return root


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    root = tmp_path_factory.mktemp("tars") / "speech"
    build(load_recipe("synspeech_small", ["design.limit=12", "output.format=webdataset"]), root, workers=1)
    return root


def shards(root, split):
    return [str(path) for path in sorted((root / "data").glob(f"{split}-*.tar"))]


def samples(root, split, *decoders):
    """All samples of a split, as the webdataset library gives them."""
    import webdataset

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its files to the garbage collector
        found = webdataset.WebDataset(shards(root, split), shardshuffle=False, empty_check=False)
        read = list(found.decode(*decoders) if decoders else found)
        del found
        gc.collect()
    return read


def test_the_webdataset_library_reads_clips(clips):
    found = samples(clips, "train")
    ours = synthkit.load(clips, split="train")
    assert len(found) == len(ours) == 64
    for sample, example in zip(found, ours, strict=True):
        assert set(sample) - {"__local_path__"} == {"__key__", "__url__", "json", "wav"}
        assert sample["__key__"] == example.id
        record = json.loads(sample["json"])
        assert {name: record[name] for name in example.factors} == example.factors
        assert [record[f"{name}_index"] for name in example.factors] == example.factor_indices.tolist()
        heard, rate = soundfile.read(io.BytesIO(sample["wav"]), dtype="int16")
        assert rate == example.sample_rate
        assert (heard / np.float32(32768)).astype(np.float32).tobytes() == example.audio.tobytes()


def test_the_webdataset_library_decodes(clips, texts):
    assert samples(clips, "test", "rgb")[0]["json"]["id"] == "test-00000000"
    found = samples(texts, "train", "rgb")
    ours = synthkit.load(texts, split="train")
    for sample, example in zip(found, ours, strict=True):
        record = sample["json"]
        assert (record["input"], record["target"], record["rationale"]) == (
            example.input,
            example.target,
            example.rationale,
        )


@pytest.mark.parametrize("streaming", [False, True])
def test_hugging_face_datasets_reads_clips(clips, hugging_face, streaming):
    rows = hugging_face(clips, split="train", streaming=streaming).cast_column("wav", datasets.Audio(decode=False))
    ours = synthkit.load(clips, split="train")
    for row, example in zip(rows, ours, strict=True):
        assert row["__key__"] == row["json"]["id"] == example.id
        assert row["json"]["frequency"] == example.factors["frequency"]
        assert row["json"]["frequency_index"] == example.factor_indices[2]
        heard, _ = soundfile.read(io.BytesIO(row["wav"]["bytes"]), dtype="int16")
        assert (heard / np.float32(32768)).astype(np.float32).tobytes() == example.audio.tobytes()


def test_hugging_face_datasets_decodes(clips, hugging_face):
    row, example = hugging_face(clips, split="test")[3], synthkit.load(clips, split="test")[3]
    decoded = row["wav"].get_all_samples()
    assert decoded.sample_rate == 16000
    np.testing.assert_allclose(decoded.data.numpy()[0], example.audio, atol=1e-6)


@pytest.mark.parametrize("streaming", [False, True])
def test_hugging_face_datasets_reads_texts(texts, hugging_face, streaming):
    for split, count in SPLITS.items():
        rows = list(hugging_face(texts, split=split, streaming=streaming))
        assert len(rows) == count
        for row, example in zip(rows, synthkit.load(texts, split=split), strict=True):
            record = row["json"]
            assert (record["input"], record["rationale"]) == (example.input, example.rationale)
            assert {name: record[name] for name in example.factors} == example.factors


def test_hugging_face_datasets_reads_lists(speech, hugging_face):
    rows = hugging_face(speech, split="train").cast_column("wav", datasets.Audio(decode=False))
    for row, example in zip(rows, synthkit.load(speech, split="train"), strict=True):
        for name in ("phonemes", "phoneme_starts", "duration", "transcript"):
            assert row["json"][name] == example.annotations[name]


def test_the_front_matter_has_the_types(clips, texts, speech):
    for root, rate in ((clips, 16000), (texts, None), (speech, 16000)):
        front = yaml.safe_load((root / "README.md").read_text().split("---\n")[1])
        first = front["configs"][0]["data_files"][0]
        assert first == {"split": "train", "path": "data/train-*.tar"}
        features = {item["name"]: item for item in front["dataset_info"]["features"]}
        assert list(features) == ["json", *(["wav"] if rate else []), "__key__", "__url__"]
        if rate:
            assert features["wav"]["dtype"]["audio"]["sampling_rate"] == rate


@pytest.fixture
def croissant(tmp_path, monkeypatch):
    """mlcroissant keeps what it unpacks by the path in the dataset, so that two datasets would be mixed up."""
    from mlcroissant._src.operation_graph.operations import extract

    monkeypatch.setattr(extract, "EXTRACT_PATH", type(extract.EXTRACT_PATH)(tmp_path / "unpacked"))
    return lambda root: mlcroissant.Dataset(jsonld=str(root / "croissant.json"))


@pytest.mark.parametrize("kind", ["clips", "texts", "speech"])
def test_croissant(request, croissant, kind):
    root = request.getfixturevalue(kind)
    dataset = croissant(root)
    assert not dataset.metadata.ctx.issues.errors
    data = json.loads((root / "croissant.json").read_bytes())
    files = [item for item in data["distribution"] if item["@type"] == "cr:FileObject"]
    assert {item["encodingFormat"] for item in files} == {"application/x-tar"}
    for item in files:
        content = (root / item["contentUrl"]).read_bytes()
        assert item["sha256"] == hashlib.sha256(content).hexdigest()
    sets = [item for item in data["distribution"] if item["@type"] == "cr:FileSet"]
    assert [item["includes"] for item in sets] == (["*.json"] if kind == "texts" else ["*.json", "*.wav"])
    for item in sets:
        assert [one["@id"] for one in item["containedIn"]] == [one["@id"] for one in files]
    said = data["recordSet"][0]["field"][1]["description"]
    for factor in synthkit.load(root).factors:
        assert factor.name in said


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # mlcroissant's own
def test_croissant_records(clips, croissant):
    dataset = croissant(clips)
    ours = {example.id: example for example in synthkit.load(clips)}
    found = list(dataset.records(record_set="examples"))
    assert {record["examples/id"].decode() for record in found} == set(ours)
    for record in found:
        inside = json.loads(record["examples/json"])
        assert inside["id"] == record["examples/id"].decode()
        assert inside["frequency"] == ours[inside["id"]].factors["frequency"]
    heard = {record["clips/id"].decode(): record["clips/audio"] for record in dataset.records(record_set="clips")}
    assert set(heard) == set(ours)
    samples, _ = soundfile.read(io.BytesIO(heard["test-00000001"]), dtype="int16")
    assert (samples / np.float32(32768)).astype(np.float32).tobytes() == ours["test-00000001"].audio.tobytes()
