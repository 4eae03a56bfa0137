"""Students of rationales: what is asked and said, second task, soft labels, inputs of saliency rationales, tokens."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from synthkit.errors import InputError
from synthkit.models.language.model import LanguageModel, Objective, teacher_divergence
from synthkit.records import Annotation, TextExample, TextLayout
from synthkit.train.experiment import Training
from synthkit.train.language import session
from synthkit.train.language.buckets import Buckets, Collator
from synthkit.train.language.codec import SpecialIds, SymbolCodec
from synthkit.train.language.export import export_model
from synthkit.train.language.network import make_language_model
from synthkit.train.language.rationales import ending_in_answer, masked, without_answer
from synthkit.train.language.record import LanguageExperiment, LanguageTraining
from synthkit.train.language.session import train_language_model
from synthkit.train.language.texts import Texts
from synthkit.train.language.token_store import tokenized
from synthkit.train.language.trained import load_language_run, open_language_run
from synthkit.train.language.vocabulary import task_symbols
from synthkit.train.language.wording import Wording

CPU = torch.device("cpu")
SALIENCY = (
    Annotation("chosen", "strings", "", "Chosen words"),
    Annotation("chosen_words", "floats", "1", "Their places"),
    Annotation("teacher_probabilities", "floats", "1", "Of the classes"),
)
SEQ2SEQ = {"model__path": "tiny:t5", "model__head": "seq2seq", "tokens__scheme": "fresh"}
WORDS = ["predict:", "explain:", "rationale:", *"abc", "yes", "no", "is", "so", "\n", "Final", "answer:", *"_;", "then"]
CODEC = SymbolCodec({word: 10 + k for k, word in enumerate(WORDS)}, SpecialIds([], [2], 0, 2), None)


def example(question, target, rationale=None, **annotations):
    return TextExample("train-0", {}, np.zeros(0, np.int64), question, target, rationale, annotations)


def split_of(examples, annotations=(), *, rationale=True, recipe="brackets", split="train"):
    layout = TextLayout(rationale, ("yes", "no"), 0, tuple(annotations))
    return Texts(examples, layout, (), recipe, "data", split, f"by hand {examples} {split}")


def salient(question, target, places, teacher=(0.5, 0.5)):
    words = [question.split()[int(k)] for k in places]
    known = {"chosen": words, "chosen_words": [float(k) for k in places], "teacher_probabilities": list(teacher)}
    return example(question, target, **known)


def said(codec, ids):
    """Ids in words, special ones as numbers."""
    names = {number: word for word, number in codec.ids.items()}
    return [names.get(int(number), int(number)) for number in ids]


@pytest.fixture
def explained():
    """Two with an explanation, one whose explanation was refused."""
    return split_of(
        [
            example("a b", "yes", "a is b\nFinal answer: yes", why="so b", parts=["a b", "then b"]),
            example("b c", "no", "", why="", parts=[]),
            example("c c a", "no", "c so no", why="c is c", parts=["c"]),
        ],
        [
            Annotation("why", "string", "", "By a person"),
            Annotation("parts", "strings", "", "Pieces"),
            Annotation("score", "float64", "1", ""),
        ],
    )


# What is asked and said


@pytest.mark.parametrize(
    ("explanation", "whole", "alone"),
    [
        ("a is b\nFinal answer: yes", "a is b\nFinal answer: yes", "a is b"),
        ("a is b", "a is b\nFinal answer: yes", "a is b"),
        ("a Final answer: b", "a Final answer: b\nFinal answer: yes", "a Final answer: b"),
        ("a\n\nFinal answer: no\n", "a\n\nFinal answer: no\n", "a"),
        ("Final answer: yes", "Final answer: yes", ""),
        ("Final answer: yes\nso", "Final answer: yes\nso", "Final answer: yes\nso"),
        ("", "\nFinal answer: yes", ""),
    ],
)
def test_explanations_with_and_without_their_answer(explanation, whole, alone):
    assert ending_in_answer(explanation, "yes") == whole
    assert without_answer(explanation) == alone


def test_a_second_task_by_hand(plan, explained, tmp_path):
    e = plan(**SEQ2SEQ, explanations__target="multitask")
    store = tokenized(e, explained, CODEC, None, tmp_path)
    assert [said(CODEC, store.input(k)) for k in range(3)] == [
        ["predict:", "a", "b", 2],
        ["predict:", "b", "c", 2],
        ["predict:", "c", "c", "a", 2],
    ]
    assert [said(CODEC, store.target(k)) for k in range(3)] == [["yes", 2], ["no", 2], ["no", 2]]
    assert [said(CODEC, store.second.input(k)) for k in range(3)] == [
        ["explain:", "a", "b", 2],
        [],
        ["explain:", "c", "c", "a", 2],
    ]
    assert [said(CODEC, store.second.target(k)) for k in range(3)] == [["a", "is", "b", 2], [], ["c", "so", "no", 2]]
    assert store.lengths.tolist() == [4 + 2 + 4 + 4, 4 + 2, 5 + 2 + 5 + 4]
    assert store.rows.tolist() == [0, 1, 2]
    asked = tokenized(e, explained, CODEC, None, tmp_path, answers=False)
    assert asked.second is None
    assert said(CODEC, asked.input(0)) == ["predict:", "a", "b", 2]
    assert asked.target_lengths.sum() == 0


def test_a_second_task_of_a_causal_model_by_hand(plan, explained, tmp_path):
    codec = SymbolCodec(CODEC.ids | {"=": 60}, SpecialIds([], [], 0, 2), 60)
    e = plan(model__path="tiny:gpt2", model__head="causal", explanations__target="multitask")
    store = tokenized(e, explained, codec, None, tmp_path)
    assert said(codec, store.second.input(2)) == ["explain:", "c", "c", "a", "="]
    batch = Collator(store, codec, "causal", CPU).batch(np.array([0, 1, 2]))
    assert batch["input_ids"].shape[0] == 3
    assert said(codec, batch["second_input_ids"][0]) == ["explain:", "a", "b", "=", "a", "is", "b", 2, 0]
    assert batch["second_labels"][0].tolist() == [-100] * 4 + [*store.second.target(0), -100]


@pytest.mark.parametrize(
    ("column", "target", "answers"),
    [
        ("rationale", "mixed", ["a is b \n Final answer: yes", "no", "c so no \n Final answer: no"]),
        ("why", "mixed", ["so b \n Final answer: yes", "no", "c is c \n Final answer: no"]),
        ("parts", "mixed", ["a b ; then b \n Final answer: yes", "no", "c \n Final answer: no"]),
        ("why", "answer", ["yes", "no", "no"]),
    ],
)
def test_targets_by_hand(plan, explained, tmp_path, column, target, answers):
    e = plan(**SEQ2SEQ, explanations__target=target, explanations__column=column)
    store = tokenized(e, explained, CODEC, None, tmp_path)
    assert [said(CODEC, store.target(k)) for k in range(3)] == [[*a.split(" "), 2] for a in answers]
    assert store.second is None


def test_pieces_are_the_second_task_of_that_column(plan, explained, tmp_path):
    e = plan(**SEQ2SEQ, explanations__target="multitask", explanations__column="parts")
    store = tokenized(e, explained, CODEC, None, tmp_path)
    assert said(CODEC, store.second.target(0)) == ["a", "b", ";", "then", "b", 2]


def test_who_has_no_explanation_is_refused_or_answered_alone(plan, explained, tmp_path):
    message = "data: train example 1: has no explanation; use explanations.target=answer"
    for column in ("rationale", "why"):
        e = plan(**SEQ2SEQ, explanations__target="rationale", explanations__column=column)
        with pytest.raises(InputError, match=message):
            tokenized(e, explained, CODEC, None, tmp_path)
    e = plan(**SEQ2SEQ, explanations__target="mixed", explanations__share=1.0)
    assert said(CODEC, tokenized(e, explained, CODEC, None, tmp_path).target(1)) == ["no", 2]
    none = split_of([example("a", "no")], rationale=False)
    for changes in ({"target": "multitask"}, {"target": "mixed", "share": 1.0}, {"target": "rationale"}):
        with pytest.raises(InputError, match="data: train example 0: has no explanation"):
            tokenized(plan(**SEQ2SEQ, explanations=changes), none, CODEC, None, tmp_path)


def test_a_task_fills_no_gaps_of_a_second_task(plan, lists):
    """A dataset's empty rationale was refused; where there is no column the task explains."""
    from synthkit.train.language.texts import open_texts

    e = plan(**SEQ2SEQ, explanations__target="multitask")
    known = open_texts(e.data, lists, "train", 3)
    without = [TextExample(x.id, x.factors, x.factor_indices, x.input, x.target, "") for x in known.part(0, 3)]
    with_column = split_of(without, recipe="listops_explained")
    assert Wording(e, with_column, "_").second(without[0], 0) is None
    no_column = split_of(without, rationale=False, recipe="listops_explained")
    assert Wording(e, no_column, "_").second(without[0], 0).said == without_answer(known[0].rationale)


