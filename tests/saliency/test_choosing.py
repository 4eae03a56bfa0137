"""Which words are chosen, how much memory that takes, what is read of a text, and what is wrong with a teacher."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from teachers import KINDS, LABELS, TEXT, make_teacher, spans_of

from synthkit.errors import InputError, WorkError
from synthkit.generators.corpora.base import Item
from synthkit.generators.rationale.salient import average_precision, choice_of, pieces
from synthkit.models.language.tiny import save_tiny
from synthkit.records import TextExample
from synthkit.run.saliency_report import saliency_report_of
from synthkit.saliency.explainer import Explainer, How
from synthkit.saliency.likelihood import answer_ids, log_likelihood
from synthkit.saliency.memory import Memory, row_bytes
from synthkit.saliency.options import Selection, TeacherOptions, parse_memory
from synthkit.saliency.reading import body_of, windows_of
from synthkit.saliency.selection import chosen_words
from synthkit.saliency.teacher import open_teacher, teacher_files


@pytest.mark.parametrize(
    ("scores", "selection", "expected"),
    [
        ([0.1, -0.9, 0.5, 0.2], Selection(top=2), [1, 2]),
        ([0.1, -0.9, 0.5, 0.2], Selection(rank="signed", top=2), [2, 3]),
        ([0.5, 0.5, 0.5], Selection(top=2), [0, 1]),  # equal ones in order
        ([0.5, 0.1], Selection(top=9), [0, 1]),
        ([0.1, -0.6, 0.2, 0.1], Selection(mass=0.6), [1]),
        ([0.1, -0.6, 0.2, 0.1], Selection(mass=0.61), [1, 2]),
        ([0.1, -0.6, 0.2, 0.1], Selection(mass=1.0), [0, 1, 2, 3]),
        ([0.1, 0.1, 0.1], Selection(mass=1 / 3), [0]),  # rounding asks for no word more
        ([0.1, -0.6, 0.2], Selection(rank="signed", mass=1.0), [0, 2]),  # what speaks against is not needed
        ([0.0, 0.0], Selection(mass=0.5), [0]),
        ([-1.0, -2.0], Selection(rank="signed", mass=0.5), [0]),
    ],
)
def test_chosen_words(scores, selection, expected):
    assert chosen_words(np.array(scores), selection) == expected


def test_mass_takes_no_word_too_many():
    rng = np.random.default_rng(5)
    for _ in range(200):
        scores = rng.normal(size=rng.integers(1, 30))
        mass = rng.uniform(0.05, 0.999)
        chosen = chosen_words(scores, Selection(mass=mass))
        whole = np.abs(scores).sum()
        taken = np.abs(scores)[chosen].sum()
        assert taken >= mass * whole * (1 - 1e-9)
        assert taken - np.abs(scores)[chosen].min() < mass * whole


@pytest.mark.parametrize("fields", [{}, {"top": 2, "mass": 0.5}])
def test_top_or_mass(fields):
    with pytest.raises(ValueError, match=r"either top .* or mass"):
        Selection(**fields)


def test_average_precision_is_that_of_scikit_learn():
    rng = np.random.default_rng(6)
    for _ in range(100):
        n = int(rng.integers(2, 25))
        scores = rng.integers(0, 6, n) / 5  # with ties
        wanted = rng.random(n) < 0.4
        wanted[int(rng.integers(n))] = True
        assert average_precision(scores.tolist(), wanted) == pytest.approx(average_precision_score(wanted, scores))


ITEM = Item("x", (("premise", "A dog's here. A cat."), ("hypothesis", "It is a premise.")), "neutral", "test")


def test_names_of_parts_cannot_be_chosen():
    choice = choice_of(ITEM)
    words = [ITEM.text[slice(*span)] for span in choice.spans]
    assert words == ["premise", "A", "dog's", "here", "A", "cat", "hypothesis", "It", "is", "a", "premise"]
    assert [words[place] for place in choice.places] == [w for i, w in enumerate(words) if i not in (0, 6)]
    assert pieces(ITEM.text, choice.spans, [1, 2, 3, 4, 7, 8]) == "A dog's here ; A ; It is"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1000", 1000), ("2GB", 2 * 10**9), ("1.5 GiB", 3 * 2**29), ("512mib", 2**29), ("7b", 7), (" 4kB ", 4000)],
)
def test_amounts_of_memory(text, expected):
    assert parse_memory(text) == expected


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "2 gigs", "1e9", "nan"])
def test_no_amounts_of_memory(text):
    with pytest.raises(InputError, match="--max-memory: must be like 2GB"):
        parse_memory(text)


# Memory.


def kept_bytes(teacher, ids: int, answer) -> int:
    """What the backward pass keeps, without the weights."""
    tensor = torch.full((1, ids), 9)
    if teacher.network.config.is_encoder_decoder and teacher.head == "classification":
        tensor[0, -1] = teacher.network.config.eos_token_id
    vectors = teacher.vectors(tensor).requires_grad_()
    if teacher.head == "causal":
        vectors = torch.cat([vectors, teacher.vectors(torch.tensor(answer))[None]], 1)
    weights = {p.untyped_storage().data_ptr() for p in teacher.network.parameters()}
    kept, sizes = [], {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        kept.append(tensor)  # so that no address is used again
        sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x), teacher.reading(vectors):
        log_likelihood(teacher, tensor, torch.ones_like(tensor), answer)
    return sum(size for place, size in sizes.items() if place not in weights)


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_memory_is_never_estimated_too_low(teacher, kind, weights):
    t = teacher(kind, weights)
    answer = 0 if t.head == "classification" else answer_ids(t, "entailment", "")
    size = len(answer) if isinstance(answer, tuple) else 0
    for ids in (12, 60, 300):
        real, estimate = kept_bytes(t, ids, answer), row_bytes(t.network.config, ids, size, gradients=True)
        assert 1.2 * real < estimate < 15 * real


def test_more_memory_means_more_rows_and_longer_windows(teacher):
    t = teacher("bert")
    weights = sum(p.numel() * 4 for p in t.network.parameters())
    one = row_bytes(t.network.config, 40, 0, gradients=True)
    assert Memory(t, weights + one).rows(40, 0, True) == 1
    assert Memory(t, weights + 10 * one).rows(40, 0, True) == 10
    assert Memory(t, weights + 10 * one).rows(40, 0, False) > 10
    small, large = (Memory(t, weights + free).room(0, causal=False) for free in (one, 10**9))
    assert small == 40 - 2  # [CLS] and [SEP]
    assert large == 512 - 2
    with pytest.raises(
        InputError, match=r"params\.max_memory: .* are not enough .* weights take 199,692.*--max-memory"
    ):
        Memory(t, weights)


def test_memory_changes_no_explanation(teacher):
    """But for the order of sums: more rows at a time."""
    t = teacher("t5")
    spans = spans_of(TEXT)
    weights = sum(p.numel() * 4 for p in t.network.parameters())
    found = [
        Explainer(t, LABELS, How("integrated_gradients", Selection(top=4), steps=16, max_memory=m)).explain(
            TEXT, spans, 1
        )
        for m in (weights + 2_000_000, 10**9)
    ]
    assert found[0].windows == found[1].windows == 1
    np.testing.assert_allclose(found[0].scores, found[1].scores, rtol=1e-3, atol=1e-5)


# Long texts.


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_long_texts_are_read_in_windows(kind):
    t = make_teacher(kind, max_length=48)
    text = " ".join([TEXT] * 6)
    spans = spans_of(text)
    for method in ("input_x_gradient", "leave_one_out"):
        found = Explainer(t, LABELS, How(method, Selection(top=5))).explain(text, spans, 1)
        assert np.isfinite(found.scores).all()
        assert (found.scores != 0).mean() > 0.9
    found = Explainer(t, LABELS, How("input_x_gradient", Selection(top=5))).explain(text, spans, 1)
    assert found.windows > 8


def test_windows_by_hand(sigmoid):
    body = body_of(sigmoid, "2345672", [(i, i + 1) for i in range(7)], ("", ""))
    assert [w.ids.tolist() for w in windows_of(sigmoid, body, 4)] == [[2, 3, 4, 5], [4, 5, 6, 7], [5, 6, 7, 2]]
    assert [w.first for w in windows_of(sigmoid, body, 4)] == [0, 2, 3]
    assert len(windows_of(sigmoid, body, 7)) == len(windows_of(sigmoid, body, None)) == 1


def test_words_in_several_windows_have_the_mean(sigmoid):
    object.__setattr__(sigmoid, "limit", 4)
    text = "2345672"
    found = Explainer(sigmoid, ("yes", "no"), How("input_x_gradient", Selection(top=1))).explain(
        text, [(i, i + 1) for i in range(7)], 1
    )
    w = sigmoid.network.table.weight @ sigmoid.network.weight
    parts = [np.array([w[int(c)] for c in text[a : a + 4]]) for a in (0, 2, 3)]
    # The teacher says what the mean of the windows' log likelihoods makes likelier.
    mean = [np.mean([-np.log1p(np.exp(sign * p.sum())) for p in parts]) for sign in (-1, 1)]
    assert found.answer == ("yes", "no")[int(np.argmax(mean))]
    sign = 1 if found.answer == "yes" else -1
    total, count = np.zeros(7), np.zeros(7)
    for start, part in zip((0, 2, 3), parts, strict=True):
        total[start : start + 4] += sign * part / (1 + np.exp(sign * part.sum()))
        count[start : start + 4] += 1
    np.testing.assert_allclose(found.scores, total / count, rtol=1e-5)


def test_words_that_are_taken_out(teacher):
    t = teacher("bert")
    body = body_of(t, "Min is 3.", spans_of("Min is 3."), ("", ""))
    words = t.tokenizer.convert_ids_to_tokens(body.ids.tolist())
    assert words == ["Min", "is", "3", "."]
    assert body.words.tolist() == [0, 1, 2, -1]
    assert body.without([1]).ids.tolist() == body.ids[[0, 2, 3]].tolist()
    assert body.only([1]).ids.tolist() == body.ids[[1, 3]].tolist()


# Teachers.


def test_a_headless_model_is_no_teacher(tmp_path):
    save_tiny("bert", tmp_path / "m")
    with pytest.raises(InputError, match="names no head that answers"):
        open_teacher(TeacherOptions(path=str(tmp_path / "m")), LABELS)
    with pytest.raises(InputError, match=r"without a trained classification head \([\w.]+ is missing\)"):
        open_teacher(TeacherOptions(path=str(tmp_path / "m"), head="classification"), LABELS)
    with pytest.raises(InputError, match="bert has no seq2seq head"):
        open_teacher(TeacherOptions(path=str(tmp_path / "m"), head="seq2seq"), LABELS)


def classifier(tmp_path, names):
    from transformers import AutoModelForSequenceClassification

    save_tiny("bert", tmp_path / "m")
    model = AutoModelForSequenceClassification.from_pretrained(
        tmp_path / "m", id2label=dict(enumerate(names)), label2id={n: i for i, n in enumerate(names)}
    )
    model.save_pretrained(tmp_path / "m")
    return str(tmp_path / "m")


def test_classes_are_told_by_name(tmp_path):
    path = classifier(tmp_path, ["Contradiction", "ENTAILMENT", "neutral"])
    t = open_teacher(TeacherOptions(path=path), LABELS)
    assert (t.head, t.labels) == ("classification", ("contradiction", "entailment", "neutral"))
    with pytest.raises(InputError, match=r"its classes are Contradiction, .* the corpus's answers yes, no; name them"):
        open_teacher(TeacherOptions(path=path), ("yes", "no"))
    with pytest.raises(InputError, match="is a classifier, but the corpus has open answers"):
        open_teacher(TeacherOptions(path=path), None)


def test_classes_without_names_must_be_told(tmp_path):
    path = classifier(tmp_path, ["LABEL_0", "LABEL_1", "LABEL_2"])
    with pytest.raises(InputError, match=r"name them in the model's order, e\.g\. asked\.labels=entailment,neutral"):
        open_teacher(TeacherOptions(path=path), LABELS)
    told = open_teacher(TeacherOptions(path=path, labels=("neutral", "contradiction", "entailment")), LABELS)
    assert told.labels == ("neutral", "contradiction", "entailment")
    with pytest.raises(InputError, match="its classes are neutral, contradiction"):
        open_teacher(TeacherOptions(path=path, labels=("neutral", "contradiction")), LABELS)


def test_the_probabilities_are_in_the_order_of_the_corpus(tmp_path):
    t = open_teacher(TeacherOptions(path=classifier(tmp_path, ["contradiction", "entailment", "neutral"])), LABELS)
    found = Explainer(t, LABELS, How("saliency", Selection(top=1))).explain(TEXT, spans_of(TEXT), 1)
    ids = torch.tensor([t.tokenizer(TEXT)["input_ids"]])
    share = t.network(input_ids=ids).logits.softmax(-1)[0].tolist()
    np.testing.assert_allclose(found.probabilities, [share[1], share[2], share[0]], rtol=1e-5)


def test_where_teachers_are_not(tmp_path):
    (tmp_path / "empty").mkdir()
    for path, said in (
        ("tiny:llama", "no tiny model is called 'llama'"),
        (str(tmp_path / "none"), "no such directory"),
        (str(tmp_path / "empty"), "holds no model: config.json is missing"),
    ):
        with pytest.raises(InputError, match=said):
            open_teacher(TeacherOptions(path=path), LABELS)


def test_a_damaged_teacher_is_said_to_be(tmp_path):
    path = classifier(tmp_path, ["contradiction", "entailment", "neutral"])
    weights = tmp_path / "m" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(WorkError, match="cannot be loaded"):
        open_teacher(TeacherOptions(path=path), LABELS)


def test_the_hash_of_a_teacher_is_that_of_its_files(tmp_path):
    path = classifier(tmp_path, ["contradiction", "entailment", "neutral"])
    first, license = teacher_files(path)
    assert license == "NOASSERTION"
    (tmp_path / "m" / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A teacher\n")
    assert teacher_files(path) == (first, "apache-2.0")
    config = tmp_path / "m" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"note": 1}))
    assert teacher_files(path)[0] != first


@pytest.mark.parametrize("template", ["", "no place", "{input} and {input}"])
def test_a_template_has_one_place(template):
    with pytest.raises(ValueError, match=r"must have \{input\} once"):
        TeacherOptions(path="x", template=template)


# The report.


def example(number: int, **beside) -> TextExample:
    annotations = {
        "teacher_agrees": number % 2,
        "chosen": ["a", "b"],
        "windows": 1 + number,
        "delta": -1.0,
        "evidence_ap": 0.5,
        "evidence_precision": 0.5,
        "random_precision": 0.25,
        "evidence_recall": 1.0,
        "random_recall": 1.0,
        "comprehensiveness": 0.5,
        "random_comprehensiveness": 0.125,
        "sufficiency": 0.25,
        "random_sufficiency": 0.75,
    }
    return TextExample(
        id=f"test-{number:08d}",
        factors={},
        factor_indices=np.zeros(0, np.int64),
        input="i",
        target="t",
        rationale=None,
        annotations=annotations | beside,
    )


def test_the_report_by_hand():
    found = saliency_report_of([example(0), example(1, evidence_precision=1.0, delta=0.5, comprehensiveness=0.25)])
    assert (found.examples, found.teacher_accuracy, found.words, found.windowed, found.delta) == (2, 0.5, 2, 1, 0.5)
    gain = found.gains["evidence_precision"]
    assert (gain.mean, gain.control, gain.difference) == (0.75, 0.25, 0.5)
    half = 1.959963984540054 * math.sqrt(0.125 / 2)  # variance of 0.25 and 0.75, two examples
    assert (gain.low, gain.high) == pytest.approx((0.5 - half, 0.5 + half))
    assert found.gains["sufficiency"].difference == 0.5  # less is better
    assert found.gains["comprehensiveness"].difference == pytest.approx(0.25)


def test_unknown_evidence_does_not_count():
    unknown = dict.fromkeys(
        ("evidence_ap", "evidence_precision", "random_precision", "evidence_recall", "random_recall"), -1.0
    )
    found = saliency_report_of([example(0), example(1, **unknown)])
    assert found.gains["evidence_precision"].examples == 1
    assert found.gains["sufficiency"].examples == 2
    assert found.average_precision == 0.5
    assert saliency_report_of([example(1, **unknown)]).average_precision is None


def test_a_vocabulary_of_whole_words(tmp_path):
    """As `synthkit export` writes it: spaces part tokens, there is none for unknown words."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from transformers import PreTrainedTokenizerFast

    path = classifier(tmp_path, LABELS)
    words = {word: 10 + n for n, word in enumerate(TEXT.split())}
    raw = Tokenizer(WordLevel({"[PAD]": 0, **words}))
    raw.pre_tokenizer = Split(" ", "removed")
    PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="[PAD]").save_pretrained(path)
    t = open_teacher(TeacherOptions(path=path), LABELS)
    assert (t.before, t.after) == ((), ())
    found = Explainer(t, LABELS, How("saliency", Selection(top=3))).explain(TEXT, spans_of(TEXT), 1)
    assert (found.scores > 0).all()
    with pytest.raises(InputError, match="vocabulary lacks a word of 'Frida is fastest', and has no token for such"):
        t.encode("Frida is fastest")
