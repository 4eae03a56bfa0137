"""Training: learning, exact resumption, what a run holds, loading, export, bad input."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file

from synthkit.errors import InputError, WorkError
from synthkit.models.language.tiny import save_tiny
from synthkit.train.folder import RunFolder
from synthkit.train.language.export import export_model
from synthkit.train.language.session import train_language_model
from synthkit.train.language.trained import load_language_run, open_language_run
from synthkit.train.load import from_data
from synthkit.train.log import read_log

CASES = {
    "classification": {"freezing": "head,layer:1"},
    "lora": {"freezing": "head,lora:2"},
    "seq2seq": {"model__path": "tiny:t5", "model__head": "seq2seq", "explanations__target": "rationale"},
    "causal": {"model__path": "tiny:gpt2", "model__head": "causal", "tokens__scheme": "fresh"},
    "masked": {"model__head": "masked", "model__weights": "scratch"},
}
SCRATCH = {"model__weights": "scratch"}
SHORT = {"evaluation__max_new_tokens": 5, "data__test_limit": 8}


@pytest.mark.parametrize("case", CASES)
def test_a_training_that_was_stopped_ends_as_if_it_had_not_been(plan, lists, tmp_path, case, monkeypatch):
    from synthkit.train import loop

    e = plan(**CASES[case], **SHORT)
    train_language_model(e, tmp_path / "whole", data=lists, device="cpu")

    class Stop(Exception):
        pass

    step = loop._Trainer._step

    def stops(self, log):
        if self.done.steps == 3:
            raise Stop
        step(self, log)

    monkeypatch.setattr(loop._Trainer, "_step", stops)
    with pytest.raises(Stop):
        train_language_model(e, tmp_path / "parts", data=lists, device="cpu")
    monkeypatch.undo()
    found = train_language_model(e, tmp_path / "parts", data=lists, device="cpu")
    assert found.resumed_from == 2
    whole, parts = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    assert read_log(tmp_path / "whole" / "log.jsonl") == read_log(tmp_path / "parts" / "log.jsonl")
    first, second = (json.loads((tmp_path / n / "evaluation.json").read_text()) for n in ("whole", "parts"))
    assert first == second


def test_a_classifier_learns_what_can_be_learned(plan, tmp_path):
    """Finished Tic-Tac-Toe games: who has won, above all trivial answers."""
    e = plan(
        data__recipe="tictactoe",
        data__set={"factors.notation.values": ["rows"], "params.positions": "finished"},
        data__test_limit=90,
        tokens__scheme="symbols",
        model__config={"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
        training={"steps": 220, "batch_size": 32, "learning_rate": 0.002, "checkpoint_every": 1000},
    )
    found = train_language_model(e, tmp_path / "run", device="cpu").evaluation["splits"]["test"]
    assert found["accuracy"] > max(found["baselines"].values()) + 0.2
    rows = pq.read_table(tmp_path / "run" / "predictions.parquet").to_pylist()
    assert np.mean([row["correct"] for row in rows]) == pytest.approx(found["accuracy"])
    assert all(row["correct"] == (row["answer"] == row["target"]) for row in rows)
    assert all(0 < row["confidence"] <= 1 for row in rows)
    counts = np.array(found["confusion"]["counts"])
    assert counts.sum() == found["texts"] == len(rows)
    assert np.trace(counts) == sum(row["correct"] for row in rows)


def test_a_model_learns_to_write_its_steps(plan, tmp_path):
    """Two-bit xor, learned by heart; every step must then be right."""
    e = plan(
        data__recipe="bit_xor",
        data__set={
            "params.bits": 2,
            "params.patterns": 2,
            "splits": {"train": 12, "validation": 2, "test": 2},
        },
        data__test=["train"],
        model__path="tiny:gpt2",
        model__head="causal",
        tokens__scheme="fresh",
        explanations__target="rationale",
        model__config={"resid_pdrop": 0.0, "attn_pdrop": 0.0, "embd_pdrop": 0.0},
        training={"steps": 250, "batch_size": 16, "learning_rate": 0.005, "checkpoint_every": 1000},
    )
    found = train_language_model(e, tmp_path / "run", device="cpu").evaluation["splits"]["train"]
    assert found["accuracy"] == 1.0
    assert found["steps"]["explained"] == found["texts"]
    assert found["steps"]["step_accuracy"] == 1.0
    assert found["steps"]["all_right"] == 1.0
    assert found["steps"]["first_wrong_step"] == {}


@pytest.mark.parametrize(("architecture", "head"), [("gpt2", "causal"), ("t5", "seq2seq"), ("bart", "seq2seq")])
def test_answers_do_not_depend_on_who_else_is_asked(plan, lists, tmp_path, architecture, head):
    """Padding on the left or right, in batches of texts of different lengths, against one text at a time."""
    from synthkit.train.language.answering import answer_texts
    from synthkit.train.language.buckets import Collator
    from synthkit.train.language.texts import open_texts
    from synthkit.train.language.token_store import tokenized

    e = plan(
        model={"path": f"tiny:{architecture}", "head": head},
        explanations__target="rationale",
        tokens__scheme="fresh",
        training={"steps": 120, "batch_size": 16, "learning_rate": 0.004, "checkpoint_every": 1000},
        evaluation__max_new_tokens=5,
        seed=3,  # of five, the one with which the smallest of them, BART, gives the most different answers: nine
    )
    train_language_model(e, tmp_path / "run", data=lists, device="cpu")
    ready = load_language_run(open_language_run(tmp_path / "run"))
    texts = open_texts(e.data, lists, "test", None)
    store = tokenized(e, texts, ready.codec, ready.limit, tmp_path / "tokens", answers=False)
    collator = Collator(store, ready.codec, head, torch.device("cpu"))
    assert len(set(np.diff(store.input_starts).tolist())) > 4
    alone, together = (answer_texts(ready.model, store, collator, ready.codec, size, 12).said for size in (1, 40))
    assert len(set(alone)) > 1
    assert (
        np.mean([a == b for a, b in zip(alone, together, strict=True)]) >= 0.95
    )  # but for rounding where two are near


def test_what_a_run_holds(plan, lists, tmp_path, painted_once):
    e = plan(freezing="head,layer:2", **SHORT)
    result = train_language_model(e, tmp_path / "run", data=lists, device="cpu")
    there = {p.name for p in (tmp_path / "run").iterdir()}
    assert {"experiment.json", "model.safetensors", "training.json", "evaluation.json", "predictions.parquet"} <= there
    assert {"confusion.png", "factors.png", "length.png", "log.jsonl", "tokens"} <= there
    training = json.loads((tmp_path / "run" / "training.json").read_text())
    assert training["trained"]["layers"] == ["2 counted from 0, 3 counted from 1 (bert.encoder.layer.2)"]
    assert training["padding"] < 0.1
    kept = load_file(tmp_path / "run" / "model.safetensors")
    assert {name.removeprefix("network.") for name in kept} == set(training["trained"]["parameters"])
    again = train_language_model(e, tmp_path / "run", data=lists, device="cpu")
    assert again.evaluation == result.evaluation
    assert RunFolder(tmp_path / "run").language_experiment() == e
    with pytest.raises(InputError, match="holds a language model, not a model of clips"):
        RunFolder(tmp_path / "run").experiment()


def test_a_loaded_run_answers_as_it_did(plan, lists, tmp_path):
    """Before training it is the model that it began with."""
    e = plan(freezing="head,lora:2", **SHORT)
    train_language_model(e, tmp_path / "run", data=lists, device="cpu")
    run = open_language_run(tmp_path / "run")
    before, after = (load_language_run(run, tuned=tuned).model for tuned in (False, True))
    kept = load_file(tmp_path / "run" / "model.safetensors")
    assert all(torch.equal(after.state()[name], kept[name]) for name in kept)
    changed = {n for n, p in before.named_parameters() if not torch.equal(p, dict(after.named_parameters())[n])}
    assert changed == set(kept)
    assert not before.training


@pytest.mark.parametrize("freezing", ["full", "head,lora:2"])
def test_an_exported_model_is_one_of_transformers(plan, lists, tmp_path, freezing, command):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    e = plan(freezing=freezing, **SHORT)
    train_language_model(e, tmp_path / "run", data=lists, device="cpu")
    command("export", tmp_path / "run", "--out", tmp_path / "out")
    network = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out").eval()
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    ready = load_language_run(open_language_run(tmp_path / "run"))
    given = tokenizer(["[MAX 1 2 ]", "[MIN 7 3 5 ]"], padding=True, return_tensors="pt")
    with torch.no_grad():
        there, here = network(**given).logits, ready.model.logits(given)
    torch.testing.assert_close(there, here, rtol=1e-5, atol=1e-5)
    assert network.config.id2label[3] == "3"
    assert not any("lora" in name for name, _ in network.named_parameters())
    train_language_model(plan(model__path=str(tmp_path / "out"), **SHORT), tmp_path / "next", data=lists, device="cpu")
    with pytest.raises(InputError, match="is there already"):
        export_model(tmp_path / "run", tmp_path / "out")


def test_pre_training_tells_how_well_hidden_tokens_are_found(plan, lists, tmp_path):
    """Better after some steps than after one; the same each time."""
    losses = []
    for steps in (1, 60):
        e = plan(model__head="masked", training__steps=steps, training__learning_rate=0.003)
        found = train_language_model(e, tmp_path / f"run{steps}", data=lists, device="cpu")
        losses.append(found.evaluation["test_loss"]["test"])
    assert losses[1] < losses[0] - 0.5


def test_two_processes_train_as_one(plan, lists, tmp_path):
    """torchrun with gloo: halves of a batch with different numbers of target tokens; without dropout, as one."""
    config = {"dropout_rate": 0.0}
    e = plan(
        model__path="tiny:t5", model__head="seq2seq", model__config=config, explanations__target="rationale", **SHORT
    )
    (tmp_path / "plan.json").write_text(e.pretty_json())
    arguments = ["train", tmp_path / "plan.json", "--data", lists, "--device", "cpu", "--out"]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "synthkit"]
    done = subprocess.run(
        [*launch, *map(str, arguments), str(tmp_path / "two")], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-2000:]
    train_language_model(e, tmp_path / "one", data=lists, device="cpu")
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-3, atol=1e-3)
    losses = [[line["model/loss"] for line in read_log(tmp_path / name / "log.jsonl")] for name in ("one", "two")]
    assert losses[0] != losses[1]  # each process logs its own half


def test_scratch_has_the_same_shape_and_other_weights(plan, lists, tmp_path):
    from synthkit.train.language.network import make_language_model

    labels = tuple("0123456789")
    pre, scratch, again, other = (
        make_language_model(plan(**changes), labels, [], tmp_path).model
        for changes in (
            {},
            {"model__weights": "scratch"},
            {"model__weights": "scratch"},
            {"model__weights": "scratch", "seed": 1},
        )
    )
    shapes = [{n: tuple(p.shape) for n, p in m.named_parameters()} for m in (pre, scratch)]
    assert shapes[0] == shapes[1]
    name = "network.bert.encoder.layer.0.attention.self.query.weight"
    weights = [dict(m.named_parameters())[name] for m in (pre, scratch, again, other)]
    assert not torch.equal(weights[0], weights[1])
    assert torch.equal(weights[1], weights[2])
    assert not torch.equal(weights[1], weights[3])
    assert set(scratch.state()) == {n for n, _ in scratch.named_parameters()}


def test_new_parameters_that_stay_random_are_told(plan, lists, tmp_path):
    from synthkit.train.language.network import make_language_model

    labels = tuple("0123456789")
    ready = make_language_model(plan(freezing="layer:0"), labels, [], tmp_path)
    assert "4 new parameters (bert.pooler.dense.bias, ...) stay random; name head too" in ready.warnings[0]
    assert make_language_model(plan(freezing="head,layer:0"), labels, [], tmp_path).warnings == ()
    fresh = make_language_model(plan(freezing="head", tokens__scheme="fresh"), labels, ["]", "1"], tmp_path)
    assert "name head and embeddings too" in fresh.warnings[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model__path": "tiny:rnn"}, "no tiny model is called 'rnn'; there are: bert, gpt2, t5, bart"),
        ({"model__path": "./nowhere"}, "model.path: ./nowhere: no such directory"),
        ({"model__head": "seq2seq"}, "model.head: bert has no seq2seq head"),
        ({"model__path": "tiny:gpt2", "model__head": "masked"}, "model.head: gpt2 has no masked head"),
        ({"freezing": "head,layer:7"}, r"freezing: layer:7: the model has 3 layers"),
        ({"freezing": "frozen"}, "freezing: no policy is called 'frozen'"),
        ({"model__config": {"layers": 3}}, "model.config.layers: the configuration of .* has no such field"),
        ({"model__config": {"hidden_size": 16}}, "has another shape; use model.weights=scratch"),
        ({"training__batch_size": 9, "training__accumulate": 2}, "cannot be cut into 2 equal parts"),
        ({"training__precision": "fp16"}, "fp16 needs a GPU"),
        ({"explanations__target": "rationale"}, "a classifier says no explanations"),
        ({"explanations__share": 0.5}, "share: only goes with target 'mixed'"),
        ({"tokens__too_long": "window", "model__head": "masked"}, "reads no windows"),
        ({"tokens__scheme": "patches", "model__head": "masked"}, "patches go with classification"),
        ({"data__mix": [{"recipe": "brackets"}]}, "have no classes in common"),
    ],
)
def test_experiments_that_cannot_be(plan, lists, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        train_language_model(plan(**changes), tmp_path / "run", data=lists, device="cpu")


def test_a_model_that_is_nowhere(plan, lists, tmp_path, monkeypatch):
    """With the hub out of reach the message says how to place a model on disk."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=r"hf download some/model --local-dir DIR; then use --set model.path=DIR"):
        train_language_model(plan(model__path="some/model"), tmp_path / "run", data=lists, device="cpu")