@pytest.mark.parametrize(
    ("column", "named"), [("reasons", "rationale, why, parts"), ("score", "rationale, why, parts")]
)
def test_columns_that_are_not_there(plan, explained, tmp_path, column, named):
    e = plan(**SEQ2SEQ, explanations__target="rationale", explanations__column=column)
    with pytest.raises(
        InputError,
        match=rf"explanations.column: data has no column of texts that is named '{column}'; those there are: {named}",
    ):
        tokenized(e, explained, CODEC, None, tmp_path)
    with pytest.raises(InputError, match=f"named '{column}'; there are none"):
        tokenized(e, split_of([example("a", "no")], rationale=False), CODEC, None, tmp_path)


def test_all_that_is_asked_and_said_is_a_symbol(plan, explained):
    found = task_symbols(plan(**SEQ2SEQ, explanations__target="multitask"), explained)
    assert {"predict:", "explain:", "a", "c", "yes", "no", "is", "so", "="} <= set(found)
    assert found == sorted(found)
    one = task_symbols(plan(**SEQ2SEQ, explanations__target="mixed", explanations__column="why"), explained)
    assert {"\n", "Final", "answer:"} <= set(one)
    assert "predict:" not in one
    hidden = split_of([salient("a b", "yes", [0])], SALIENCY, rationale=False)
    assert task_symbols(plan(tokens__scheme="fresh", explanations__input="mask"), hidden) == ["_", "a", "b"]


