"""Texts to ids and back: four schemes, limits and windows, the cache on disk, batches by length."""

import json

import numpy as np
import pytest
import torch

from synthkit.errors import InputError
from synthkit.models.language.model import IGNORED
from synthkit.train.language.buckets import Buckets, Collator, padding_share, questions
from synthkit.train.language.codec import SpecialIds, SymbolCodec, symbols_of
from synthkit.train.language.network import make_language_model
from synthkit.train.language.texts import open_texts, open_training_texts
from synthkit.train.language.token_store import tokenized
from synthkit.train.language.vocabulary import keep_symbols, kept_symbols, task_symbols

CPU = torch.device("cpu")


@pytest.fixture
def opened(plan, lists, tmp_path):
    """Makes texts, model and ids of an experiment on the lists."""

    def make(split="train", data=lists, answers=True, **changes):
        e = plan(**changes)
        train = open_texts(e.data, data, "train", None)
        ready = make_language_model(e, train.labels, kept_symbols(e, train, tmp_path), tmp_path)
        texts = open_texts(e.data, data, split, None)
        return e, texts, ready, tokenized(e, texts, ready.codec, ready.limit, tmp_path / "tokens", answers=answers)

    return make


def test_symbols_are_what_stands_between_spaces():
    assert symbols_of("[MAX 3  4 ]\nFinal answer: 4") == ["[MAX", "3", "4", "]", "\n", "Final", "answer:", "4"]


@pytest.mark.parametrize("architecture", ["bert", "gpt2", "t5", "bart"])
def test_own_tokens_hold_the_whole_question_between_special_ids(opened, architecture):
    _, texts, ready, store = opened(model__path=f"tiny:{architecture}")
    special = ready.codec.special
    assert len(store) == len(texts) == 300
    for row in range(0, 300, 37):
        ids = store.input(row).tolist()
        inner = ids[len(special.before) : len(ids) - len(special.after)]
        assert [*special.before, *inner, *special.after] == ids
        assert ready.codec.decode(inner).replace(" ", "") == texts[row].input.replace(" ", "")
        assert texts.labels[store.labels[row]] == texts[row].target
        assert store.target(row).size == 0
    shapes = {"bert": (1, 1), "gpt2": (0, 0), "t5": (0, 1), "bart": (1, 1)}
    assert (len(special.before), len(special.after)) == shapes[architecture]


@pytest.mark.parametrize("architecture", ["t5", "bart", "gpt2"])
def test_explanations_survive_the_way_to_ids_and_back(opened, architecture):
    """Line by line, though T5's tokeniser has no newline of its own."""
    head = "causal" if architecture == "gpt2" else "seq2seq"
    _, texts, ready, store = opened(
        model__path=f"tiny:{architecture}", model__head=head, explanations__target="rationale"
    )
    for row in range(0, 300, 41):
        said = ready.codec.decode(store.target(row).tolist())
        assert said == texts[row].rationale
        assert said.count("\n") >= 1
        assert store.target(row)[-1] == ready.codec.special.end


def test_symbols_get_entries_of_the_vocabulary(opened):
    _, texts, ready, store = opened(tokens__scheme="symbols")
    assert isinstance(ready.codec, SymbolCodec)
    entries = ready.codec.ids
    assert len(set(entries.values())) == len(entries)
    assert store.input(0).size == len(symbols_of(texts[0].input)) + 2
    tokenizer_ids = {"MAX": None, "MIN": None}
    for name in tokenizer_ids:
        assert f"[{name}" in entries
    assert ready.codec.decode(store.input(3)[1:-1].tolist()) == texts[3].input.strip()


def test_a_symbol_can_be_mapped_by_hand(opened):
    _, _, ready, _ = opened(tokens__scheme="symbols", tokens__map={"[MAX": "Not"})
    _, _, plain, _ = opened(tokens__scheme="symbols")
    assert ready.codec.ids["[MAX"] != plain.codec.ids["[MAX"]
    assert {k: v for k, v in ready.codec.ids.items() if k != "[MAX"} == {
        k: v for k, v in plain.codec.ids.items() if k != "[MAX"
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"[MAX": "elephant"}, "tokens.map: 'elephant', for '\\[MAX', is not in the vocabulary"),
        ({"[MAX": "MIN", "[MIN": "MIN"}, "stands for two symbols"),
    ],
)
def test_maps_that_do_not_work(opened, given, message):
    with pytest.raises(InputError, match=message):
        opened(tokens__scheme="symbols", tokens__map=given)


