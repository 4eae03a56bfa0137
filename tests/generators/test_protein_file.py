"""Proteins out of files: what is read, what is left out, and all that can be wrong, by file and place."""

import errno
import gzip
import hashlib
import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.errors import InputError
from synthkit.generators.protein_families import ProteinFamiliesParams
from synthkit.generators.protein_file import ProteinFileParams
from synthkit.generators.proteins import label_finder
from synthkit.recipe.load import from_data, load_recipe
from synthkit.run import open_task
from synthkit.run.prepare import prepare

FASTA = """>d1dlwa_ a.1.1.1 (A:) Protozoan hemoglobin {Ciliate}
slfeqlggqa
avqavtaqfy
>d2gkma_ a.1.1.1 (A:) automated matches
GLLSRLRKREPISI

>x9 a.10.2.1 (B:)\tsomething
MKV
>x10 a.2.1.1
MKVL
>noted fold=b.7 whatever
WWYY
"""
SEQUENCES = ["SLFEQLGGQAAVQAVTAQFY", "GLLSRLRKREPISI", "MKV", "MKVL", "WWYY"]
LABELS = ["a.1", "a.1", "a.10", "a.2", "b.7"]


def recipe(path, splits=None, size=None, **params):
    return from_data(
        {
            "name": "proteins",
            "generator": "protein_file",
            "params": {"path": str(path), **params},
            "design": {"kind": "random"} | ({} if size is None else {"size": size}),
            "splits": splits or {"train": 1.0},
            "seed": 1,
        },
        "test",
    )


def contents(path, **options):
    """Record -> (residues, label), over all splits; each record is met once."""
    found = open_task(recipe(path, **options))
    examples = [example for split in found.sizes for example in found.stream(split)]
    read = {e.factors["record"]: (e.input.replace(" ", ""), e.target) for e in examples}
    assert len(read) == len(examples)
    return dict(sorted(read.items()))


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        prepare(recipe(path, **options))
    return str(caught.value).removeprefix("recipe proteins: ")


def write(path, text, packed=False):
    raw = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(raw) if packed else raw)
    return path


def tape(primary, fold, **more):
    return {"primary": primary, "class_label": 0, "fold_label": fold, "superfamily_label": 7, "family_label": 9, **more}


# What is read