def test_other_words_have_ids_of_their_own_on_disk(plan, tmp_path):
    texts = split_of([salient("a b", "yes", [0])], SALIENCY, rationale=False)
    other_mask = SymbolCodec(CODEC.ids, CODEC.special, None)
    other_mask.mask = "so"
    cases = [
        ({}, CODEC),
        ({"input": "added"}, CODEC),
        ({"input": "mask"}, CODEC),
        ({"input": "mask"}, other_mask),
        ({"soft": 0.5}, CODEC),
    ]
    for explanations, codec in cases:
        tokenized(plan(explanations=explanations), texts, codec, None, tmp_path)
    assert len(list(tmp_path.iterdir())) == len(cases)
    tokenized(plan(explanations={"soft": 0.9, "temperature": 3.0}), texts, CODEC, None, tmp_path)
    assert len(list(tmp_path.iterdir())) == len(cases)


# The loss of the second task


@pytest.fixture
def students(plan, tmp_path):
    """Makes a tiny student with two tasks, without dropout, and its batches; some examples explain nothing."""
    rng = np.random.default_rng(3)
    examples = []
    for k in range(24):
        words = " ".join(rng.choice(["a", "b", "c"], rng.integers(1, 6)))
        why = "" if k % 3 == 0 else f"{words} so {words}"
        examples.append(example(words, ("yes", "no")[k % 2], why))
    texts = split_of(examples)

    def make(head, parts=1, **changes):
        path, dropout = {"seq2seq": ("tiny:t5", ["dropout_rate"])}.get(
            head, ("tiny:gpt2", ["resid_pdrop", "attn_pdrop", "embd_pdrop"])
        )
        e = plan(
            model={"path": path, "head": head, "config": dict.fromkeys(dropout, 0.0)},
            tokens__scheme="fresh",
            explanations={"target": "multitask", **changes},
        )
        ready = make_language_model(e, None, task_symbols(e, texts), tmp_path)
        store = tokenized(e, texts, ready.codec, ready.limit, tmp_path / "tokens")
        collator = Collator(store, ready.codec, head, CPU, all_tokens=changes.get("loss") == "all")
        return ready.model, Buckets(store, collator, e, "train", parts=parts, mine=range(parts)), store

    return make


def mixed_step(batches, store):
    """A step some of whose examples explain something."""
    explains = store.second.target_lengths > 0
    return next(step for step in range(30) if 2 < explains[batches.rows(step)].sum() < 7)


