"""Protein families drawn, and proteins from files."""

import gzip
import hashlib
import json
import re
from collections import Counter

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.generators.amino_acids import (
    AMINO_ACIDS,
    BLOSUM62,
    FREQUENCIES,
    background_thresholds,
    substitution_thresholds,
)
from synthkit.generators.protein_families import fold_profiles
from synthkit.recipe.load import from_data, load_recipe
from synthkit.records import Rows
from synthkit.run import build, open_task, prepare

WHOLE = 2.0**32


def families(factors=(), size=400, **params):
    data = {
        "name": "families",
        "generator": "protein_families",
        "params": {"folds": 4, "profile_min": 40, "profile_max": 50, **params},
        "factors": list(factors),
        "design": {"kind": "random", "size": size},
        "splits": {"train": 0.8, "test": 0.2},
    }
    return open_task(from_data(data, "test"))


def test_the_matrix_is_symmetric_and_expects_what_was_published():
    scores = np.array(BLOSUM62)
    assert np.array_equal(scores, scores.T)
    # From the header of the published file: expected score -0.5209 (there with its own background).
    p = np.array(FREQUENCIES) / sum(FREQUENCIES)
    assert abs(p @ scores @ p + 0.52) < 0.5
    assert {AMINO_ACIDS[k]: int(scores[k, k]) for k in range(20)}["W"] == 11


def test_thresholds_are_the_probabilities():
    p = np.array(FREQUENCIES) / sum(FREQUENCIES)
    ends = np.concatenate([background_thresholds().astype(float), [WHOLE]]) / WHOLE
    assert np.abs(np.diff(np.concatenate([[0], ends])) - p).max() < 1e-8
    for a in range(20):
        weights = p * 2.0 ** (np.array(BLOSUM62[a]) / 2)
        weights[a] = 0
        ends = np.concatenate([substitution_thresholds()[a].astype(float), [WHOLE]]) / WHOLE
        assert np.abs(np.diff(np.concatenate([[0], ends])) - weights / weights.sum()).max() < 1e-8


def test_profiles_are_dissimilar():
    profiles, lengths = fold_profiles(7, 60, 30, 60)
    assert lengths.min() >= 30
    assert lengths.max() <= 60
    assert len(set(lengths.tolist())) > 10
    for a in range(60):
        for b in range(a):
            n = min(lengths[a], lengths[b])
            assert (profiles[a, :n] == profiles[b, :n]).mean() <= 0.35


def profile_texts(task):
    """The profiles, through the front door: members with identity 1 and no gaps."""
    data = {**task.recipe.model_dump(mode="json"), "factors": [], "seed": task.recipe.seed}
    data["params"] |= {"identity": 1.0, "insertion_rate": 0.0, "deletion_rate": 0.0}
    same = prepare(from_data(data, "test"))
    rows = Rows("train", np.arange(200), {}, np.empty((200, 0), np.int64), attempt=np.zeros(200, np.uint32))
    batch = same.generator.make(rows)
    return dict(zip(batch.target.tolist(), batch.input.tolist(), strict=True))


def test_identity_and_substitutions():
    """Without gaps, positions line up: the share that is kept is the identity, the others follow BLOSUM62."""
    task = families(size=2000, identity=0.6, insertion_rate=0.0, deletion_rate=0.0)
    profiles = profile_texts(task)
    assert len(profiles) == 4
    kept = total = 0
    replaced = Counter()
    for example in task.stream("train"):
        profile, member = profiles[example.target].split(), example.input.split()
        assert len(profile) == len(member) == example.factors["length"]
        same = sum(a == b for a, b in zip(profile, member, strict=True))
        assert example.factors["identity_measured"] == (2000 * same + len(profile)) // (2 * len(profile))
        kept, total = kept + same, total + len(profile)
        replaced.update((a, b) for a, b in zip(profile, member, strict=True) if a != b)
    assert abs(kept / total - 0.6) < 4 * np.sqrt(0.24 / total)
    letter = Counter(a for a, _ in replaced.elements()).most_common(1)[0][0]
    a = AMINO_ACIDS.index(letter)
    weights = np.array(FREQUENCIES) * 2.0 ** (np.array(BLOSUM62[a]) / 2)
    weights[a] = 0
    seen = np.array([replaced[letter, b] for b in AMINO_ACIDS])
    expected = weights / weights.sum() * seen.sum()
    some = expected > 5
    assert ((seen - expected) ** 2 / np.maximum(expected, 1))[some].sum() < 3 * some.sum()