def test_a_vocabulary_without_a_symbol_is_refused(opened, boards):
    with pytest.raises(InputError, match=r"has no entry of its own for .*; name one, e.g. --set 'tokens.map"):
        opened(data=boards, tokens__scheme="symbols", model__path="tiny:gpt2")


@pytest.mark.parametrize("architecture", ["bert", "gpt2", "t5", "bart"])
def test_fresh_symbols_take_the_place_of_the_vocabulary(opened, architecture):
    _, texts, ready, store = opened(tokens__scheme="fresh", model__path=f"tiny:{architecture}")
    network = ready.model.network
    size = network.get_input_embeddings().weight.shape[0]
    assert network.config.vocab_size == size <= len(ready.codec.ids) + 5
    assert int(store.inputs.max()) < size
    special = ready.codec.special
    assert not set(ready.codec.ids.values()) & {special.pad, *special.before, *special.after, special.end}
    assert ready.codec.decode(store.input(0).tolist()) == texts[0].input.strip()
    assert any("wte" in n or "embed" in n or "shared" in n for n in ready.model.state())


def test_fresh_symbols_are_those_of_the_training_texts_in_order(plan, lists):
    e = plan(tokens__scheme="fresh")
    train = open_texts(e.data, lists, "train", None)
    found = task_symbols(e, train)
    assert found == sorted(found)
    assert {"]", "[MAX", "0", "9"} <= set(found)
    assert "answer:" not in found
    says = plan(tokens__scheme="fresh", model__head="causal", model__path="tiny:gpt2", explanations__target="rationale")
    assert {"answer:", "\n", "="} <= set(task_symbols(says, train))


def test_a_symbol_that_no_training_text_has(plan, lists, tmp_path):
    e = plan(tokens__scheme="fresh")
    test = open_texts(e.data, lists, "test", None)
    codec = SymbolCodec({"]": 5}, SpecialIds([1], [2], 0, 2), None)
    with pytest.raises(InputError, match=r"test example 0: symbol '\[\w+' is in no training text"):
        tokenized(e, test, codec, None, tmp_path)


def test_patches_are_the_numbers_themselves(plan, tmp_path):
    from synthkit.recipe.load import load_recipe
    from synthkit.run import build

    build(load_recipe("digits_sequence", [("design.limit", 60)]), tmp_path / "digits", workers=1)
    e = plan(tokens__scheme="patches", tokens__scale=16.0, tokens__patch=8)
    texts = open_texts(e.data, tmp_path / "digits", "train", None)
    ready = make_language_model(e, texts.labels, [], tmp_path)
    store = tokenized(e, texts, ready.codec, ready.limit, tmp_path / "tokens")
    batch = Collator(store, ready.codec, "classification", CPU).batch(np.array([0, 4]))
    assert batch["patches"].shape == (2, 8, 8)
    assert batch["patches"][1].flatten().tolist() == [float(n) for n in texts[4].input.split()]
    assert batch["attention_mask"].shape == (2, 10)
    vectors = ready.model.patches(batch["patches"])
    assert vectors.shape == (2, 10, 32)
    table = ready.model.network.get_input_embeddings()
    assert torch.equal(vectors[0, 0], table.weight[ready.codec.special.before[0]])
    by_hand = ready.model.patches.project(batch["patches"][0, 2] / 16)
    torch.testing.assert_close(vectors[0, 3], by_hand)
    with pytest.raises(InputError, match="64 numbers are no whole patches of 7"):
        tokenized(plan(tokens__scheme="patches", tokens__patch=7), texts, ready.codec, None, tmp_path / "other")


def test_patches_need_numbers_and_a_model_that_takes_vectors(opened):
    with pytest.raises(InputError, match=r"symbol '\[\w+' is in no"):
        opened(tokens__scheme="patches")
    with pytest.raises(InputError, match="the classifier of t5 models takes no patches"):
        opened(tokens__scheme="patches", model__path="tiny:t5")