def token_losses(model, head, question, answer, everything):
    """Cross-entropy of each token that counts, one row at a time, by torch alone."""
    if head == "seq2seq":
        start = [model.network.config.decoder_start_token_id, *answer[:-1]]
        out = model.network(
            input_ids=torch.tensor([question]),
            attention_mask=torch.ones(1, len(question)),
            decoder_input_ids=torch.tensor([start]),
        )
        return F.cross_entropy(out.logits[0], torch.tensor(answer), reduction="none")
    ids = torch.tensor([[*question, *answer]])
    logits = model.network(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    first = 0 if everything else len(question) - 1
    return F.cross_entropy(logits[0, first:-1], ids[0, first + 1 :], reduction="none")


@pytest.mark.parametrize(
    ("head", "loss", "alpha"), [("seq2seq", "answer", 0.5), ("causal", "answer", 0.2), ("causal", "all", 0.9)]
)
def test_the_loss_of_two_tasks_is_the_sum_of_two_means(students, head, loss, alpha):
    model, batches, store = students(head, alpha=alpha, loss=loss)
    model.train()
    step = mixed_step(batches, store)
    rows = batches.rows(step)
    found = model.terms(batches.at(step)[0], "model", 0)
    means = []
    for pairs in (store, store.second):
        shown = [row for row in rows if len(pairs.target(row))]
        losses = [
            token_losses(model, head, pairs.input(row).tolist(), pairs.target(row).tolist(), loss == "all")
            for row in shown
        ]
        assert len(losses) == (8 if pairs is store else sum(row % 3 != 0 for row in rows))
        means.append(torch.cat(losses).mean())
    torch.testing.assert_close(found["answers"], means[0])
    torch.testing.assert_close(found["explanations"], means[1])
    torch.testing.assert_close(found["loss"], alpha * means[0] + (1 - alpha) * means[1])


@pytest.mark.parametrize("head", ["seq2seq", "causal"])
@pytest.mark.parametrize("parts", [2, 8])
def test_parts_of_a_batch_have_the_gradient_of_the_whole(students, head, parts):
    """Eight parts: some of them explain nothing at all."""
    gradients = []
    for count in (1, parts):
        model, batches, store = students(head, count)
        model.train()
        found = batches.at(mixed_step(batches, store))
        assert len(found) == count
        assert count < 8 or any("second_labels" not in part for part in found)
        for part in found:
            (model.terms(part, "model", 0)["loss"] / count).backward()
        gradients.append([p.grad.clone() for p in model.parameters()])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_a_batch_that_explains_nothing_has_the_answers_alone(students, plan, tmp_path):
    model, batches, store = students("seq2seq", alpha=0.25)
    quiet = np.flatnonzero(store.second.target_lengths == 0)[:2]
    collator = batches._collator
    scales = collator.scales(quiet, 1)
    found = model.terms(collator.batch(quiet, *scales), "model", 0)
    assert float(found["explanations"]) == 0.0
    torch.testing.assert_close(found["loss"], 0.25 * found["answers"])


def test_accumulated_training_of_two_tasks_ends_as_whole_batches_do(plan, lists, tmp_path):
    common = {**SEQ2SEQ, "model__config": {"dropout_rate": 0.0}, "explanations__target": "multitask"}
    common |= {"data__test_limit": 4, "evaluation__max_new_tokens": 4}
    for parts in (1, 2):
        e = plan(**common, training__accumulate=parts, training__learning_rate=0.001)
        train_language_model(e, tmp_path / str(parts), data=lists, device="cpu")
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in "12")
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-3, atol=1e-4)


def test_a_student_of_two_tasks_learns_to_answer(plan, tmp_path, monkeypatch):
    """It is asked for the answer alone, and says it without steps."""
    examples = [example(f"{x} {y}", ("no", "yes")[x == y], f"{x} is {x}") for x in "abc" for y in "abc"]
    use_texts(monkeypatch, split_of(examples))
    e = plan(
        **SEQ2SEQ,
        model__config={"dropout_rate": 0.0},
        explanations__target="multitask",
        training={"steps": 120, "batch_size": 9, "learning_rate": 0.005, "checkpoint_every": 1000},
    )
    found = train_language_model(e, tmp_path / "run", device="cpu").evaluation["splits"]["test"]
    assert found["accuracy"] == 1.0
    assert found["steps"] is None
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert {"model/loss", "model/answers", "model/explanations"} <= set(log[0])


