"""The dataset card and the Croissant file: what they say, and that no text of a recipe breaks them."""

import dataclasses
import json

import pytest
import yaml

from synthkit.recipe.load import from_data
from synthkit.records import AudioLayout, DatasetInfo, FactorInfo, FileRecord, ShardRecord, SplitInfo
from synthkit.run import build
from synthkit.shards.card import render_card
from synthkit.shards.croissant import croissant
from synthkit.shards.wording import format_bytes

NASTY = 'a | b <script>alert("x")</script> `c` *d* _e_ \\ --- \n- split: "evil" : {'


def info(**changes):
    """A made-up dataset of two splits."""
    files = tuple(FileRecord(f"data/{s}-00000-of-00001.parquet", 1000, "0" * 64) for s in ("train", "test"))
    splits = tuple(
        SplitInfo(name, count, (ShardRecord(name, 0, 0, count, (file,)),))
        for name, count, file in (("train", 8, files[0]), ("test", 2, files[1]))
    )
    factor = FactorInfo("pitch", "continuous", "Hz", "linspace 1 to 2, 2 levels", 2, (1.0, 2.0), "float64", "How high")
    base = DatasetInfo(
        name="tiny",
        version="1.2.3",
        title="A tiny set",
        description="A tiny set.\n\nWith a second paragraph.",
        notes=("it is small",),
        license="CC0-1.0",
        citation="Someone 2026",
        generator="tone",
        seed=7,
        format="parquet",
        content="audio",
        layout=AudioLayout(400, 8000, "pcm16"),
        factors=(factor,),
        splits=splits,
        fingerprint="sha256:" + "ab" * 32,
        reproducible="bits",
        statistics={"train": {"pitch": {"mean": 1.5, "std": 0.5, "min": 1.0, "max": 2.0}}},
        baselines={"pitch": 0.5},
        versions={"python": "3.12.1"},
    )
    return dataclasses.replace(base, **changes)


def parts(card):
    """YAML front matter and Markdown."""
    start, front, text = card.split("---\n", 2)
    assert start == ""
    return yaml.safe_load(front), text


def test_front_matter_by_hand():
    front, _ = parts(render_card(info()))
    assert front == {
        "license": "cc0-1.0",
        "pretty_name": "tiny",
        "tags": ["synthetic", "synthkit", "tone", "audio"],
        "size_categories": ["n<1K"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": "train", "path": "data/train-*.parquet"},
                    {"split": "test", "path": "data/test-*.parquet"},
                ],
            }
        ],
    }


def test_all_facts_are_there():
    _, text = parts(render_card(info()))
    for fact in (
        "# A tiny set",
        "With a second paragraph.",
        "`sha256:" + "ab" * 32 + "`",
        "10 examples, 2 kB, format parquet",
        "recipe `tiny` 1.2.3, seed 7",
        "400 samples at 8,000 Hz, 16-bit PCM",
        "| train | 8 | 1 | 1 kB |",
        "| pitch | continuous | Hz | 2 | 1, 2 | How high |",
        "| train | pitch | 1.5 | 0.5 | 1 | 2 |",
        "| pitch | 0.5000 |",
        "- it is small",
        "    Someone 2026",
        "python 3.12.1",
    ):
        assert fact in text, fact


def test_the_same_record_gives_the_same_text():
    assert render_card(info()) == render_card(info())


@pytest.mark.parametrize("field", ["title", "license", "generator"])
def test_nasty_texts_stay_text(field):
    front, text = parts(render_card(info(**{field: NASTY})))
    assert [item["split"] for item in front["configs"][0]["data_files"]] == ["train", "test"]
    if field != "generator":  # a name that the registry has checked; shown in code quotes
        assert "<script>" not in text


def test_nasty_factors_keep_their_table():
    factor = FactorInfo("pitch", "categorical", NASTY, NASTY, 2, (NASTY, "b"), "string", NASTY)
    _, text = parts(render_card(info(factors=(factor,), notes=(NASTY,), description=f"x\n{NASTY}")))
    (row,) = (line for line in text.splitlines() if line.startswith("| pitch | categorical"))
    assert row.replace("\\|", "").count("|") == 7
    assert "<script>" not in text


@pytest.mark.parametrize(
    ("count", "category"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (99_999, "10K<n<100K"), (10**6, "1M<n<10M"), (10**9, "1B<n<10B")],
)
def test_size_categories_are_those_of_the_hub(count, category):
    split = SplitInfo("train", count, ())
    front, _ = parts(render_card(info(splits=(split,))))
    assert front["size_categories"] == [category]


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_025_408_000, "1.03 GB"), (5 * 10**15, "5e+03 TB")],
)
def test_bytes(count, said):
    assert format_bytes(count) == said


def test_only_bits_are_promised_where_bits_are_given():
    assert "same bits on any machine" in render_card(info())
    assert "same bits on any machine" not in render_card(info(reproducible="engine"))
    assert "request log" in render_card(info(reproducible="replay"))


def test_statistics_by_hand(data, tmp_path):
    data["design"] = {"kind": "grid", "shuffle": False}
    data["splits"] = {"train": 40, "test": 20}
    build(from_data(data, "test"), tmp_path / "d")
    text = (tmp_path / "d/README.md").read_text()
    # The first 40 cells are all sines and squares; the test split holds sawtooths alone.
    assert "| train | waveform | sine: 20, square: 20, sawtooth: 0 |" in text
    assert "| test | waveform | sine: 0, square: 0, sawtooth: 20 |" in text
    assert "| train | frequency | 600 | 282.843 | 200 | 1000 |" in text
    # The most common level of train (the last of two equals by name: square) never occurs in test.
    assert "| waveform | 0.0000 |" in text
    assert "| frequency | 0.2000 |" in text


def test_a_part_is_told(data, tmp_path):
    build(from_data(data | {"design": {"kind": "grid", "limit": 20}}, "test"), tmp_path / "d")
    assert "- a part: the first 20 of 60 examples" in (tmp_path / "d/README.md").read_text()


def test_croissant_by_hand():
    found = croissant(info())
    assert found["@type"] == "sc:Dataset"
    assert found["conformsTo"][0] == "http://mlcommons.org/croissant/1.1"
    assert found["license"] == "https://spdx.org/licenses/CC0-1.0.html"
    assert found["citeAs"] == "Someone 2026"
    assert [item["@id"] for item in found["distribution"]] == [
        "data/train-00000-of-00001.parquet",
        "data/test-00000-of-00001.parquet",
        "tables",
    ]
    fields = {field["name"]: field for field in found["recordSet"][0]["field"]}
    assert list(fields) == ["id", "audio", "pitch", "pitch_index"]
    assert fields["pitch"]["dataType"] == "sc:Float"
    assert fields["pitch"]["description"] == "How high [Hz]"
    json.dumps(found, allow_nan=False)