@pytest.mark.parametrize("name", ["p.fasta", "p.fa", "p.faa", "p.fasta.gz", "p.fa.gz", "p.faa.gz"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_fasta(tmp_path, name, line_end):
    path = write(tmp_path / name, FASTA.replace("\n", line_end), packed=name.endswith(".gz"))
    assert contents(path) == dict(enumerate(zip(SEQUENCES, LABELS, strict=True)))
    # Numbers in names are sorted as numbers.
    assert open_task(recipe(path)).layout.labels == ("a.1", "a.2", "a.10", "b.7")


def test_examples(tmp_path):
    path = write(tmp_path / "p.fasta", FASTA)
    for example in open_task(recipe(path)).stream():
        record = example.factors["record"]
        assert example.input == " ".join(SEQUENCES[record])
        assert example.target == example.factors["label"] == LABELS[record]
        assert (example.factors["length"], example.factors["copies"]) == (len(SEQUENCES[record]), 1)
        assert example.rationale is None
    assert {e.input for e in open_task(recipe(path, spacing="joined")).stream()} == set(SEQUENCES)


@pytest.mark.parametrize(
    ("level", "header", "label"),
    [
        ("class", "d1 a.1.2.3 x", "a"),
        ("fold", "d1 a.1.2.3 x", "a.1"),
        ("superfamily", "d1 a.1.2.3 x", "a.1.2"),
        ("family", "d1 a.1.2.3", "a.1.2.3"),
        ("fold", "d1 c.37", "c.37"),
        ("family", "d1 c.37 x", None),
        ("fold", "a.1.2.3 d1", None),
        ("fold", "d1 A.1.2.3", None),
        ("fold", "d1 a.1.2.3.4", None),
        ("fold", "d1 fold=Rossmann", "Rossmann"),
        ("fold", "d1 a.1.2.3 fold=beta", "beta"),
        ("fold", "d1 family=beta", None),
        ("family", "d1 family=a=b", "a=b"),
        ("fold", "d1 fold=", None),
        ("fold", "d1", None),
    ],
)
def test_labels_of_headers(level, header, label):
    assert label_finder(level, "")(header) == label


@pytest.mark.parametrize(
    ("pattern", "header", "label"),
    [
        (r"\|(\w+)\|", "sp|P12345|NAME", "P12345"),
        (r"OX=\d+", "x OX=9606 y", "OX=9606"),
        (r"kind:(a+)|sort:(b+)", "x sort:bb", "bb"),
        (r"(\s*)x", "x", None),
        (r"\|(\w+)\|", "nothing", None),
    ],
)
def test_labels_by_pattern(pattern, header, label):
    assert label_finder("fold", pattern)(header) == label


@pytest.mark.parametrize("form", ["list", "indented", "lines", "blank lines"])
@pytest.mark.parametrize("packed", [False, True])
def test_tape(tmp_path, form, packed):
    records = [
        tape("MKV", 10, id="d1", protein_length=3, evolutionary=[[0.5, -1.0], [1e-3, 2]]),
        tape("acde", 2, note='a "quoted" } brace \\', nested={"primary": "WWW", "more": [{}]}),
        {"nested": {"primary": "MKVL"}, **tape("MKVL", 10), "name": "é"},
    ]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    text = {
        "list": json.dumps(records),
        "indented": json.dumps(records, indent=2) + "\n",
        "lines": "\n".join(lines),
        "blank lines": "\n\n".join(lines) + "\r\n\n",
    }[form]
    name = ("p.jsonl" if "lines" in form else "p.json") + (".gz" if packed else "")
    path = write(tmp_path / name, text, packed)
    assert contents(path) == {0: ("MKV", "10"), 1: ("ACDE", "2"), 2: ("MKVL", "10")}
    assert open_task(recipe(path)).layout.labels == ("2", "10")
    assert contents(path, level="family") == {0: ("MKV", "9"), 1: ("ACDE", "9"), 2: ("MKVL", "9")}


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_what_is_written_is_read(tmp_path_factory, data):
    residues = st.text("ACDEFGHIKLMNPQRSTVWYacdefg", min_size=1, max_size=30)
    sequences = data.draw(st.lists(residues, min_size=1, max_size=8, unique_by=str.upper))
    labels = data.draw(st.lists(st.integers(0, 20), min_size=len(sequences), max_size=len(sequences)))
    width = data.draw(st.integers(1, 12))
    folder = tmp_path_factory.mktemp("any")
    pairs = list(zip(sequences, labels, strict=True))
    wrapped = ["\n".join(s[k : k + width] for k in range(0, len(s), width)) for s in sequences]
    fasta = "".join(f">s fold={label}\n{text}\n" for text, label in zip(wrapped, labels, strict=True))
    noise = data.draw(st.text(max_size=10))
    objects = [tape(sequence, label, note=noise) for sequence, label in pairs]
    expected = {k: (sequence.upper(), str(label)) for k, (sequence, label) in enumerate(pairs)}
    assert contents(write(folder / "a.fasta", fasta)) == expected
    assert contents(write(folder / "a.json", json.dumps(objects, ensure_ascii=False))) == expected


# Splits


def numbered(count, first=0):
    """A FASTA file of different sequences in two folds."""
    letters = "ACDEFGHIKL"
    text = ["".join(letters[int(digit)] for digit in f"{first + k:05d}") for k in range(count)]
    return "".join(f">s{k} fold=f{k % 2}\n{sequence}\n" for k, sequence in enumerate(text))


def test_one_file_is_shared_out(tmp_path):
    path = write(tmp_path / "p.fasta", numbered(100))
    found = open_task(recipe(path, {"train": 0.8, "validation": 0.1, "test": 0.1}))
    assert found.sizes == {"train": 80, "validation": 10, "test": 10}
    inputs = [example.input for split in found.sizes for example in found.stream(split)]
    assert len(set(inputs)) == 100
    assert refusal(path, splits={"train": 90, "test": 20}, size=110).startswith(
        "splits: 110 different examples are asked for"
    )


def test_tapes_folder(tmp_path):
    files = {
        "train": ["AAA", "CCC", "DDD"],
        "valid": ["EEE"],
        "test_fold_holdout": ["FFF", "GGG"],
        "test_family_holdout": ["HHH"],
        "test_superfamily_holdout": ["III"],
    }
    for name, sequences in files.items():
        content = json.dumps([tape(sequence, 5) for sequence in sequences])
        write(tmp_path / f"remote_homology_{name}.json", content)
    (tmp_path / "README.md").write_text("nothing to read")
    splits = {"train": 0.6, "validation": 0.1, "test_fold": 0.1, "test_family": 0.1, "test_superfamily": 0.1}
    found = open_task(recipe(tmp_path, splits))
    wanted = dict(zip(["train", "validation", "test_fold", "test_family", "test_superfamily"], files, strict=True))
    for split, file in wanted.items():
        assert {e.input.replace(" ", "") for e in found.stream(split)} == set(files[file])


def test_a_folder_of_any_names(tmp_path):
    write(tmp_path / "train.fasta", numbered(5))
    write(tmp_path / "test.fa.gz", numbered(3, 50), packed=True)
    assert open_task(recipe(tmp_path, {"train": 0.5, "test": 0.5})).sizes == {"train": 5, "test": 3}


def test_a_sequence_is_never_in_two_parts(tmp_path):
    """The test set keeps it: its size is the published one."""
    write(tmp_path / "train.fasta", ">a fold=x\nMKV\n>b fold=x\nAAA\n>c fold=y\nm k\nv w\n")
    write(tmp_path / "test.fasta", ">a fold=x\nmkv\n>b fold=y\nCCC\n")
    found = open_task(recipe(tmp_path, {"train": 0.5, "test": 0.5}))
    assert {e.input for e in found.stream("test")} == {"M K V", "C C C"}
    assert {e.input for e in found.stream("train")} == {"A A A", "M K V W"}
    assert {e.input: e.factors["copies"] for e in found.stream("test")} == {"M K V": 2, "C C C": 1}
    said = next(factor for factor in found.factors if factor.name == "record").description
    assert "train.fasta: 3 records, 2 used; 1 repeat a sequence, 0 too long" in said
    assert "test.fasta: 2 records, 2 used; 0 repeat" in said


@pytest.mark.parametrize(
    ("names", "splits", "message"),
    [
        (
            ["train.fasta"],
            ["train", "test"],
            "no file is named after the split 'test', e.g. test.fasta; it has train.f",
        ),
        (
            [],
            ["train"],
            "no file is named after the split 'train', e.g. train.fasta; it has no .fasta, .json or .jsonl",
        ),
        (
            ["train.fasta", "remote_homology_train.json"],
            ["train"],
            "may be in remote_homology_train.json or train.fasta",
        ),
        (["valid.fa", "validation.fa"], ["validation"], "split 'validation' may be in valid.fa or validation.fa"),
    ],
)
def test_bad_folders(tmp_path, names, splits, message):
    for name in names:
        write(tmp_path / name, FASTA)
    assert message in refusal(tmp_path, splits=dict.fromkeys(splits, 1 / len(splits)))


# What is left out


REPEATED = ">a fold=x\nMKVW\n>b fold=y\nAAA\n>c fold=x\nmk\nvw\n>d fold=x\nMKVW\n"


def test_repeats_are_one_item_and_counted(tmp_path):
    path = write(tmp_path / "p.fasta", REPEATED)
    assert contents(path) == {0: ("MKVW", "x"), 1: ("AAA", "y")}
    found = open_task(recipe(path))
    assert {e.factors["record"]: e.factors["copies"] for e in found.stream()} == {0: 3, 1: 1}
    said = next(factor for factor in found.factors if factor.name == "record").description
    assert "p.fasta: 4 records, 2 used; 2 repeat a sequence, 0 too long" in said


def test_repeats_with_other_labels_are_refused(tmp_path):
    path = write(tmp_path / "p.fasta", REPEATED.replace("c fold=x", "c fold=z"))
    place = REPEATED.index(">c")
    assert refusal(path) == (
        f"params.path: {path}: record 2 (line 5, byte {place}, c) has the sequence of record 0 (its residues begin at "
        "byte 10), but its label is 'z', not 'x'"
    )
    write(tmp_path / "train.fasta", ">a fold=x\nMKVW\n")
    test = write(tmp_path / "test.fasta", ">b fold=y\nMKVW\n")
    found = refusal(tmp_path, splits={"train": 0.5, "test": 0.5})
    assert f"has the sequence of record 0 of {test} (its residues begin at byte 10), but its label is 'x'" in found


LONG = ">a fold=x\nMKVW\n>b fold=x\nMKVWA\n>c fold=x\nMKVWCD\n>d fold=y\nA\n"


def test_long_sequences(tmp_path):
    path = write(tmp_path / "p.fasta", LONG)
    assert refusal(path, max_length=4) == (
        f"params.max_length: sequences have more than 4 residues ({path}: 2 of 4); raise it, or set params.long to "
        "'drop' or 'truncate'"
    )
    assert len(contents(path, max_length=6)) == 4
    assert contents(path, max_length=4, long="drop") == {0: ("MKVW", "x"), 3: ("A", "y")}
    found = open_task(recipe(path, max_length=4, long="drop"))
    assert any("4 records, 2 used; 0 repeat a sequence, 2 too long (left out)" in f.description for f in found.factors)
    assert "none of its 4 records is left (4 too long," in refusal(
        write(tmp_path / "q.fasta", LONG.replace("\nA\n", "\nMKAAA\n").replace("MKVW\n", "MKVWY\n")),
        max_length=4,
        long="drop",
    )
    assert refusal(path, long="drop") == "params.max_length: is missing; params.long = 'drop' needs it"


def test_truncated_sequences_may_become_equal(tmp_path):
    """What a model sees must not be in two splits: three records begin with MKVW."""
    path = write(tmp_path / "p.fasta", LONG)
    assert contents(path, max_length=4, long="truncate") == {0: ("MKVW", "x"), 3: ("A", "y")}
    found = open_task(recipe(path, max_length=5, long="truncate"))
    cut = {e.input: (e.factors["length"], e.factors["cut"], e.factors["copies"]) for e in found.stream()}
    assert cut == {"M K V W": (4, 0, 1), "M K V W A": (5, 0, 1), "M K V W C": (5, 1, 1), "A": (1, 0, 1)}
    assert any("1 too long (cut)" in factor.description for factor in found.factors)
    other = write(tmp_path / "q.fasta", LONG.replace("c fold=x", "c fold=y"))
    assert "(line 5, byte 31, c), cut to 4 residues, has the sequence of record 0" in refusal(
        other, max_length=4, long="truncate"
    )


@pytest.mark.parametrize("residue", "BJOUXZx")
def test_ambiguous_residues(tmp_path, residue):
    text = f">a fold=x\nMK\nV{residue}A\n>b fold=x\nMKA\n"
    path = write(tmp_path / "p.fasta", text)
    place = text.index(f"V{residue}") + 1
    assert refusal(path) == (
        f"params.path: {path}: record 0 (a), line 3, byte {place}: unknown residue {residue.upper()!r} at position 4; "
        "set params.unknown to 'keep' or 'drop'"
    )
    assert contents(path, unknown="keep") == {0: (f"MKV{residue.upper()}A", "x"), 1: ("MKA", "x")}
    assert contents(path, unknown="drop") == {1: ("MKA", "x")}
    found = open_task(recipe(path, unknown="drop"))
    assert any("1 left out for unknown residues" in factor.description for factor in found.factors)


@pytest.mark.parametrize("symbol", ["*", "-", ".", "1", ">", "é", "\0"])
@pytest.mark.parametrize("unknown", ["refuse", "keep", "drop"])
def test_what_is_no_residue_is_refused_always(tmp_path, symbol, unknown):
    path = write(tmp_path / "p.fasta", f">a fold=x\nMKA\n>b fold=x\nMK{symbol}V\n")
    found = refusal(path, unknown=unknown)
    assert f"{path}: record 1 (b), line 4, byte 26: unknown residue " in found
    assert found.endswith(" at position 3; it stands for no amino acid")
    path = write(tmp_path / "p.json", json.dumps([tape("MKA", 1), tape(f"MK{symbol}V", 1)], ensure_ascii=False))
    assert f"{path}: record 1" in refusal(path, unknown=unknown)


def test_many_problems_are_told_at_once_but_not_all(tmp_path):
    path = write(tmp_path / "p.fasta", "".join(f">s{k} fold=x\nMX\n" for k in range(30)))
    found = refusal(path).splitlines()
    assert len(found) == 12
    assert "record 9 (s9), line 20" in found[-2]
    assert found[-1].endswith("there may be more: the search ended here")


# What is wrong with a file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty: it ends at byte 0"),
        (" \n\n", "holds no record: only white space up to its end at byte 3"),
        ("MKV\n", "is no FASTA: byte 0 is b'M', not '>'"),
        ("\n;note\n>a fold=x\nMKV\n", "is no FASTA: byte 1 is b';', not '>'"),
        (b"\xef\xbb\xbf>a fold=x\nMKV\n", "is no FASTA: byte 0 is b'\\xef', not '>'"),
        (gzip.compress(b">a fold=x\nMKV\n", mtime=0), "not '>'; it is packed with gzip: its name must end in .gz"),
        (">a fold=x\nMKV", "ends at byte 13 within a line, as a truncated file does"),
        (">a fold=x\nMKV\n>b fold", "ends at byte 21 within a line, as a truncated file does"),
        (">a fold=x\nMKV\n>b fold=x\n", "record 1 (line 3, byte 14), 'b fold=x', has no residues; the file ends at"),
        (">a fold=x\n>b fold=x\nMKV\n", "record 0 (line 1, byte 0), 'a fold=x', has no residues"),
        (">a fold=x\n \n>b fold=x\nMKV\n", "record 0 (line 1, byte 0), 'a fold=x', has no residues"),
        (">a fold=x\nMKV\n>\nMKV\n", "record 1 (line 3, byte 14): its header is empty"),
        (
            ">a fold=x\nMKV\n>b\nMKV\n",
            "record 1 (line 3, byte 14): no label was found in its header 'b'; set params.la",
        ),
        (b">a fold=x\nMKV\n>b \xff\nMKV\n", "record 1 (line 3, byte 17): its header is not UTF-8 text"),
        (">a fold=x\rMKV\r", "has no residues; the file ends at byte 14: truncated?"),
    ],
)
def test_bad_fasta(tmp_path, text, message):
    path = write(tmp_path / "p.fasta", text)
    found = refusal(path)
    assert found.startswith(f"params.path: {path}: ")
    assert message in found
    if text and isinstance(text, str):
        packed = write(tmp_path / "q.fasta.gz", text, packed=True)
        assert message in refusal(packed)