def test_a_text_that_is_too_long_is_refused_and_never_cut(opened):
    with pytest.raises(
        InputError, match=r"train example \d+: its text has \d+ tokens, the limit is 12; nothing is cut off"
    ):
        opened(tokens__max_length=12)
    with pytest.raises(InputError, match="the limit is 8; nothing is cut off: choose shorter texts"):
        opened(model__head="causal", model__path="tiny:gpt2", tokens__max_length=8)
    with pytest.raises(InputError, match="its answer has"):
        opened(model__head="seq2seq", model__path="tiny:bart", explanations__target="rationale", tokens__max_length=34)


def test_the_limit_of_the_model_itself_counts(plan, tmp_path, lists):
    from synthkit.models.language.tiny import save_tiny

    save_tiny("bert", tmp_path / "short", positions=16)
    e = plan(model__path=str(tmp_path / "short"))
    texts = open_texts(e.data, lists, "train", None)
    ready = make_language_model(e, texts.labels, [], tmp_path)
    assert ready.limit == 16
    with pytest.raises(InputError, match="the limit is 16"):
        tokenized(e, texts, ready.codec, ready.limit, tmp_path / "tokens")


def test_windows_cover_all_of_a_text_and_overlap_by_half(opened):
    _, texts, ready, store = opened(tokens__max_length=12, tokens__too_long="window")
    whole = opened(tokens__max_length=100)[3]
    assert len(store) > len(texts)
    for example in range(0, 300, 23):
        rows = np.flatnonzero(store.rows == example)
        ids = whole.input(example).tolist()[1:-1]
        parts = [store.input(row).tolist() for row in rows]
        assert all(len(p) <= 12 and p[0] == ready.codec.special.before[0] for p in parts)
        covered = set()
        for part in parts:
            inner = part[1:-1]
            starts = [k for k in range(len(ids)) if ids[k : k + len(inner)] == inner]
            assert starts
            covered |= {k for start in starts for k in range(start, start + len(inner))}
        assert covered == set(range(len(ids)))
        assert len({int(store.labels[row]) for row in rows}) == 1
        if len(parts) > 2:
            assert parts[1][1:6] == ids[5:10]


def test_ids_are_made_once_and_named_by_what_they_are_made_of(opened, tmp_path, monkeypatch):
    _, _, _, first = opened()
    folders = sorted(p.name for p in (tmp_path / "tokens").iterdir())
    from synthkit.train.language import token_store

    monkeypatch.setattr(token_store._Maker, "shard", lambda *_: pytest.fail("made again"))
    _, _, _, second = opened()
    assert np.array_equal(first.inputs, second.inputs)
    assert np.array_equal(first.labels, second.labels)
    monkeypatch.undo()
    opened(tokens__scheme="symbols")
    opened(tokens__max_length=200)
    opened("test")
    assert len(folders) == 1
    assert len(list((tmp_path / "tokens").iterdir())) == 4


def test_shards_change_nothing(opened, monkeypatch, tmp_path):
    from synthkit.train.language import token_store

    one = opened()[3]
    monkeypatch.setattr(token_store, "_ROWS", 70)
    monkeypatch.setattr(token_store, "_CHUNK", 32)
    monkeypatch.setattr(token_store, "_FORMAT", 99)
    many = opened()[3]
    assert len(list((tmp_path / "tokens").glob("*/*.arrow"))) == 1 + 5
    for name in ("inputs", "input_starts", "targets", "target_starts", "labels", "rows"):
        assert np.array_equal(getattr(one, name), getattr(many, name)), name


def test_a_half_written_shard_is_made_again(opened, tmp_path):
    opened()
    path = next((tmp_path / "tokens").glob("*/*.arrow"))
    path.with_name(f".tmp-1-{path.name}").write_bytes(b"half")
    path.unlink()
    assert len(opened()[3]) == 300


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_of_the_examples_is_explained(opened, share):
    _, texts, ready, store = opened(
        model__path="tiny:gpt2", model__head="causal", explanations__target="mixed", explanations__share=share
    )
    said = [ready.codec.decode(store.target(row).tolist()) for row in range(300)]
    explained = [s != texts[row].target for row, s in enumerate(said)]
    assert abs(np.mean(explained) - share) < 0.1
    assert all(s == texts[row].rationale for row, s in enumerate(said) if explained[row])