# Soft labels


def test_the_divergence_from_a_teacher_by_hand():
    teacher = torch.tensor([[0.9, 0.1], [0.2, 0.8]])
    logits = torch.tensor([[1.0, -1.0], [0.5, 0.0]], requires_grad=True)
    total = 0.0
    for p, z in zip(teacher.tolist(), logits.tolist(), strict=True):
        raised = np.sqrt(p) / np.sqrt(p).sum()
        student = np.exp(np.array(z) / 2) / np.exp(np.array(z) / 2).sum()
        total += float((raised * np.log(raised / student)).sum())
    assert float(teacher_divergence(logits, teacher, 2.0).detach()) == pytest.approx(4 * total / 2, rel=1e-5)
    same = torch.log(teacher) + 1  # logits that give the teacher's own probabilities
    assert float(teacher_divergence(same, teacher, 3.0)) == pytest.approx(0.0, abs=1e-6)
    certain = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    torch.testing.assert_close(teacher_divergence(logits, certain, 1.0), F.cross_entropy(logits, torch.tensor([0, 1])))


@pytest.mark.parametrize(("soft", "temperature"), [(0.0, 1.0), (0.3, 1.0), (0.7, 4.0), (1.0, 2.0)])
def test_the_loss_with_a_teacher_is_a_mixture(plan, tmp_path, soft, temperature):
    ready = make_language_model(plan(), ["yes", "no"], [], tmp_path)
    model = LanguageModel(
        ready.model.network, "classification", frozenset(), objective=Objective(None, soft, temperature)
    )
    model.eval()
    ids = torch.tensor([[5, 6, 7], [8, 9, 10]])
    teacher = torch.tensor([[0.7, 0.3], [0.1, 0.9]])
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": torch.tensor([1, 0])}
    found = model.terms({**batch, "teacher": teacher}, "model", 0)["loss"]
    logits = model.logits(batch)
    hard = F.cross_entropy(logits, batch["labels"])
    at_t = torch.softmax(torch.log(teacher) / temperature, 1)
    divergence = (at_t * (at_t.log() - torch.log_softmax(logits / temperature, 1))).sum(1).mean()
    torch.testing.assert_close(found, (1 - soft) * hard + soft * temperature**2 * divergence)
    if soft == 0.0:
        torch.testing.assert_close(found, model.terms(batch, "model", 0)["loss"])


def use_texts(monkeypatch, texts):
    """All splits are the same texts."""
    monkeypatch.setattr(session, "open_training_texts", lambda *_: texts)
    monkeypatch.setattr(
        session, "open_texts", lambda *_: split_of(texts.part(0, len(texts)), texts.annotations, split="test")
    )