def test_a_last_line_without_end_may_be_allowed(tmp_path):
    path = write(tmp_path / "p.fasta", ">a fold=x\nMKV")
    assert contents(path, open_end=True) == {0: ("MKV", "x")}


@pytest.mark.parametrize("cut", range(len(FASTA) - 1))
def test_a_fasta_file_cut_within_a_line_is_refused(tmp_path, cut):
    """Where it ends with a whole line of residues, nobody can tell."""
    path = write(tmp_path / "p.fasta", FASTA[:cut])
    if cut and FASTA[cut - 1] == "\n" and not FASTA[:cut].splitlines()[-1].startswith(">"):
        prepare(recipe(path))
    else:
        assert str(path) in refusal(path)
        assert re.search(r"byte \d+", refusal(path))


@pytest.mark.parametrize("kind", ["fasta", "json"])
def test_packed_files_cut_or_damaged_anywhere_are_refused(tmp_path, kind):
    text = FASTA if kind == "fasta" else json.dumps([tape("MKV", 1), tape("MKVL", 2)])
    whole = gzip.compress(text.encode(), mtime=0)
    path = tmp_path / f"p.{kind}.gz"
    for cut in range(len(whole)):
        write(path, whole[:cut])
        found = refusal(path)
        assert str(path) in found
        assert re.search(r"byte", found)
    # From the tenth byte on: the head's time, system and flags may differ. The last byte of the packed data, before the
    # eight of sum and length, may end in bits that say nothing.
    for place in {*range(10, len(whole))} - {len(whole) - 9}:
        write(path, whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        assert str(path) in refusal(path)


TAPE = json.dumps([tape("MKV", 1, id="d1"), tape("MKVL", 2, id="d2")])


@pytest.mark.parametrize("form", ["list", "lines"])
def test_json_cut_anywhere_is_refused(tmp_path, form):
    text = TAPE if form == "list" else TAPE[1:-1].replace("}, {", "}\n{")
    path = tmp_path / "p.json"
    for cut in range(len(text)):
        write(path, text[:cut])
        # Lines that are whole are a whole file.
        if form == "lines" and text[:cut].rstrip().endswith("}"):
            assert len(contents(path)) == 1
            continue
        found = refusal(path)
        assert found.startswith(f"params.path: {path}: ")
        assert re.search(r"byte \d+", found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "holds no record: no object up to its end at byte 2"),
        ("{}", "record 0 (line 1, byte 0): 'primary' must be a text of residues, not None"),
        ("[1, 2]", "holds no record"),
        ('["MKV"]', "holds no record"),
        (TAPE + "]", "is neither a list of objects nor one object a line: line 1, byte"),
        (TAPE + "\n" + TAPE, "is neither a list of objects nor one object a line"),
        (TAPE.replace("}, {", "} {"), "b' ' stands between two"),
        (TAPE.replace("}, {", "}, 5, {"), "b', 5, ' stands between two"),
        (TAPE[1:-1].replace("}, {", "} {"), "b' ' stands between two"),
        (TAPE.replace("}, {", "}}, {"), "'}' without '{'"),
        (TAPE.replace('"id": "d2"', '"id": d2'), f"record 1 (line 1, byte {TAPE.index('}, {') + 3}): is no JSON: "),
        (TAPE.replace('"MKVL"', '""'), "'primary' must be a text of residues, not ''"),
        (TAPE.replace('"MKVL"', "5"), "'primary' must be a text of residues, not 5"),
        (TAPE.replace('"MKVL"', '"MK\\u0056L"'), "'primary' must be written with letters alone, without escapes"),
        (
            TAPE.replace('"fold_label": 2', '"fold_label": 2.5'),
            "'fold_label' must be a whole number or a name, not 2.5",
        ),
        (TAPE.replace('"fold_label": 2', '"fold_label": true'), "a whole number or a name, not True"),
        (TAPE.replace('"fold_label": 2, ', ""), "but the record has: class_label, family_label, id, primary, superf"),
        (json.dumps([tape("MKV", 1, protein_length=4)]), "'protein_length' is 4, but 'primary' has 3 residues"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "record 0 (line 1, byte 0): is no JSON"),
    ],
)
def test_bad_json(tmp_path, text, message):
    path = write(tmp_path / "p.json", text)
    found = refusal(path)
    assert found.startswith(f"params.path: {path}: ")
    assert message in found


