"""Saliency of a teacher against the bare passes that it needs.

Teachers of BERT-mini's shape (4 layers, 256 wide, a classifier) and of a small T5 (4 + 4 layers, 256 wide, three
labels as text), random weights, one thread; inferences of the grammar. The bare passes are written out below: the same
rows in the same batches through the same models with the same token ids, gradients by `torch.autograd.grad`, no words,
no captum, no choice. An explanation holds, beside its method, what the teacher answers and how faithful the chosen and
the drawn words are: four more rows forward. Scores of both ways are compared before anything is timed.

Predicted before the first run: an explanation by integrated gradients costs 1.05 of its passes (33 rows forward and 32
back are nearly all), one by a single gradient 1.25 (the tokeniser and the hooks are a millisecond beside 15), leaving
one out 1.1.

Measured, other work on the same two cores: 0.83 to 1.10 of the bare passes for all of them; what stands beside the
passes is less than the noise.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from benchmarks.table import Row, alternating
from synthkit.generators.corpora.base import Item
from synthkit.generators.corpora.grammar import grammar_corpus
from synthkit.generators.rationale.salient import choice_of
from synthkit.saliency.explainer import Explainer, How
from synthkit.saliency.likelihood import Answer, answer_ids, log_likelihood
from synthkit.saliency.options import Method, Selection
from synthkit.saliency.reading import body_of, windows_of
from synthkit.saliency.teacher import Teacher

__all__ = ["run"]

_LABELS = ("entailment", "neutral", "contradiction")
_STEPS = 32
_TOP = 6


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Time explanations; returns the table's title and rows."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rows = [
            row
            for name, teacher in (("BERT classifier", _bert(smoke)), ("T5", _t5(smoke)))
            for row in _rows(name, teacher, smoke)
        ]
    finally:
        torch.set_num_threads(threads)
    return "saliency against the bare passes, one thread", rows


def _rows(name: str, teacher: Teacher, smoke: bool) -> list[Row]:
    items = grammar_corpus(2 if smoke else 4, 7, (2, 2)).parts["all"]
    found = []
    methods: tuple[Method, ...] = ("saliency", "input_x_gradient", "integrated_gradients", "leave_one_out")
    for method in methods:
        explainer = Explainer(teacher, _LABELS, How(method, Selection(top=_TOP), _STEPS, max_memory=8 * 10**9))
        texts = [_ids(teacher, item) for item in items]
        for item, text in zip(items, texts, strict=True):
            _check(_explain(explainer, item), _bare(teacher, text, method), f"{method} of {item.id}")
        seconds = alternating(
            1 if smoke else 4,
            ours=lambda e=explainer: [_explain(e, item) for item in items],  # type: ignore[misc]
            bare=lambda m=method, t=texts: [_bare(teacher, text, m) for text in t],  # type: ignore[misc]
        )
        each = seconds["ours"] / len(items)
        ratio = seconds["ours"] / seconds["bare"]
        bare = f"bare passes, {1000 * seconds['bare'] / len(items):.1f} ms"
        found.append(Row(f"{name}: {method}", f"{1000 * each:.1f} ms an example", bare, ratio, "<= 1.3"))
    return found


def _explain(explainer: Explainer, item: Item) -> tuple[str, np.ndarray]:
    found = explainer.explain(item.text, choice_of(item).can_be, 1)
    return found.answer, found.scores


def _check(ours: tuple[str, np.ndarray], bare: tuple[str, np.ndarray], what: str) -> None:
    tiny = 1e-5 * np.abs(bare[1]).max()
    if ours[0] != bare[0] or not np.allclose(ours[1], bare[1], rtol=1e-3, atol=tiny):
        raise AssertionError(f"{what}: the scores are not those of the bare passes")


def _bare(teacher: Teacher, text: tuple[Tensor, np.ndarray, int], method: Method) -> tuple[str, np.ndarray]:
    """The passes, in the order of an explanation."""
    ids, words, first = text
    answers: list[Answer] = [
        teacher.labels.index(label) if teacher.head == "classification" else answer_ids(teacher, label, "")
        for label in _LABELS
    ]
    with torch.no_grad():
        if teacher.head == "classification":
            logits = teacher.network(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.log_softmax(-1)[0]
            likely = [float(logits[answer]) for answer in answers]
        else:
            likely = [float(log_likelihood(teacher, ids, torch.ones_like(ids), answer)) for answer in answers]
    best = int(np.argmax(likely))
    if method == "leave_one_out":
        scores = _without(teacher, ids, words, first, answers[best], likely[best])
    else:
        scores = _gradient(teacher, ids, words, first, answers[best], method)
    order = np.argsort(-np.abs(scores), kind="stable")
    chosen = [np.isin(words, order[:_TOP]), np.isin(words, order[-_TOP:])]  # the latter for the drawn ones
    keeps = [keep for each in chosen for keep in (~each, each | (words < 0))]
    _likelihoods(teacher, ids, [_around(keep, first, ids.shape[1]) for keep in keeps], answers[best])
    return _LABELS[best], scores


def _ids(teacher: Teacher, item: Item) -> tuple[Tensor, np.ndarray, int]:
    body = body_of(teacher, item.text, choice_of(item).can_be, ("", ""))
    window = windows_of(teacher, body, None)[0]
    return torch.from_numpy(window.ids)[None], body.words, window.inside[0]


def _gradient(
    teacher: Teacher, ids: Tensor, words: np.ndarray, first: int, answer: Answer, method: Method
) -> np.ndarray:
    vectors = teacher.vectors(ids)
    inside = slice(first, first + len(words))
    if method != "integrated_gradients":
        gradient = _by_vectors(teacher, ids, vectors, answer)
        each = gradient.norm(dim=-1) if method == "saliency" else (gradient * vectors).sum(-1)
        return _put_together(each[0, inside].double().numpy(), words, largest=method == "saliency")
    start = vectors.clone()
    start[:, inside] = teacher.vectors(torch.tensor([teacher.pad]))
    places, weights = np.polynomial.legendre.leggauss(_STEPS)
    along = torch.from_numpy((places + 1) / 2).float()[:, None, None]
    gradients = _by_vectors(teacher, ids, start + along * (vectors - start), answer)
    mean = (gradients * torch.from_numpy(weights / 2).float()[:, None, None]).sum(0)
    with torch.no_grad():  # both ends, for what is missed
        for end in (start, vectors):
            with teacher.reading(end):
                log_likelihood(teacher, ids, torch.ones_like(ids), answer)
    each = (mean * (vectors - start)[0]).sum(-1)
    return _put_together(each[inside].double().numpy(), words, largest=False)


def _by_vectors(teacher: Teacher, ids: Tensor, vectors: Tensor, answer: Answer) -> Tensor:
    given = vectors.detach().requires_grad_()
    rows = ids.expand(len(given), -1)
    with teacher.reading(given):
        value = log_likelihood(teacher, rows, torch.ones_like(rows), answer).sum()
    (found,) = torch.autograd.grad(value, given)
    return found


def _put_together(each: np.ndarray, words: np.ndarray, *, largest: bool) -> np.ndarray:
    found = np.zeros(words.max() + 1)
    (np.maximum if largest else np.add).at(found, words[words >= 0], each[words >= 0])
    return found


def _around(keep: np.ndarray, first: int, size: int) -> np.ndarray:
    """Which ids of a whole row stay: special ones always do."""
    whole = np.ones(size, bool)
    whole[first : first + len(keep)] = keep
    return whole


def _without(teacher: Teacher, ids: Tensor, words: np.ndarray, first: int, answer: Answer, whole: float) -> np.ndarray:
    keeps = [_around(words != word, first, ids.shape[1]) for word in range(words.max() + 1)]
    return whole - np.array(_likelihoods(teacher, ids, keeps, answer))


@torch.no_grad()
def _likelihoods(teacher: Teacher, ids: Tensor, keeps: list[np.ndarray], answer: Answer) -> list[float]:
    rows = torch.full((len(keeps), max(int(keep.sum()) for keep in keeps)), teacher.pad)
    mask = torch.zeros_like(rows)
    for row, keep in enumerate(keeps):
        count = int(keep.sum())
        rows[row, :count] = ids[0, torch.from_numpy(keep)]
        mask[row, :count] = 1
    found: list[float] = log_likelihood(teacher, rows, mask, answer).tolist()
    return found


def _bert(smoke: bool) -> Teacher:
    from transformers import BertConfig, BertForSequenceClassification

    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    if not smoke:
        size = {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024}
    torch.manual_seed(0)
    tokenizer = _tokenizer("bert")
    network = BertForSequenceClassification(BertConfig(vocab_size=len(tokenizer), num_labels=3, **size))
    before, after = (tokenizer.cls_token_id,), (tokenizer.sep_token_id,)
    return _teacher(network, tokenizer, "classification", before, after)


def _t5(smoke: bool) -> Teacher:
    from transformers import T5Config, T5ForConditionalGeneration

    size = {"d_model": 32, "d_kv": 16, "num_layers": 2, "num_heads": 2, "d_ff": 64}
    if not smoke:
        size = {"d_model": 256, "d_kv": 64, "num_layers": 4, "num_heads": 4, "d_ff": 1024}
    torch.manual_seed(0)
    tokenizer = _tokenizer("t5")
    config = T5Config(vocab_size=len(tokenizer), decoder_start_token_id=0, **size)
    return _teacher(T5ForConditionalGeneration(config), tokenizer, "seq2seq", (), (tokenizer.eos_token_id,))


def _tokenizer(kind: str) -> object:
    from transformers import AutoTokenizer

    from synthkit.saliency.teacher import teacher_place

    return AutoTokenizer.from_pretrained(teacher_place(f"tiny:{kind}"))


def _teacher(network: torch.nn.Module, tokenizer: object, head: str, before: tuple, after: tuple) -> Teacher:
    network.eval()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    labels = _LABELS if head == "classification" else ()
    pad = tokenizer.pad_token_id
    end = after[0] if head == "seq2seq" else None
    return Teacher(network, tokenizer, head, labels, before, after, end, pad, None, torch.device("cpu"))