def test_gaps():
    task = families(size=1000, identity=1.0, insertion_rate=0.05, deletion_rate=0.05)
    profiles = profile_texts(task)
    starts = deleted = inserted = positions = 0
    for example in task.stream("train"):
        factors, profile = example.factors, profiles[example.target].split()
        assert factors["length"] == len(example.input.split())
        assert factors["length"] == len(profile) - factors["deleted"] + factors["inserted"]
        assert factors["identity_measured"] == 1000
        deleted, inserted = deleted + factors["deleted"], inserted + factors["inserted"]
        positions, starts = positions + len(profile), starts + 1
    # A gap has 1 to 8 residues, each length half as likely as the one before (8 as likely as 7): 255 / 128 on average.
    assert abs(inserted / positions - 0.05 * 255 / 128) < 0.01
    assert 0.05 < deleted / positions < 0.05 * 255 / 128


def test_factors_and_forms():
    factors = [
        {"type": "integers", "name": "fold", "low": 0, "high": 3},
        {"type": "uniform", "name": "identity", "low": 0.2, "high": 1.0},
    ]
    task = families(factors, spacing="joined")
    low, high = [], []
    for example in task.stream("train"):
        assert example.target == f"fold{example.factors['fold']}" == example.factors["label"]
        assert set(example.input) <= set(AMINO_ACIDS)
        (low if example.factors["identity"] < 0.6 else high).append(example.factors["identity_measured"])
    assert np.mean(low) < 600 < np.mean(high)


def test_a_batch_may_be_cut_anywhere():
    prepared = prepare(load_recipe("protein_families"))
    rows = prepared.plan.rows("train", 0, 8)
    attempt = np.arange(8, dtype=np.uint32)
    whole = prepared.generator.make(Rows(rows.split, rows.index, rows.values, rows.indices, attempt=attempt))
    for i in range(8):
        one = prepared.plan.rows("train", i, 1)
        made = prepared.generator.make(Rows(one.split, one.index, one.values, one.indices, attempt=attempt[i : i + 1]))
        assert made.input.tolist() == whole.input.tolist()[i : i + 1]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"folds": 1}, "params.folds: must be >= 2, not 1"),
        ({"profile_min": 60}, "params.profile_min: must be <= profile_max (50), not 60"),
        ({"fold": 4}, "params.fold: must be below folds (4), not 4"),
        ({"identity": 1.5}, "params.identity: must be <= 1"),
    ],
)
def test_wrong_families(params, message):
    with pytest.raises(InputError, match=re.escape(message)):
        families(**params)
    with pytest.raises(InputError, match=re.escape("factors.fold: must be below params.folds (4), not 9")):
        families([{"type": "integers", "name": "fold", "low": 0, "high": 9}])


FASTA = """>d1 a.1.1.1 (A:) one
ACDEFGHIKL
MNPQ
>d2 a.1.1.2 two
WWYY

>d3 b.40.2.1
ACDEF
"""


def from_file(path, splits=None, **params):
    data = {
        "name": "file",
        "generator": "protein_file",
        "params": {"path": str(path), **params},
        "design": {"kind": "random"},
        "splits": splits or {"train": 1.0},
    }
    return from_data(data, "test")


def contents(recipe):
    task = open_task(recipe)
    return {(e.input.replace(" ", ""), e.target) for split in task.sizes for e in task.stream(split)}