def test_json_that_is_not_utf8(tmp_path):
    path = write(tmp_path / "p.json", TAPE.encode().replace(b"d2", b"\xff2"))
    assert f"{path}: record 1 (line 1, byte" in refusal(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "must name a file (.fasta, .fa, .faa, .json, .jsonl, .ndjson, also .gz) or a folder"),
        ("missing.fasta", "missing.fasta: no such file or folder"),
        ("p.txt", "p.txt: must end in .fasta, .fa, .faa, .json, .jsonl, .ndjson, or in one of these and .gz"),
        ("p.lmdb", "p.lmdb: LMDB files of TAPE hold pickles, and reading a pickle runs code; take its JSON files"),
    ],
)
def test_bad_paths(tmp_path, name, message):
    for present in ("p.txt", "p.lmdb"):
        write(tmp_path / present, FASTA)
    assert message in refusal(tmp_path / name if name else "")


def test_a_file_without_permission(tmp_path, monkeypatch):
    """The system's refusal is made up: root may read everything."""
    path = write(tmp_path / "p.fasta", FASTA)
    opened = Path.open

    def refuse(self, *args, **options):
        if self == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert refusal(path) == f"params.path: {path}: Permission denied"


def test_bad_parameters(tmp_path):
    path, other = write(tmp_path / "p.fasta", FASTA), write(tmp_path / "p.json", TAPE)
    assert refusal(path, label_pattern="(").startswith("params.label_pattern: is no regular expression: ")
    assert refusal(path, label_pattern="x", level="family").startswith("params.level: the label is what")
    assert f"{other} is JSON" in refusal(other, label_pattern="x")
    assert "params.max_length: must be >= 1, not 0" in refusal(path, max_length=0)
    assert "params.sha256: 'abc' does not match" in refusal(path, sha256="abc")


