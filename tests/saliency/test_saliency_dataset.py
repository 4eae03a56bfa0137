"""The generator ``saliency``: its columns, its reports, and that an example is a function of its text alone."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from synthkit.dataset import load
from synthkit.dataset.rationales import SaliencyReport, rationale_report
from synthkit.errors import InputError, WorkError
from synthkit.generators.corpora.source import licensed
from synthkit.generators.rationale.words import evidence_mask, word_spans
from synthkit.models.language.tiny import save_tiny
from synthkit.recipe.load import load_recipe
from synthkit.run import build
from synthkit.run.verify import verify

SMALL = [("params.items", 24), ("params.steps", 4)]


def made(out, *changes, workers=1):
    recipe = load_recipe("nli_grammar_saliency", [*SMALL, *changes], smoke=False)
    return build(recipe, out, workers=workers)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    out = tmp_path_factory.mktemp("saliency") / "d"
    made(out, ("teacher", "tiny:bert"))
    return out


def test_columns(dataset):
    for split in ("train", "validation", "test"):
        for e in load(dataset, split):
            beside = e.annotations
            words = word_spans(e.input)
            assert e.input == f"premise: {beside['premise']} hypothesis: {beside['hypothesis']}"
            assert len(beside["word_scores"]) == len(words)
            places = [int(p) for p in beside["chosen_words"]]
            assert places == sorted(set(places))
            assert len(places) == 6
            assert beside["chosen"] == [e.input[slice(*words[p])] for p in places]
            assert " ".join(beside["chosen"]) == e.rationale.replace(" ; ", " ")
            scores = np.abs(beside["word_scores"])
            assert min(scores[places]) >= max(np.delete(scores, places))
            names = [p for p, (a, b) in enumerate(words) if e.input[a : b + 1] in ("premise:", "hypothesis:")]
            assert not set(names) & set(places)
            assert not scores[names].any()
            assert sum(beside["teacher_probabilities"]) == pytest.approx(1)
            assert beside["teacher_agrees"] == (beside["teacher_answer"] == e.target)
            gold = evidence_mask(e.input, beside["evidence"])
            assert beside["evidence_precision"] == pytest.approx(gold[places].mean())
            assert beside["evidence_recall"] == pytest.approx(gold[places].sum() / gold.sum())
            assert beside["reasoning"]
            assert beside["license"] == "CC0-1.0"


def test_examples_are_made_again_one_by_one(dataset):
    found = verify(dataset, regenerate=24)
    assert (found.problems, found.regenerated) == ([], 24)


def test_what_is_beside_an_example_changes_nothing(dataset, tmp_path):
    """Neither shards nor processes."""
    again = made(tmp_path / "d", ("teacher", "tiny:bert"), ("output.shard_size", 5), workers=2)
    assert again.fingerprint == json.loads((dataset / "manifest.json").read_text())["fingerprint"]


def test_the_manifest_names_the_teacher(dataset):
    manifest = json.loads((dataset / "manifest.json").read_text())
    assert manifest["reproducible"] == "engine"
    engine = manifest["engine"]
    assert engine["name"] == "transformers"
    assert engine["model_hash"].startswith("sha256:")
    assert engine["details"]["method"] == "integrated_gradients"
    assert set(engine["details"]) == {"method", "asked", "device", "torch", "captum"}


def test_the_card_has_a_table(dataset):
    card = (dataset / "README.md").read_text()
    assert "## Saliency" in card
    assert "| evidence precision |" in card
    assert "The teacher has random weights: its answers and explanations mean nothing." in card


def test_the_report(dataset):
    found = rationale_report(dataset)
    assert isinstance(found, SaliencyReport)
    examples = [e for split in ("train", "validation", "test") for e in load(dataset, split)]
    gain = found.gains["evidence_precision"]
    assert found.examples == gain.examples == 24
    assert gain.mean == pytest.approx(np.mean([e.annotations["evidence_precision"] for e in examples]))
    assert gain.low < gain.difference < gain.high
    assert found.largest_delta == max(e.annotations["delta"] for e in examples)
    assert found.delta == pytest.approx(np.mean([e.annotations["delta"] for e in examples]))


def test_show(dataset, command):
    done = command("rationales", "show", str(dataset), "--examples", "1")
    assert "evidence precision" in done.stdout
    assert "teacher answer:" in done.stdout
    found = json.loads(command("rationales", "show", str(dataset), "--json").stdout)
    assert set(found["gains"]) == {"evidence_precision", "evidence_recall", "comprehensiveness", "sufficiency"}
    done = command("rationales", "show", str(dataset), "--rejected", check=False)
    assert (done.returncode, done.stderr.endswith("--rejected: a teacher's saliency rejects nothing\n")) == (2, True)


@pytest.mark.parametrize("method", ["saliency", "attention_rollout", "leave_one_out", "random"])
@pytest.mark.parametrize("teacher", ["tiny:gpt2", "tiny:t5"])
def test_methods_and_teachers(tmp_path, method, teacher):
    made(tmp_path / "d", ("teacher", teacher), ("params.method", method), ("params.items", 10))
    for e in load(tmp_path / "d", "train"):
        assert e.annotations["delta"] == -1.0
        assert any(e.annotations["word_scores"])


def test_mass_chooses_as_many_as_it_takes(tmp_path):
    made(tmp_path / "d", ("teacher", "tiny:bert"), ("params.selection", {"mass": 0.5}), ("params.items", 16))
    counts = {len(e.annotations["chosen"]) for e in load(tmp_path / "d", "train")}
    assert len(counts) > 1


def test_another_teacher_does_not_go_on(tmp_path):
    """Shards of two teachers would not fit."""
    from safetensors.torch import load_file, save_file
    from transformers import AutoModelForSequenceClassification

    path = tmp_path / "teacher"
    save_tiny("bert", path)
    labels = ("entailment", "neutral", "contradiction")
    AutoModelForSequenceClassification.from_pretrained(
        path, id2label=dict(enumerate(labels)), label2id={n: i for i, n in enumerate(labels)}
    ).save_pretrained(path)
    made(tmp_path / "d", ("teacher", str(path)))
    tensors = load_file(path / "model.safetensors")
    tensors["classifier.bias"] += 1
    save_file(tensors, path / "model.safetensors", metadata={"format": "pt"})
    found = verify(tmp_path / "d", regenerate=1)
    assert "made with another engine" in found.problems[0]
    assert "model_hash" in found.problems[0]


def test_published_texts_can_be_explained(tmp_path):
    """Open answers, from files: a causal teacher says them."""
    source = tmp_path / "svamp"
    source.mkdir()
    rows = [
        {
            "ID": f"chal-{k}",
            "Body": f"Jack has {k} apples and {k + 2} pears.",
            "Question": "How many does he have?",
            "Equation": f"( {k}.0 + {k + 2}.0 )",
            "Answer": float(2 * k + 2),
            "Type": "Addition",
        }
        for k in range(1, 13)
    ]
    (source / "SVAMP.json").write_text(json.dumps(rows))
    changes = [
        ("params.corpus", "svamp"),
        ("params.source", str(source)),
        ("teacher", "tiny:gpt2"),
        ("params.asked", {"template": "{input} =", "max_new_tokens": 3}),
        ("license", "MIT"),
    ]
    with pytest.raises(InputError, match="citation: must name the source"):
        made(tmp_path / "d", *changes)
    made(tmp_path / "d", *changes, ("citation", licensed("svamp").citation))
    for e in load(tmp_path / "d", "train"):
        assert e.annotations["teacher_probabilities"] == []
        assert "reasoning" in e.annotations


def test_a_question_without_words_is_named(tmp_path):
    source = tmp_path / "svamp"
    source.mkdir()
    row = {"Question": "?", "Equation": "( 1.0 + 1.0 )", "Answer": 2.0, "Type": "Addition"}
    rows = [row | {"ID": f"chal-{k}", "Body": "... " + "!" * k} for k in range(1, 13)]
    (source / "SVAMP.json").write_text(json.dumps(rows))
    citation = licensed("svamp").citation
    changes = [("teacher", "tiny:gpt2"), ("params.corpus", "svamp"), ("params.source", str(source)), ("license", "MIT")]
    with pytest.raises(WorkError, match=r"train-00000000: has no word that could be chosen"):
        made(tmp_path / "d", *changes, ("citation", citation))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([], r"params\.teacher: must name a model: --set teacher=DIR"),
        ([("teacher", "/nowhere")], r"params\.teacher: /nowhere: no such directory"),
        ([("teacher", "tiny:t5"), ("asked.head", "causal")], r"params\.teacher: tiny:t5: t5 has no causal head"),
        ([("teacher", "tiny:t5"), ("asked.template", "x")], r"params\.asked\.template: must have \{input\} once"),
        ([("teacher", "tiny:bert"), ("params.max_memory", 1000)], r"params\.max_memory: 1,000 bytes are not enough"),
        ([("teacher", "tiny:bert"), ("params.selection", {})], "state either top"),
        ([("teacher", "tiny:bert"), ("license", "MIT")], "license: must be 'CC0-1.0'"),
        ([("teacher", "tiny:bert"), ("params.distractors", [2, 1])], "distractors: 2 is more than 1"),
        ([("teacher", "tiny:bert"), ("asked.pth", "x")], r"params\.asked\.pth"),
    ],
)
def test_what_is_wrong_with_a_recipe(tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        made(tmp_path / "d", *changes)


def test_the_command(synthkit, tmp_path):
    arguments = ("generate", "nli_grammar_saliency", "--smoke", "--set", "items=10", "--workers", "1")
    done = synthkit(*arguments, "--out", "a", "--max-memory", "200MB")
    assert "10 examples" in done.stdout
    assert json.loads((tmp_path / "a" / "recipe.json").read_text())["params"]["max_memory"] == 200_000_000
    done = synthkit(*arguments, "--out", "b", "--max-memory", "much", check=False)
    assert done.returncode == 2
    assert "--max-memory: must be like 2GB" in done.stderr
    done = synthkit("generate", "syntone_small", "--out", "c", "--max-memory", "1GB", check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "synthkit: --max-memory: recipe syntone_small has no teacher; only saliency rationales have one\n",
    )


def test_without_the_packages(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "captum", None)
    from importlib import metadata

    real = metadata.version

    def version(name):
        if name == "captum":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr("synthkit.generators.saliency_rationales.version", version)
    with pytest.raises(
        InputError, match=r"params\.teacher: needs the package captum: pip install 'synthkit\[train,text\]'"
    ):
        made(tmp_path / "d", ("teacher", "tiny:bert"))
