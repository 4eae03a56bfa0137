"""What every registered generator promises, checked on all of them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthkit.generators import generator_class, generator_names
from synthkit.recipe.load import load_recipe
from synthkit.records import AudioBatch, TextBatch
from synthkit.run import build, open_task, prepare
from synthkit.run.attempts import Attempts
from synthkit.run.batches import batches
from synthkit.shards.content import batch_digests, text_examples
from synthkit.storage import open_root

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


def protein(fold: int, member: int) -> str:
    """A made-up sequence; those of a fold differ by a shift."""
    return "".join(RESIDUES[(fold * 7 + member * 3 + k * (k + fold)) % 20] for k in range(30))


FASTA = "".join(f">d{f}{m} {'abcd'[f]}.1.1.1\n{protein(f, m)}\n" for f in range(4) for m in range(20))


def other(match: re.Match[str]) -> str:
    """Another digit, or the other player."""
    return {"X": "O", "O": "X"}.get(match[0]) or str((int(match[0]) + 1) % 10)


@dataclass
class Case:
    """A recipe for each generator, made small.

    Attributes:
        recipe: Name of a recipe that is shipped, or its data.
        changes: What makes it small.
        files: File name -> content, for generators that read files; ``{folder}`` in the recipe stands for their folder.
    """

    recipe: str | dict[str, Any]
    changes: list[str] = field(default_factory=lambda: ["design.limit=60"])
    files: dict[str, str] = field(default_factory=dict)


CASES = {
    "tone": Case("syntone_small"),
    "listops": Case("listops_explained", ["design.limit=60", "params.explained=0.5"]),
    "tictactoe": Case("tictactoe"),
    "bit_memory": Case("bit_memory", ["design.limit=40"]),
    "bit_xor": Case("bit_xor"),
    "brackets": Case("brackets"),
    "sentences": Case("sentences"),
    "nli": Case("nli_grammar"),
    "image_sequence": Case("digits_sequence"),
    "shapes": Case("shapes_sequence"),
    "speech": Case("synspeech_small", ["design.limit=24"]),
    "protein_families": Case("protein_families"),
    "rationales": Case(
        "anli_informed_reasoning",
        ["params.corpus=grammar", "params.items=60", "license=CC0-1.0", "params.kind=known"],
    ),
    "saliency": Case("nli_grammar_saliency", ["params.teacher=tiny:bert", "params.items=40", "params.steps=4"]),
    "protein_file": Case(
        {
            "name": "proteins",
            "generator": "protein_file",
            "params": {"path": "{folder}/all.fasta"},
            "design": {"kind": "random"},
            "splits": {"train": 0.8, "test": 0.2},
        },
        [],
        {"all.fasta": FASTA},
    ),
}
# What imports torch and transformers in every process: ten seconds each, and two builds are enough.
HEAVY = {"saliency"}


def test_every_generator_has_a_case():
    assert set(CASES) == set(generator_names())


def given(name: str, folder: Path) -> list[Any]:
    """Recipe, by its name or its file, and changes of a case; what it reads is put into the folder."""
    found = CASES[name]
    for file, content in found.files.items():
        (folder / file).write_text(content)
    if isinstance(found.recipe, str):
        return [found.recipe, found.changes]
    (folder / "recipe.json").write_text(json.dumps(found.recipe).replace("{folder}", str(folder)))
    return [str(folder / "recipe.json"), found.changes]


@pytest.fixture(scope="module", params=sorted(CASES))
def case(request, tmp_path_factory):
    """Loads the recipe with changes: a function."""
    recipe, changes = given(request.param, tmp_path_factory.mktemp(request.param))

    def load(*more: str):
        return load_recipe(recipe, [*changes, *more])

    load.name = request.param
    return load


@pytest.fixture(scope="session")
def built_elsewhere(once, tmp_path_factory):
    """Folder of all cases, each built by processes of another hash seed, of another number and in other shards.

    All cases in one go, as starting processes takes longer than what they do.
    """
    cases = {}
    for name in sorted(CASES):
        folder = tmp_path_factory.mktemp(name)
        cases[name] = given(name, folder)

    def build_all(folder: Path) -> None:
        for workers, seed, shard in ((2, "1", 7), (3, "2", 13)):
            some = {name: case for name, case in cases.items() if workers == 2 or name not in HEAVY}
            (folder / "cases.json").write_text(json.dumps(some))
            out = folder / f"workers{workers}"
            out.mkdir()
            program = Path(__file__).with_name("build_cases.py")
            done = subprocess.run(
                [sys.executable, program, folder / "cases.json", out, str(workers), str(shard)],
                capture_output=True,
                text=True,
                timeout=900,
                env={**os.environ, "PYTHONHASHSEED": seed},
            )
            assert done.returncode == 0, done.stderr

    return once("built-cases", build_all)


@pytest.fixture(scope="module")
def is_text(case):
    return generator_class(case.name).content == "text"


def made(recipe, split, pieces: Callable[[int], list[tuple[int, int]]]) -> list[bytes]:
    """Digests of a split, made in pieces (first, count)."""
    prepared = prepare(recipe)
    attempts = prepared.search().all() if prepared.draws else None
    size = prepared.plan.sizes[split]
    found: list[bytes] = []
    for first, count in [piece for piece in pieces(size) if piece[1]]:
        for batch in batches(prepared.plan, prepared.generator, attempts, split, first, count):
            found += batch_digests(batch)
    return found


def test_random_access_equals_iteration(case):
    recipe = case()
    for split in recipe.split_names:
        whole = made(recipe, split, lambda size: [(0, size)])
        assert made(recipe, split, lambda size: [(i, 1) for i in range(size)]) == whole
        assert made(recipe, split, lambda size: [(i, 1) for i in reversed(range(size))]) == whole[::-1]
        assert made(recipe, split, lambda size: [(0, (size + 1) // 2), ((size + 1) // 2, size // 2)]) == whole


def test_a_limit_changes_no_example(case):
    recipe = case()
    split = recipe.split_names[0]
    fewer = case("design.limit=20") if recipe.design.limit else case("design.limit=50")
    few = made(fewer, split, lambda size: [(0, size)])
    assert made(recipe, split, lambda size: [(0, size)])[: len(few)] == few
    assert len(few) > 5


def contents(recipe) -> list[str]:
    """What a model would be given: the inputs of texts, the factors of clips."""
    prepared = prepare(recipe)
    attempts = prepared.search().all() if prepared.draws else None
    found: list[str] = []
    for split, size in prepared.plan.sizes.items():
        for batch in batches(prepared.plan, prepared.generator, attempts, split, 0, size):
            if isinstance(batch, TextBatch):
                found += batch.input.tolist()
            elif isinstance(batch, AudioBatch):
                found += map(str, zip(*(v.tolist() for v in batch.rows.values.values()), strict=True))
    return found


def test_no_input_occurs_twice(case):
    found = contents(case())
    assert len(set(found)) == len(found)


def test_seeds_share_no_more_than_chance_allows(case):
    """Of two draws of n out of N inputs, n^2 / N are expected to be the same."""
    recipe = case()
    prepared = prepare(recipe)
    whole = sum(prepared.plan.full_sizes.values())
    first, second = contents(case("seed=1")), contents(case("seed=2"))
    assert first != second
    if prepared.draws:
        whole = 10**9  # inputs of random tasks are drawn from far more than are made
    if len(first) < whole:
        expected = len(first) ** 2 / whole
        assert len(set(first) & set(second)) <= expected + 5 * np.sqrt(expected) + 1


def test_scores(case, is_text):
    if not is_text:
        with pytest.raises(ValueError, match="clips"):
            open_task(case())
        return
    task = open_task(case())
    examples = [example for split in task.sizes for example in task.stream(split)]
    for example in examples:
        assert task.score(example.target, example) == 1
        other = next(e for e in examples if e.target != example.target)
        assert 0 <= task.score(other.target, example) < 1
        assert 0 <= task.score("", example) < 1
        assert 0 <= task.score("nonsense", example) < 1
        if task.layout.labels is not None:
            assert example.target in task.layout.labels


def test_explanations(case, is_text):
    """Those of the dataset and those made from the input are accepted; any changed or lost line is refused."""
    if not is_text:
        return
    task = open_task(case())
    explained = 0
    for example in task.examples(0, min(40, task.sizes["train"])):
        made_now = task.explain(example)
        if made_now is None:
            assert example.rationale is None
            verdict = task.check("Final answer: 0", example)
            assert not verdict.ok
            assert "no explanation" in verdict.reason
            continue
        explained += 1
        assert task.check(made_now, example).ok
        if example.rationale is not None:
            assert example.rationale == made_now
        lines = made_now.split("\n")
        for number, line in enumerate(lines):
            changed = re.sub(r"\d|[XO]", other, line, count=1)
            if changed != line:
                verdict = task.check("\n".join([*lines[:number], changed, *lines[number + 1 :]]), example)
                assert not verdict.ok
                assert verdict.reason
                assert verdict.step is None or verdict.step <= len(lines)
            assert not task.check("\n".join(lines[:number] + lines[number + 1 :]), example).ok
    assert explained in (0, min(40, task.sizes["train"]))


def test_measured_factors_are_what_they_say(case, is_text):
    if not is_text:
        return
    prepared = prepare(case())
    task = open_task(case())
    assert len({f.name for f in task.factors}) == len(task.factors)
    for example in task.examples(0, min(50, task.sizes["train"])):
        assert list(example.factors) == [f.name for f in task.factors]
        for factor, level in zip(task.factors, example.factor_indices.tolist(), strict=True):
            value = example.factors[factor.name]
            assert type(value) is {"string": str, "int64": int, "float64": float}[factor.dtype]
            if factor.levels is None:
                assert level == -1
            elif factor.values is not None:
                assert factor.values[level] == value
    assert prepared.factors == task.factors


def test_one_fingerprint_for_hash_seeds_and_workers(case, built_elsewhere, command, tmp_path):
    result = build(case("output.shard_size=1000"), tmp_path / "d", workers=1)
    for workers in (2,) if case.name in HEAVY else (2, 3):
        folder = built_elsewhere / f"workers{workers}"
        assert json.loads((folder / "fingerprints.json").read_text())[case.name] == result.fingerprint
    assert "5 examples made again" in command("verify", folder / case.name, "--regenerate", 5).stdout


def test_attempts_are_kept_beside_the_recipe(case, tmp_path):
    prepared = prepare(case())
    build(case(), tmp_path / "d", workers=1)
    assert (tmp_path / "d/attempts.parquet").exists() == prepared.draws
    if prepared.draws:
        again = prepared.search(threads=2).all()
        stored = prepared.stored_attempts(open_root(tmp_path / "d"))
        assert isinstance(stored, Attempts)
        assert all(np.array_equal(again.of[split], stored.of[split]) for split in prepared.plan.sizes)
        split, size = next(iter(prepared.plan.sizes.items()))
        rows = stored.applied(prepared.plan.rows(split, 0, size))
        assert len(list(text_examples(prepared.generator.make(rows)))) == size