def test_hashes(tmp_path):
    path = write(tmp_path / "train.fasta", numbered(4))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(contents(path, sha256=digest)) == 4
    assert refusal(path, sha256="0" * 64).startswith(f"params.sha256: {path} hashes to {digest}, not 000")
    other = write(tmp_path / "test.fasta", numbered(3, 10))
    lines = "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in (other, path))
    whole = hashlib.sha256(lines.encode()).hexdigest()
    splits = {"train": 0.5, "test": 0.5}
    assert open_task(recipe(tmp_path, splits, sha256=whole)).sizes == {"train": 4, "test": 3}
    assert f"hashes to {whole}, not {digest}" in refusal(tmp_path, splits=splits, sha256=digest)


def test_a_file_that_changes_is_noticed(tmp_path):
    path = write(tmp_path / "p.fasta", FASTA)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    found = prepare(recipe(path, sha256=digest))
    write(path, FASTA.replace("MKVL", "MKVLL"))
    with pytest.raises(InputError, match="was changed while it was read"):
        found.generator.make(found.plan.rows("train", 0, 2))
    # A worker opens the file itself, after the recipe was checked.
    late = type(found.generator).bind(found.recipe, type(found.generator).Params(path=str(path), sha256=digest))
    with pytest.raises(InputError, match=r"params\.sha256: .* it is not what was meant"):
        late.pools()
    write(path, FASTA.replace("MKVL", "MKV*"))
    late = type(found.generator).bind(found.recipe, type(found.generator).Params(path=str(path)))
    with pytest.raises(InputError, match="unknown residue"):
        late.layout
    path.unlink()
    with pytest.raises(InputError, match="No such file"):
        found.generator.make(found.plan.rows("train", 0, 2))