def test_a_student_of_soft_labels_alone_says_what_its_teacher_says(plan, tmp_path, monkeypatch):
    """The teacher is wrong about every text; with soft=1 so is the student, with soft=0 it is right."""
    examples = [
        salient(f"{x} {y}", ("no", "yes")[x == "a"], [0], (0.1, 0.9) if x == "a" else (0.9, 0.1))
        for x in "abc"
        for y in "abc"
    ]
    use_texts(monkeypatch, split_of(examples, SALIENCY, rationale=False))
    right = []
    for soft in (0.0, 1.0):
        e = plan(
            tokens__scheme="fresh",
            explanations__soft=soft,
            model__config={"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
            training={"steps": 80, "batch_size": 9, "learning_rate": 0.005, "checkpoint_every": 1000},
        )
        found = train_language_model(e, tmp_path / f"run{soft}", device="cpu").evaluation["splits"]["test"]
        right.append(found["accuracy"])
    assert right == [1.0, 0.0]


def test_windows_of_a_text_have_the_probabilities_of_the_text(plan, tmp_path):
    texts = split_of([salient("a b c a b c a b", "yes", [0], (0.75, 0.25)), salient("a", "no", [0])], SALIENCY)
    e = plan(explanations__soft=0.5, tokens={"max_length": 5, "too_long": "window"})
    codec = SymbolCodec(CODEC.ids, SpecialIds([1], [2], 0, 2), None)
    store = tokenized(e, texts, codec, None, tmp_path)
    assert len(store) > 3
    assert store.teacher[store.rows == 0].tolist() == [[0.75, 0.25]] * (len(store) - 1)
    batch = Collator(store, codec, "classification", CPU).batch(np.array([len(store) - 1, 0]))
    assert batch["teacher"].tolist() == [[0.5, 0.5], [0.75, 0.25]]
    assert tokenized(e, texts, codec, None, tmp_path, answers=False).teacher is None


@pytest.mark.parametrize("teacher", [(0.5, 0.2, 0.3), (0.7, 0.7), (1.5, -0.5), ()])
def test_probabilities_that_are_none(plan, tmp_path, teacher):
    texts = split_of([salient("a", "yes", [0], teacher)], SALIENCY)
    with pytest.raises(
        InputError, match="train example 0: teacher_probabilities must be 2 numbers, one for each class"
    ):
        tokenized(plan(explanations__soft=1.0), texts, CODEC, None, tmp_path)


def test_soft_labels_need_their_column(plan, explained, tmp_path):
    with pytest.raises(InputError, match=r"explanations.soft: data has no column teacher_probabilities, the prob"):
        tokenized(plan(explanations__soft=0.5), explained, CODEC, None, tmp_path)


# Saliency rationales as input


def test_masks_by_hand():
    assert masked("a b, c's d.", {1, 2}, "_") == "_ b, c's _."
    assert masked("a b", set(), "[MASK]") == "[MASK] [MASK]"
    assert masked("a b", {0, 1}, "_") == "a b"
    assert masked("...", {0}, "_") == "..."
    assert masked("premise: it rains", {1}, "_") == "_: it _"


@pytest.mark.parametrize("head", ["classification", "seq2seq", "causal", "masked"])
def test_inputs_by_hand(plan, tmp_path, head):
    texts = split_of([salient("a b c", "yes", [0, 2]), salient("c c", "no", [])], SALIENCY, rationale=False)
    codec = SymbolCodec(CODEC.ids, SpecialIds([], [2], 0, 2), None)
    model = {"classification": "bert", "seq2seq": "t5", "causal": "gpt2", "masked": "bert"}[head]
    inputs = {}
    for kind in ("added", "mask"):
        e = plan(model={"path": f"tiny:{model}", "head": head}, explanations__input=kind)
        for answers in (True, False):
            store = tokenized(e, texts, codec, None, tmp_path, answers=answers)
            inputs[kind, answers] = [[w for w in said(codec, store.input(k)) if w != 2] for k in (0, 1)]
    tail = [["yes"], ["no"]] if head == "masked" else [[], []]
    added = [["a", "b", "c", "rationale:", "a", "c"], ["c", "c", "rationale:"]]
    hidden = [["a", "_", "c"], ["_", "_"]]
    assert inputs["added", False] == added
    assert inputs["mask", False] == hidden
    assert inputs["added", True] == [a + t for a, t in zip(added, tail, strict=True)]
    assert inputs["mask", True] == [h + t for h, t in zip(hidden, tail, strict=True)]


def test_both_tasks_read_the_input_alike(plan, tmp_path):
    texts = split_of([salient("a b", "yes", [1])], (*SALIENCY, Annotation("why", "string", "", "")))
    texts[0].annotations["why"] = "so b"
    e = plan(**SEQ2SEQ, explanations={"target": "multitask", "column": "why", "input": "mask"})
    store = tokenized(e, texts, CODEC, None, tmp_path)
    assert said(CODEC, store.input(0)) == ["predict:", "_", "b", 2]
    assert said(CODEC, store.second.input(0)) == ["explain:", "_", "b", 2]


@pytest.mark.parametrize(("architecture", "mask"), [("bert", "[MASK]"), ("bart", "<mask>"), ("t5", "_")])
def test_a_tokeniser_with_a_mask_masks_with_it(plan, tmp_path, architecture, mask):
    e = plan(model__path=f"tiny:{architecture}", explanations__input="mask")
    ready = make_language_model(e, ("yes", "no"), [], tmp_path)
    assert ready.codec.mask == mask
    texts = split_of([salient("Row Column Row", "yes", [1])], SALIENCY, rationale=False)
    store = tokenized(e, texts, ready.codec, None, tmp_path / "tokens")
    tokenizer = ready.codec.tokenizer
    words = tokenizer.convert_ids_to_tokens(store.input(0).tolist())
    assert sum(word in (mask, f"\u2581{mask}") for word in words) == 2
    if architecture != "t5":
        assert store.input(0).tolist().count(tokenizer.mask_token_id) == 2


@pytest.mark.parametrize("place", [3.0, -1.0, 0.5])
def test_places_that_are_no_words(plan, tmp_path, place):
    texts = split_of([example("a b c", "yes", chosen=["a"], chosen_words=[place])], SALIENCY)
    with pytest.raises(InputError, match=rf"example 0: chosen_words names word {place:g}; the input has words 0 to 2"):
        tokenized(plan(explanations__input="mask"), texts, CODEC, None, tmp_path)


def test_other_rationales_are_no_input(plan, explained, tmp_path):
    for kind in ("added", "mask"):
        with pytest.raises(
            InputError,
            match=r"data holds no saliency rationales \(chosen, chosen_words missing\)\. .* would give it away",
        ):
            tokenized(plan(explanations__input=kind), explained, CODEC, None, tmp_path)


# Records


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"explanations__alpha": 0.3}, "alpha: only goes with target 'multitask'"),
        ({"explanations__temperature": 2.0}, "temperature: only goes with soft labels; set soft above 0"),
        ({"explanations__target": "multitask"}, "explanations.target: a classifier says no explanations"),
        ({"explanations__target": "multitask", "model__head": "masked"}, "a masked model answers nothing"),
        ({"explanations__soft": 0.5, "model__head": "seq2seq"}, "soft: a teacher's soft labels go with classification"),
        ({"explanations__input": "mask", "tokens__scheme": "patches"}, "patches are numbers and hold no words"),
        ({"explanations": {"target": "multitask", "alpha": 0.0}}, r"explanations.alpha: must be > 0.0"),
        ({"explanations": {"soft": 1.5}}, "explanations.soft: must be <= 1.0"),
        ({"training__tokens": 0}, "training.tokens: must be >= 1"),
    ],
)
def test_explanations_that_cannot_be(plan, changes, message):
    with pytest.raises(InputError, match=message):
        plan(**changes)