def test_a_larger_share_explains_the_same_and_more(opened):
    def explained(share):
        store = opened(
            model__path="tiny:gpt2", model__head="causal", explanations__target="mixed", explanations__share=share
        )[3]
        return set(np.flatnonzero(np.diff(store.target_starts) > 4).tolist())

    assert explained(0.2) < explained(0.6)


def test_explanations_that_the_dataset_lacks_are_made_by_its_task(plan, tmp_path):
    e = plan(
        data__recipe="listops_balanced",
        data__limit=20,
        model__head="causal",
        model__path="tiny:gpt2",
        explanations__target="rationale",
    )
    texts = open_texts(e.data, None, "train", 20)
    ready = make_language_model(e, texts.labels, [], tmp_path)
    store = tokenized(e, texts, ready.codec, ready.limit, tmp_path / "tokens")
    assert texts[0].rationale is None
    assert ready.codec.decode(store.target(0).tolist()) == texts.task.explain(texts[0])


def test_a_task_without_explanations_says_so(plan, tmp_path):
    e = plan(
        data__recipe="brackets",
        data__limit=5,
        model__head="causal",
        model__path="tiny:gpt2",
        explanations__target="rationale",
    )
    texts = open_texts(e.data, None, "train", 5)
    ready = make_language_model(e, texts.labels, [], tmp_path)
    with pytest.raises(InputError, match="recipe brackets: train example 0: has no explanation"):
        tokenized(e, texts, ready.codec, ready.limit, tmp_path / "tokens")


def test_texts_of_other_recipes_can_be_mixed_in(plan):
    e = plan(
        data={
            "recipe": "sentences",
            "limit": 7,
            "mix": [{"recipe": "brackets", "limit": 5}, {"recipe": "bit_xor", "limit": 3}],
        },
        model__head="causal",
        model__path="tiny:gpt2",
    )
    texts = open_training_texts(e.data, None)
    assert len(texts) == 15
    assert " : " in texts[0].input
    assert set(texts[7].input) <= set("()[]{} ")
    assert "xor" in texts[14].input
    assert texts.labels is None


def test_batches_hold_texts_of_about_one_length_each_once_a_pass(opened):
    e, _, ready, store = opened(training__batch_size=4)
    buckets = Buckets(store, Collator(store, ready.codec, "classification", CPU), e, "train")
    rows = [buckets.rows(step) for step in range(75)]  # 300 texts
    assert sorted(np.concatenate(rows)[:256].tolist()) != list(range(256))
    assert len(set(np.concatenate(rows[:64]).tolist())) == 256
    assert padding_share(store.lengths, iter(rows)) < 0.1
    shuffled = np.random.default_rng(0).permutation(300).reshape(75, 4)
    assert padding_share(store.lengths, iter(shuffled)) > 0.2
    again = Buckets(store, Collator(store, ready.codec, "classification", CPU), e, "train")
    assert np.array_equal(again.rows(70), rows[70])  # a function of the step alone
    lengths = [store.lengths[r].mean() for r in rows[:64]]
    assert lengths != sorted(lengths)


def test_padding_on_listops_is_below_a_tenth(plan, tmp_path):
    """The promise, on the lists of the paper (21 to 49 tokens), with the default batch size."""
    e = plan(data__recipe="listops_explained", data__limit=4096, training__batch_size=32)
    texts = open_texts(e.data, None, "train", 4096)
    ready = make_language_model(e, texts.labels, [], tmp_path)
    store = tokenized(e, texts, ready.codec, ready.limit, tmp_path / "tokens")
    buckets = Buckets(store, Collator(store, ready.codec, "classification", CPU), e, "train")
    assert padding_share(store.lengths, (buckets.rows(step) for step in range(128))) < 0.1