# The task


def test_a_batch_may_be_cut_anywhere_and_reordered(tmp_path):
    found = prepare(recipe(write(tmp_path / "p.fasta", numbered(50))))
    rows = found.plan.rows("train", 0, 50)
    whole = found.generator.make(rows)
    order = np.random.default_rng(0).permutation(50)
    for chosen in (order, order[:1], order[:0]):
        part = replace(rows, index=rows.index[chosen], indices=rows.indices[chosen], item=rows.item[chosen])
        again = found.generator.make(part)
        assert again.input.tolist() == [whole.input.tolist()[k] for k in chosen]
        assert again.target.tolist() == [whole.target.tolist()[k] for k in chosen]
        assert np.array_equal(again.rows.indices, whole.rows.indices[chosen])
    with pytest.raises(InputError, match="rows need an item each"):
        found.generator.make(replace(rows, item=None))


def test_scores(tmp_path):
    found = open_task(recipe(write(tmp_path / "p.fasta", FASTA)))
    for example in found.stream():
        assert found.score(f"{example.target}\n", example) == 1
        others = [*found.layout.labels, "", example.target[:-1], example.target + "0", example.input]
        assert sum(found.score(other, example) for other in others) == 1
        assert found.explain(example) is None
        assert not found.check(example.target, example).ok