def test_experiments_take_both_kinds_of_training():
    plain = LanguageExperiment(kind="language", name="a", training=Training(steps=7, batch_size=2))
    own = LanguageExperiment(kind="language", name="a", training=LanguageTraining(steps=7, batch_size=2))
    assert plain == own
    assert type(plain.training) is LanguageTraining


# As many tokens


@pytest.mark.parametrize("target", ["answer", "rationale", "multitask"])
def test_students_read_as_many_tokens(plan, lists, tmp_path, target):
    asked = 3000
    e = plan(
        **SEQ2SEQ,
        explanations__target=target,
        training={"steps": 1, "tokens": asked, "batch_size": 8, "checkpoint_every": 1000, "schedule": "cosine"},
        data__test_limit=2,
        evaluation__max_new_tokens=2,
    )
    result = train_language_model(e, tmp_path / "run", data=lists, device="cpu")
    held = json.loads((tmp_path / "run" / "training.json").read_text())
    ready = load_language_run(open_language_run(tmp_path / "run"))
    from synthkit.train.language.texts import open_texts

    store = tokenized(
        e, open_texts(e.data, lists, "train", None), ready.codec, ready.limit, tmp_path / "run" / "tokens"
    )
    batches = Buckets(store, Collator(store, ready.codec, "seq2seq", CPU), e, "train")
    read = [int(store.lengths[batches.rows(step)].sum()) for step in range(held["steps"])]
    assert held["tokens"] == sum(read)
    assert sum(read[:-1]) < asked <= sum(read)
    assert result.steps == held["steps"] > 1
    if target == "multitask":
        pairs = [store, store.second]
        by_hand = sum(len(p.input(r)) + len(p.target(r)) for p in pairs for r in batches.rows(0))
        assert read[0] == by_hand


def test_a_training_by_tokens_that_was_stopped_reads_as_many(plan, lists, tmp_path, monkeypatch):
    from synthkit.train import loop

    training = {"tokens": 1200, "batch_size": 8, "checkpoint_every": 2, "learning_rate": 0.01, "schedule": "cosine"}
    e = plan(**SEQ2SEQ, training=training, data__test_limit=2, evaluation__max_new_tokens=2)
    train_language_model(e, tmp_path / "whole", data=lists, device="cpu")
    step = loop._Trainer._step

    class Stop(Exception):
        pass

    def stops(self, log):
        if self.done.steps == 3:
            raise Stop
        step(self, log)

    monkeypatch.setattr(loop._Trainer, "_step", stops)
    with pytest.raises(Stop):
        train_language_model(e, tmp_path / "parts", data=lists, device="cpu")
    monkeypatch.undo()
    assert train_language_model(e, tmp_path / "parts", data=lists, device="cpu").resumed_from == 2
    whole, parts = (json.loads((tmp_path / name / "training.json").read_text()) for name in ("whole", "parts"))
    assert {n: whole[n] for n in ("steps", "tokens")} == {n: parts[n] for n in ("steps", "tokens")}
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parts")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


