"""Text shards: what goes in comes out of every format, and damage is told."""

import csv
import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from synthkit.errors import WorkError
from synthkit.records import FactorInfo, Rows, Strings, TextBatch, TextLayout
from synthkit.shards.base import ShardName
from synthkit.shards.content import batch_digests, fingerprint, text_digest
from synthkit.shards.formats import WRITERS, open_shard
from synthkit.shards.text_lines import tsv_header
from synthkit.storage import open_root

FACTORS = (
    FactorInfo("size", "ordinal", "1", "", 3, (1, 2, 3), "int64"),
    FactorInfo("noise", "continuous", "1", "", None, None, "float64"),
    FactorInfo("name", "categorical", "", "", 2, ("a\tb", 'c"d'), "string", measured=True),
)
LAYOUT = TextLayout(rationale=True, labels=None, bytes_per_example=100)
INPUTS = ["plain", "tab\there", 'quote " and\nnewline', "unicode \u00e9\u4e2d\U0001f600", " spaces  kept ", ""]
TARGETS = ["1", "2", "x\ty", '"', "\\N", "None"]
RATIONALES = ["step 1\nstep 2", "", "tab\t", '""', "\r\n", "last"]


def batch(first=0, count=6):
    pick = slice(first, first + count)
    index = np.arange(6, dtype=np.int64)[pick]
    levels = np.stack([index % 3, np.full(count, -1), index % 2], axis=1)
    values = {
        "size": index % 3 + 1,
        "noise": np.array([0.1, -2.5e-300, 1 / 3, 1e22, 5.0, 2.0**-1074])[pick],
        "name": np.array(["a\tb", 'c"d'] * 3, object)[pick],
    }
    rows = Rows("train", index, values, levels)
    texts = (Strings.of(list(column[pick])) for column in (INPUTS, TARGETS, RATIONALES))
    return TextBatch(rows, LAYOUT, *texts)


def written(root, format, *batches):
    writer = WRITERS["text"][format](open_root(root), ShardName("train", 0, 1), LAYOUT, FACTORS)
    for piece in batches:
        writer.write(piece)
    return writer.commit()[0].path


@pytest.fixture(params=["parquet", "jsonl", "tsv", "webdataset"])
def shard(request, tmp_path):
    path = written(tmp_path, request.param, batch(0, 2), batch(2, 4))
    return tmp_path, path, request.param


def test_what_goes_in_comes_out(shard):
    root, path, format = shard
    reader = open_shard(root, path, format, LAYOUT, FACTORS)
    examples = list(reader.scan())
    assert len(reader) == len(examples) == 6
    assert [e.input for e in examples] == INPUTS
    assert [e.target for e in examples] == TARGETS
    assert [e.rationale for e in examples] == [text or None for text in RATIONALES]
    assert [text_digest(example) for example in examples] == batch_digests(batch())
    for row in (5, 0, 3):
        assert text_digest(reader.read(row)) == batch_digests(batch())[row]
    values, indices = reader.factor_columns()
    assert values["noise"].tolist() == batch().rows.values["noise"].tolist()
    assert values["name"].tolist() == batch().rows.values["name"].tolist()
    assert np.array_equal(indices, batch().rows.indices)


def test_a_digest_by_hand():
    line = (
        '{"factors":{"name":"a\\tb","noise":0.1,"size":1},"id":"train-00000000","indices":[0,-1,0],'
        '"input":"plain","rationale":"step 1\\nstep 2","target":"1"}'
    )
    import hashlib

    digest = hashlib.sha256(line.encode()).digest()
    assert batch_digests(batch(0, 1)) == [digest]
    assert fingerprint([digest]) == "sha256:" + hashlib.sha256(digest).hexdigest()


def test_other_readers_agree(tmp_path):
    table = pq.read_table(tmp_path / written(tmp_path, "parquet", batch()))
    assert table.column("rationale").to_pylist()[1] is None
    assert table.column_names == [
        "id",
        "input",
        "target",
        "rationale",
        "size",
        "size_index",
        "noise",
        "name",
        "name_index",
    ]
    lines = (tmp_path / written(tmp_path, "jsonl", batch())).read_text("utf-8").splitlines()
    assert [json.loads(line)["input"] for line in lines] == INPUTS
    with (tmp_path / written(tmp_path, "tsv", batch())).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert list(rows[0])[:3] == ["Source", "Target", "Rationale"]
    assert [row["Source"] for row in rows] == INPUTS


def test_tsv_has_the_header_of_the_long_range_arena():
    plain = TextLayout(rationale=False, labels=None, bytes_per_example=10)
    assert tsv_header(plain, ()) == ["Source", "Target", "id"]
    assert tsv_header(LAYOUT, FACTORS[:1]) == ["Source", "Target", "Rationale", "id", "size", "size_index"]


def test_damage_is_told(shard):
    root, path, format = shard
    file = root / path
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(WorkError, match=path):
        list(open_shard(root, path, format, LAYOUT, FACTORS).scan())


@pytest.mark.parametrize(
    ("format", "old", "new", "message"),
    [
        ("jsonl", b'"target": "2"', b'"tarhet": "2"', "example 1 is damaged"),
        ("webdataset", b'"target": "2"', b'"tarhet": "2"', "example 1 is damaged"),
        ("webdataset", b'"size_index": 1', b'"size_index": x', "example 1 is damaged"),
        ("webdataset", b"00000001.json", b"00000001.jsan", "damaged at byte 1024"),
        ("tsv", b"Source", b"Sauce", "its header is not"),
        ("tsv", b"\t1\t0\t0.1", b"\tx\t0\t0.1", "not readable as TSV"),
        ("tsv", b"\t1\t0\t0.1", b"\t1\t0.1", "example 0 has 8 columns, not 9"),
    ],
)
def test_a_changed_field_is_told(tmp_path, format, old, new, message):
    path = written(tmp_path, format, batch())
    content = (tmp_path / path).read_bytes()
    assert old in content
    (tmp_path / path).write_bytes(content.replace(old, new, 1))
    with pytest.raises(WorkError, match=message):
        list(open_shard(tmp_path, path, format, LAYOUT, FACTORS).scan())


def test_strings():
    assert Strings.of([]).tolist() == []
    assert Strings.of(INPUTS).tolist() == INPUTS
    assert Strings.of(INPUTS).offsets.dtype == np.int32
    assert len(Strings.of(["", ""])) == 2