def test_directories_that_hold_no_model(plan, lists, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no model: config.json is missing"):
        train_language_model(plan(model__path=str(tmp_path / "empty")), tmp_path / "a", data=lists, device="cpu")
    save_tiny("bert", tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(WorkError, match="broken: cannot be loaded"):
        train_language_model(plan(model__path=str(tmp_path / "broken")), tmp_path / "b", data=lists, device="cpu")


def test_weights_of_another_architecture_and_damaged_ones(plan, lists, tmp_path):
    e = plan(**SHORT)
    train_language_model(e, tmp_path / "run", data=lists, device="cpu")
    other = tmp_path / "other"
    shutil.copytree(tmp_path / "run", other)
    (other / "experiment.json").write_text(plan(model__path="tiny:bart", **SHORT).pretty_json())
    with pytest.raises(
        InputError, match=r"is of another architecture than tiny:bart: .* parameters differ, first network"
    ):
        load_language_run(open_language_run(other))
    (tmp_path / "run" / "model.safetensors").write_bytes(b"x")
    with pytest.raises(WorkError, match=r"model.safetensors: damaged"):
        load_language_run(open_language_run(tmp_path / "run"))
    (tmp_path / "run" / "training.json").unlink()
    with pytest.raises(InputError, match="its training has not ended"):
        open_language_run(tmp_path / "run")


def test_a_checkpoint_of_another_model_is_refused(plan, lists, tmp_path):
    train_language_model(plan(**SHORT), tmp_path / "run", data=lists, device="cpu")
    (tmp_path / "run" / "training.json").unlink()
    wrong = plan(freezing="head", **SHORT)
    (tmp_path / "run" / "experiment.json").write_text(wrong.pretty_json())
    with pytest.raises(InputError, match=r"its checkpoint is of another model: .* parameters differ"):
        train_language_model(wrong, tmp_path / "run", data=lists, device="cpu")


def test_another_experiment_or_dataset_in_a_run_is_refused(plan, lists, boards, tmp_path):
    train_language_model(plan(**SHORT), tmp_path / "run", data=lists, device="cpu")
    with pytest.raises(InputError, match="holds a training with another freezing"):
        train_language_model(plan(freezing="head", **SHORT), tmp_path / "run", data=lists, device="cpu")
    with pytest.raises(InputError, match=r"was trained on other clips"):
        train_language_model(plan(**SHORT), tmp_path / "run", data=boards, device="cpu")


def test_experiments_as_data():
    found = from_data({"kind": "language", "name": "mine", "model": {"path": "gpt2", "head": "causal"}}, "x")
    assert found.model.head == "causal"
    with pytest.raises(InputError, match=r"model.head: .*'seq2seq'"):
        from_data({"kind": "language", "name": "mine", "model": {"head": "regression"}}, "x")
    with pytest.raises(InputError, match="freezing: no policy looks like"):
        from_data({"kind": "language", "name": "mine", "freezing": "head;full"}, "x")


def test_a_loss_that_is_not_finite_is_told(plan, lists, tmp_path):
    e = plan(training__learning_rate=1e30, training__steps=6, **SHORT)
    with pytest.raises(WorkError, match=r"term 'loss' is (nan|inf); checkpoints hold what came before"):
        train_language_model(e, tmp_path / "run", data=lists, device="cpu")