def test_more_classes_than_are_counted(tmp_path):
    """TAPE has 1,195 folds."""
    text = "".join(line.replace(f"fold=f{k % 2}", f"fold={k}") for k, line in enumerate_records(numbered(1200)))
    found = open_task(recipe(write(tmp_path / "p.fasta", text)))
    assert found.layout.labels == tuple(map(str, range(1200)))
    assert all(e.target == str(e.factors["record"]) for e in found.stream())


def enumerate_records(text):
    return enumerate(re.findall(r">.*\n.*\n", text))


def test_built_by_any_number_of_workers(command, tmp_path):
    write(tmp_path / "p.fasta", numbered(60))
    (tmp_path / "r.json").write_text(json.dumps(json.loads(recipe("p.fasta").canonical_json())))
    prints = {
        command("generate", "./r.json", "--out", f"d{n}", "--workers", n, "--set", "output.shard_size=7").stdout[-72:]
        for n in (1, 2)
    }
    assert len(prints) == 1
    assert "p.fasta: 60 records, 60 used" in (tmp_path / "d1" / "README.md").read_text().replace("\\", "")
    write(tmp_path / "bad.fasta", FASTA + ">last a.1.1.1\nMK")
    done = command("generate", "./r.json", "--out", "none", "--set", "params.path=bad.fasta", check=False)
    assert (done.returncode, "bad.fasta: ends at byte" in done.stderr) == (2, True)
    assert not (tmp_path / "none").exists()