@pytest.mark.parametrize("name", ["p.fasta", "p.fa.gz"])
def test_fasta(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(gzip.compress(FASTA.encode()) if name.endswith("gz") else FASTA.encode())
    assert contents(from_file(file)) == {("ACDEFGHIKLMNPQ", "a.1"), ("WWYY", "a.1"), ("ACDEF", "b.40")}
    assert contents(from_file(file, label=r"\b([ab])\.")) == {("ACDEFGHIKLMNPQ", "a"), ("WWYY", "a"), ("ACDEF", "b")}
    example = open_task(from_file(file, spacing="joined")).example(0)
    assert " " not in example.input
    assert example.factors["length"] == len(example.input)


def write_tape(folder):
    rows = {
        "train": [("AAAA", 1), ("CCCC", 2), ("DDDD", 3)],
        "valid": [("EEEE", 1)],
        "test_fold_holdout": [("FFFF", 2), ("CCCC", 2)],
        "test_family_holdout": [("GGGG", 3)],
    }
    for part, items in rows.items():
        data = [{"primary": s, "fold_label": f, "family_label": f + 10, "id": f"{part}{s}"} for s, f in items]
        lines = "\n".join(map(json.dumps, data)) if part == "valid" else json.dumps(data)
        (folder / f"remote_homology_{part}.json").write_text(lines)


def test_tape(tmp_path):
    write_tape(tmp_path)
    splits = {"train": 0.4, "validation": 0.2, "test": 0.2, "test_family_holdout": 0.2}
    recipe = from_file(tmp_path, splits)
    task = open_task(recipe)
    assert task.sizes == {"train": 2, "validation": 1, "test": 2, "test_family_holdout": 1}
    assert {(e.input, e.target) for e in task.stream("test")} == {("F F F F", "2"), ("C C C C", "2")}
    # CCCC is in the test set, so that it may not be in training.
    assert {(e.input, e.target) for e in task.stream("train")} == {("A A A A", "1"), ("D D D D", "3")}
    note = "1 sequences occur more than once in the source and were left out but for one."
    assert note in prepare(recipe).notes
    build(recipe, tmp_path / "d", workers=1)
    assert note in (tmp_path / "d/README.md").read_text()
    family = open_task(from_file(tmp_path, {"train": 1.0}, label="family_label"))
    assert {e.target for e in family.stream("train")} == {"11", "12", "13"}


def test_long_sequences_are_never_lost_silently(tmp_path):
    file = tmp_path / "p.fasta"
    file.write_text(FASTA)
    with pytest.raises(
        InputError, match=r"params\.max_length: 1 of 3 sequences have more than 10 residues \(up to 14\)"
    ):
        prepare(from_file(file, max_length=10))
    dropped = from_file(file, max_length=10, longer="drop")
    assert contents(dropped) == {("WWYY", "a.1"), ("ACDEF", "b.40")}
    assert "1 sequences of more than 10 residues were left out: no accuracy counts them." in prepare(dropped).notes
    cut = from_file(file, max_length=10, longer="truncate")
    assert ("ACDEFGHIKL", "a.1") in contents(cut)
    assert "1 sequences were cut to their first 10 residues." in prepare(cut).notes


def test_the_content_is_pinned(tmp_path):
    file = tmp_path / "p.fasta"
    file.write_text(FASTA)
    right = hashlib.sha256(hashlib.sha256(FASTA.encode()).digest()).hexdigest()
    assert prepare(from_file(file, sha256=right)).plan.sizes == {"train": 3}
    with pytest.raises(InputError, match=f"has {right}, not {'0' * 64}"):
        prepare(from_file(file, sha256="0" * 64))


WRONG = [
    ("p.fasta", b"", "holds no sequence"),
    ("p.fasta", b"ACD\n>x a.1\nACD\n", "line 1: a sequence without a header (>name) before it"),
    ("p.fasta", b">x a.1\nACD\n>y a.1\n", "line 3: 'y a.1' has no sequence; is the file cut off?"),
    ("p.fasta", b">x\nACD\n", "line 1: no class in 'x'"),
    ("p.fasta", b">x a.1\nAC*D\n", "line 1: 'x' has '*' at position 3, which is no amino acid"),
    ("p.fasta", b">x a.1\nACX\n", "params.ambiguous = 'keep' accepts B, J, O, U, X and Z"),
    ("p.fasta", b">x a.1\nACd\n", "'d' at position 3, which is no amino acid; residues are capital letters"),
    ("p.fasta", b">x a.1\nAC\xff\n", "byte 9 is no text"),
    ("p.fasta", b">x a.1\nAC\n>y b.1\nAC\n", "line 3: 'y' has the sequence of 'x'"),
    ("p.fa.gz", gzip.compress(FASTA.encode())[:-12], "damaged or cut off"),
    ("p.json", b'[{"primary": "AC"', "not JSON"),
    ("p.json", b'[{"primary": "AC"}]', "record 0: has no field 'fold_label'; there are: primary"),
    ("p.json", b'[{"fold_label": 1}]', "record 0: has no sequence in the field 'primary'"),
    ("p.json", b'[{"primary": "AC", "fold_label": null}]', "fold_label is None, which is no class"),
    ("p.txt", b"AC", "must end in one of .fasta"),
]


@pytest.mark.parametrize(("name", "content", "message"), WRONG, ids=[message[:30] for *_, message in WRONG])
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)) as error:
        prepare(from_file(tmp_path / name))
    assert str(tmp_path / name) in str(error.value)


def test_sources_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match=r"params\.path: is missing"):
        prepare(from_file(""))
    with pytest.raises(InputError, match="is neither a file nor a folder"):
        prepare(from_file(tmp_path / "nothing"))
    with pytest.raises(InputError, match="holds no remote_homology"):
        prepare(from_file(tmp_path))
    write_tape(tmp_path)
    with pytest.raises(InputError, match=r"splits\.other: no file remote_homology_other\.json"):
        prepare(from_file(tmp_path, {"other": 1.0}))
    (tmp_path / "p.fasta").write_text(FASTA)
    with pytest.raises(InputError, match="is no regular expression"):
        prepare(from_file(tmp_path / "p.fasta", label="("))


def test_ambiguous_residues_can_be_kept(tmp_path):
    (tmp_path / "p.fasta").write_text(">x a.1\nACXU\n")
    assert contents(from_file(tmp_path / "p.fasta", ambiguous="keep")) == {("ACXU", "a.1")}