def test_accumulated_parts_add_up_to_the_whole_batch(opened):
    """Also where parts have different numbers of target tokens: the loss is the mean over all of them."""
    e, _, ready, store = opened(model__path="tiny:bart", model__head="seq2seq", explanations__target="rationale")
    collator = Collator(store, ready.codec, "seq2seq", CPU)
    whole = Buckets(store, collator, e, "train").at(3)
    parts = Buckets(store, collator, e, "train", parts=4, mine=range(4)).at(3)
    assert len(parts) == 4
    ready.model.eval()
    with torch.no_grad():
        total = ready.model.terms(whole[0], "model", 0)["loss"]
        mean = torch.stack([ready.model.terms(part, "model", 0)["loss"] for part in parts]).mean()
        out = ready.model.network(
            input_ids=whole[0]["input_ids"], attention_mask=whole[0]["attention_mask"], labels=whole[0]["labels"]
        )
    torch.testing.assert_close(total, mean)
    torch.testing.assert_close(total, out.loss)


def test_labels_of_causal_batches_hide_the_question(opened):
    _, texts, ready, store = opened(model__path="tiny:gpt2", model__head="causal")
    batch = Collator(store, ready.codec, "causal", CPU).batch(np.array([0, 1]))
    row = batch["input_ids"][0].tolist()
    shown = [i for i, label in enumerate(batch["labels"][0].tolist()) if label != IGNORED]
    answer = [row[i] for i in shown]
    assert answer[-1] == ready.codec.special.end
    assert ready.codec.decode(answer) == texts[0].target
    assert ready.codec.decode(row[: shown[0]]).endswith("=")
    asked = Collator(store, ready.codec, "causal", CPU).questions(np.array([0, 1]))
    assert asked["attention_mask"][:, -1].tolist() == [1, 1]  # padded on the left
    everything = Collator(store, ready.codec, "causal", CPU, all_tokens=True).batch(np.array([0]))
    assert (everything["labels"] != IGNORED).all()


def test_answers_are_asked_for_longest_first():
    order = list(questions(np.array([3, 9, 1, 9]), 3))
    assert [rows.tolist() for rows in order] == [[1, 3, 0], [2]]


def test_answers_that_are_no_classes_and_classes_that_are_none(plan, tmp_path, lists):
    e = plan(data__recipe="bit_xor", data__limit=5)
    texts = open_texts(e.data, None, "train", 5)
    with pytest.raises(InputError, match=r"its answers are no classes; use model\.head=seq2seq or causal"):
        tokenized(e, texts, SymbolCodec({}, SpecialIds([], [], 0, 0), None), None, tmp_path)
    texts = open_texts(e.data, lists, "train", 5)
    ready = make_language_model(e, texts.labels, [], tmp_path)
    texts.labels = ("0", "1")
    with pytest.raises(InputError, match=r"its answer '\d' is no class of the dataset \(0, 1\)"):
        tokenized(e, texts, ready.codec, ready.limit, tmp_path / "tokens")


def test_clips_empty_splits_and_missing_recipes(plan, tones, lists):
    e = plan()
    with pytest.raises(InputError, match="holds clips; the models of this experiment take texts"):
        open_texts(e.data, tones, "train", None)
    with pytest.raises(InputError, match="the experiment names no recipe; give a dataset by --data"):
        open_texts(e.data, None, "train", None)
    with pytest.raises(InputError, match="no split is named 'dev'"):
        open_texts(e.data, lists, "dev", None)
    with pytest.raises(InputError, match="no split is named 'dev'; there are: train"):
        open_texts(plan(data__recipe="bit_xor").data, None, "dev", None)


def test_a_damaged_vocabulary_is_told(plan, lists, tmp_path):
    from synthkit.errors import WorkError

    e = plan(tokens__scheme="fresh")
    texts = open_texts(e.data, lists, "train", None)
    keep_symbols(tmp_path, kept_symbols(e, texts, tmp_path))
    assert json.loads((tmp_path / "vocabulary.json").read_text())["symbols"] == task_symbols(e, texts)
    (tmp_path / "vocabulary.json").write_text("{")
    with pytest.raises(WorkError, match=r"vocabulary\.json: damaged"):
        kept_symbols(e, texts, tmp_path)