def test_the_documentation(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "tasks" / "proteins.md").read_text()
    path = write(tmp_path / "p.fasta", LONG + ">e fold=y\nA\n")
    found = open_task(recipe(path, max_length=4, long="drop"))
    assert next(factor for factor in found.factors if factor.name == "record").description in page
    first = open_task(load_recipe("protein_families")).example(0)
    assert f"```text\n{first.input}\n```" in page
    assert f"{first.factors['fold']} with identity {first.factors['identity']:.4f}:" in page
    for name in (*ProteinFileParams.model_fields, *ProteinFamiliesParams.model_fields):
        assert f"`{name}`" in page, name
    for task in (first_task(path), open_task(load_recipe("protein_families"))):
        assert all(f"`{factor.name}`" in page for factor in task.factors)
    written = re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1]
    data = tomllib.loads(written)
    folder = tmp_path / "remote_homology"
    folder.mkdir()
    for k, name in enumerate(
        ["train", "valid", *(f"test_{held}_holdout" for held in ("fold", "superfamily", "family"))]
    ):
        write(folder / f"remote_homology_{name}.json", json.dumps([tape("ACDEF"[k] + "X" * (500 * k), 1, id=k)]))
    data["params"]["path"] = str(folder)
    assert set(open_task(from_data(data, "test")).sizes.values()) == {1}


def first_task(path):
    return open_task(recipe(path, max_length=4, long="truncate"))