# Export of fresh symbols


@pytest.mark.parametrize("architecture", ["bert", "t5"])
def test_exported_symbols_give_the_same_logits(plan, lists, tmp_path, architecture):
    """AutoTokenizer and AutoModel alone, on test texts with padding."""
    from transformers import AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, AutoTokenizer

    from synthkit.train.language.texts import open_texts

    changes = {"tokens__scheme": "fresh", "model__weights": "scratch"}
    if architecture == "t5":
        changes = {**SEQ2SEQ, "model__weights": "scratch", "explanations__target": "rationale"}
    e = plan(**changes, data__test_limit=4, evaluation__max_new_tokens=6)
    train_language_model(e, tmp_path / "run", data=lists, device="cpu")
    export_model(tmp_path / "run", tmp_path / "out")
    auto = AutoModelForSequenceClassification if architecture == "bert" else AutoModelForSeq2SeqLM
    network, tokenizer = auto.from_pretrained(tmp_path / "out").eval(), AutoTokenizer.from_pretrained(tmp_path / "out")
    ready = load_language_run(open_language_run(tmp_path / "run"))
    texts = open_texts(e.data, lists, "test", 12)
    store = tokenized(e, texts, ready.codec, ready.limit, tmp_path / "tokens", answers=False)
    asked = Collator(store, ready.codec, e.model.head, CPU).questions(np.arange(12))
    given = tokenizer([x.input for x in texts.part(0, 12)], padding=True, return_tensors="pt")
    assert torch.equal(given["input_ids"], asked["input_ids"])
    assert torch.equal(given["attention_mask"], asked["attention_mask"])
    assert set(given) == {"input_ids", "attention_mask"}
    with torch.no_grad():
        if architecture == "bert":
            assert torch.equal(network(**given).logits, ready.model.logits(asked))
            assert network.config.id2label[3] == "3"
        else:
            said_there = network.generate(**given, do_sample=False, max_new_tokens=6)[:, 1:]
            assert torch.equal(said_there, ready.model.answers(asked, 6))
            known = open_texts(e.data, lists, "train", 12)
            labels = tokenizer([x.rationale for x in known.part(0, 12)], padding=True, return_tensors="pt")["input_ids"]
            here = ready.model.network(**asked, labels=labels).logits
            assert torch.equal(network(**given, labels=labels).logits, here)
            assert tokenizer.decode(labels[0], skip_special_tokens=True).split() == known[0].rationale.split()
            assert "\n" in tokenizer.convert_ids_to_tokens(labels[0].tolist())
    with pytest.raises(Exception, match="Missing \\[UNK\\] token"):
        tokenizer("elephant")


def test_special_tokens_take_no_name_of_a_symbol():
    from synthkit.train.language.symbol_tokenizer import symbol_tokenizer

    codec = SymbolCodec({"[PAD]": 4, "a": 5, "\n": 6, "b\t": 7}, SpecialIds([1], [2], 0, 2, 3), None)
    tokenizer = symbol_tokenizer(codec, 9)
    text = "a [PAD] \n\na  b\t"
    assert tokenizer(text)["input_ids"] == [1, *codec.encode([text])[0], 2] == [1, 5, 4, 6, 6, 5, 7, 2]
    assert (tokenizer.pad_token, tokenizer.pad_token_id) == ("[[PAD]]", 0)
    assert (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id) == (1, 2, 3)
    assert tokenizer("a", "a")["input_ids"] == [1, 5, 5, 2]
    assert tokenizer.model_max_length == 9


def test_patches_cannot_be_exported(plan, tmp_path):
    e = plan(data__recipe="digits_sequence", data__limit=40, data__test_limit=4, tokens__scheme="patches")
    train_language_model(e, tmp_path / "run", device="cpu")
    with pytest.raises(InputError, match="reads patches of numbers, which no tokeniser makes"):
        export_model(tmp_path / "run", tmp_path / "out")
