"""What others make of a speech dataset, whose columns hold lists."""

import json

import numpy as np
import pytest

import synthkit
from synthkit.recipe.load import load_recipe
from synthkit.run import build


@pytest.fixture(scope="module", params=["parquet", "wav", "flac"])
def speech(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("speech") / "d"
    build(load_recipe("synspeech_small", ["design.limit=12", f"output.format={request.param}"]), root, workers=1)
    return root


def test_datasets_reads_clips_and_lists(speech, hugging_face):
    ours = synthkit.load(speech, split="train")
    theirs = hugging_face(speech, split="train")
    assert len(theirs) == len(ours)
    mine = {example.id: example for example in ours}
    for row in theirs.select_columns(["id", "speaker", "phonemes", "phoneme_starts", "duration", "transcript"]):
        example = mine[row["id"]]
        assert row["speaker"] == example.factors["speaker"]
        for name in ("phonemes", "phoneme_starts", "duration", "transcript"):
            assert row[name] == example.annotations[name]


def test_pandas_reads_lists(speech):
    import pandas

    path = next(speech.glob("data/train-*.parquet"), None) or next(speech.glob("data/train-*/metadata.parquet"))
    table = pandas.read_parquet(path)
    example = synthkit.load(speech, split="train")[0]
    assert list(table["phonemes"][0]) == example.annotations["phonemes"]
    np.testing.assert_array_equal(table["phoneme_ends"][0], example.annotations["phoneme_ends"])


def test_croissant_is_valid_and_names_the_lists(speech):
    import mlcroissant

    dataset = mlcroissant.Dataset(str(speech / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    data = json.loads((speech / "croissant.json").read_bytes())
    fields = {field["name"]: field for field in data["recordSet"][0]["field"]}
    assert fields["phonemes"]["repeated"] is True
    assert fields["duration"]["dataType"] == "sc:Float"
    assert "espeak-ng" in data["rai:personalSensitiveInformation"]
