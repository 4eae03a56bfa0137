"""Scores of words: against closed forms, against plain autograd, against their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from teachers import KINDS, LABELS, TEXT, spans_of

from synthkit.saliency.explainer import Explainer, How
from synthkit.saliency.gradients import Gradients, gradient_scores
from synthkit.saliency.likelihood import answer_ids, log_likelihood, of_rows
from synthkit.saliency.options import METHODS, Selection
from synthkit.saliency.reading import body_of, windows_of
from synthkit.saliency.rollout import rolled_out, rollout_scores

TOP = Selection(top=4)


def many(ids: int, answer: int, gradients: bool) -> int:
    return 64


def answer_of(teacher, label="neutral"):
    return teacher.labels.index(label) if teacher.head == "classification" else answer_ids(teacher, label, "")


def window_of(teacher, text=TEXT):
    return windows_of(teacher, body_of(teacher, text, spans_of(text), ("", "")), None)[0]


# Closed forms.


def linear(sigmoid, ids):
    return (sigmoid.network.table.weight[ids] * sigmoid.network.weight).sum(-1).numpy()


def test_saliency_is_the_norm_of_the_gradient(sigmoid):
    window = window_of(sigmoid, "3 5 7")
    found, delta = gradient_scores(sigmoid, window, 0, Gradients("saliency"), many)
    slope = 1 / (1 + math.exp(linear(sigmoid, window.ids).sum()))  # of log p by s
    norm = float(sigmoid.network.weight.norm())
    np.testing.assert_allclose(found, [slope * norm] * 3, rtol=1e-5)
    assert math.isnan(delta)


def test_input_times_gradient(sigmoid):
    window = window_of(sigmoid, "3 5 7")
    found, _ = gradient_scores(sigmoid, window, 0, Gradients("input_x_gradient"), many)
    each = linear(sigmoid, window.ids)
    np.testing.assert_allclose(found, each / (1 + math.exp(each.sum())), rtol=1e-5)


@pytest.mark.parametrize(("baseline", "number"), [("pad", 0), ("mask", 1), ("zero", None)])
@pytest.mark.parametrize("rows", [1, 5, 64])
def test_integrated_gradients_in_closed_form(sigmoid, baseline, number, rows):
    """On a straight way s moves evenly, so that each word has its part of s, times the mean slope."""
    window = window_of(sigmoid, "3 5 7")
    how = Gradients("integrated_gradients", 48, baseline)
    found, delta = gradient_scores(sigmoid, window, 0, how, lambda *_: rows)
    end = linear(sigmoid, window.ids)
    start = np.zeros(3) if number is None else linear(sigmoid, np.full(3, number))
    gain = -math.log1p(math.exp(-end.sum())) + math.log1p(math.exp(-start.sum()))
    np.testing.assert_allclose(found, (end - start) * gain / (end - start).sum(), rtol=1e-4)
    assert delta < 1e-5


def test_a_coarse_path_says_what_it_misses(sigmoid):
    window = window_of(sigmoid, "7 7 7")
    fine, rough = (
        gradient_scores(sigmoid, window, 0, Gradients("integrated_gradients", steps, "mask"), many) for steps in (64, 2)
    )
    whole = fine[0].sum()
    assert fine[1] < 1e-4
    assert rough[1] == pytest.approx(abs(rough[0].sum() - whole), rel=1e-2)
    assert rough[1] > 10 * fine[1]


# All kinds of models, against plain autograd on ``inputs_embeds`` or on the table itself.


@pytest.mark.parametrize("kind", ["bert", "gpt2-classes"])
def test_gradients_are_those_of_autograd(teacher, kind):
    """The vector of an id that occurs once has the gradient of its row of the table."""
    t = teacher(kind)
    window = window_of(t)
    answer = answer_of(t)
    table = t.embeddings.weight
    inside = slice(*window.inside)
    once = [place for place in range(*window.inside) if (window.ids == window.ids[place]).sum() == 1]
    assert len(once) >= 3
    tensor = torch.from_numpy(window.ids)[None]
    table.requires_grad_(True)
    try:
        value = log_likelihood(t, tensor, torch.ones_like(tensor), answer)
        (gradient,) = torch.autograd.grad(value.sum(), table)
    finally:
        table.requires_grad_(False)
    found, _ = gradient_scores(t, window, answer, Gradients("saliency"), many)
    assert (found[: inside.start] == 0).all()
    assert (found[inside.stop :] == 0).all()
    expected = [float(gradient[window.ids[place]].norm()) for place in once]
    np.testing.assert_allclose(found[once], expected, rtol=1e-3)


@pytest.mark.parametrize("kind", ["gpt2", "t5", "bart"])
def test_gradients_of_models_that_share_their_table(teacher, kind):
    """Their decoder's input or output layer has it too: against inputs given as vectors."""
    t = teacher(kind)
    window, answer = window_of(t), answer_of(t)
    ids = torch.from_numpy(window.ids)[None]
    vectors = t.vectors(ids).requires_grad_()
    said = torch.tensor([answer])
    if t.head == "causal":
        whole = torch.cat([vectors, t.vectors(said)], 1)
        logits = t.network(inputs_embeds=whole, use_cache=False).logits[:, ids.shape[1] - 1 : -1]
    else:
        logits = t.network(inputs_embeds=vectors, labels=said, use_cache=False).logits
    value = logits.log_softmax(-1).gather(-1, said[..., None]).sum()
    (gradient,) = torch.autograd.grad(value, vectors)
    inside = slice(*window.inside)
    found, _ = gradient_scores(t, window, answer, Gradients("input_x_gradient"), many)
    expected = (gradient * vectors).sum(-1)[0].detach().numpy()
    np.testing.assert_allclose(found[inside], expected[inside], rtol=1e-3, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_integrated_gradients_are_complete(teacher, kind):
    t = teacher(kind)
    window, answer = window_of(t), answer_of(t)
    found, delta = gradient_scores(t, window, answer, Gradients("integrated_gradients", 64, "zero"), many)
    ids = torch.from_numpy(window.ids)[None]
    vectors = t.vectors(ids)
    vectors[:, slice(*window.inside)] = 0
    if t.head == "causal":
        vectors = torch.cat([vectors, t.vectors(torch.tensor(answer))[None]], 1)
    with torch.no_grad():
        end = log_likelihood(t, ids, torch.ones_like(ids), answer)
        with t.reading(vectors):
            start = log_likelihood(t, ids, torch.ones_like(ids), answer)
    assert abs(found.sum() - float(end - start)) <= delta * 1.01 + 1e-5
    if "t5" not in kind:  # without biases it is not smooth at zero
        assert delta < 1e-4


# Attention.


def test_rollout_by_hand():
    first = torch.tensor([[[1.0, 0.0], [0.5, 0.5]], [[1.0, 0.0], [0.0, 1.0]]])  # two heads
    second = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])
    # Means of the heads: [[1, 0], [1/4, 3/4]]; half the way past: [[1, 0], [1/8, 7/8]] and [[1/2, 1/2], [1/2, 1/2]].
    expected = [[9 / 16, 7 / 16], [9 / 16, 7 / 16]]
    np.testing.assert_allclose(rolled_out([first, second]).numpy(), expected)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_rollout_shares_out_at_most_one(teacher, kind):
    t = teacher(kind, True)
    found = rollout_scores(t, window_of(t), answer_of(t))
    assert (found >= 0).all()
    assert 0.2 < found.sum() <= 1 + 1e-6


def test_a_decoder_passes_everything_on_to_the_last_place(teacher):
    """Of the first id of a classifier of GPT-2 nothing but itself could be seen."""
    t = teacher("gpt2-classes", True)
    assert (rollout_scores(t, window_of(t), 0) > 0).all()


# Leaving words out.


@pytest.mark.parametrize("kind", ["bert", "gpt2", "t5"])
def test_leave_one_out_by_its_definition(teacher, kind):
    t = teacher(kind)
    spans = spans_of(TEXT)
    found = Explainer(t, LABELS, How("leave_one_out", TOP)).explain(TEXT, spans, 1)
    answer = answer_of(t, found.answer)
    body = body_of(t, TEXT, spans, ("", ""))

    def likelihood(ids):
        whole = torch.tensor([[*t.before, *ids, *t.after]])
        with torch.no_grad():
            return float(log_likelihood(t, whole, torch.ones_like(whole), answer))

    for word in (0, 3, len(spans) - 1):
        left = likelihood(body.ids[body.words != word])
        assert found.scores[word] == pytest.approx(likelihood(body.ids) - left, abs=1e-4)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_rows_of_other_lengths_change_nothing(teacher, kind):
    """Padded, and a few at a time."""
    t = teacher(kind)
    answer = answer_of(t)
    texts = [TEXT, TEXT[:30], TEXT[:55], "Frida."]
    windows = [window_of(t, text) for text in texts]
    alone = [of_rows(t, [window], answer, many)[0] for window in windows]
    for rows in (1, 2, 64):
        np.testing.assert_allclose(of_rows(t, windows, answer, lambda *_, rows=rows: rows), alone, rtol=1e-4, atol=1e-4)


# Explanations.


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["bert", "gpt2", "bart", "t5-classes"])
def test_explanations(teacher, kind, method):
    t = teacher(kind, method == "attention_rollout")
    spans = spans_of(TEXT)
    how = How(method, TOP, steps=8)
    found = Explainer(t, LABELS, how).explain(TEXT, spans, 3)
    assert found.answer == LABELS[int(np.argmax(found.probabilities))]
    assert sum(found.probabilities) == pytest.approx(1)
    assert found.scores.shape == (len(spans),)
    assert np.isfinite(found.scores).all()
    assert len(found.chosen) == len(found.by_chance) == 4
    assert math.isnan(found.delta) == (method != "integrated_gradients")
    again = Explainer(t, LABELS, how).explain(TEXT, spans, 3)
    assert again.scores.tolist() == found.scores.tolist()
    assert again.by_chance == found.by_chance


def test_how_faithful_words_are(teacher):
    t = teacher("bert")
    spans = spans_of(TEXT)
    found = Explainer(t, LABELS, How("leave_one_out", TOP)).explain(TEXT, spans, 3)
    body = body_of(t, TEXT, spans, ("", ""))

    def probability(ids):
        whole = torch.tensor([[*t.before, *ids, *t.after]])
        logits = t.network(input_ids=whole).logits
        return float(logits.softmax(-1)[0, t.labels.index(found.answer)])

    whole = probability(body.ids)
    for words, comprehensiveness, sufficiency in (
        (found.chosen, found.comprehensiveness, found.sufficiency),
        (found.by_chance, found.random_comprehensiveness, found.random_sufficiency),
    ):
        chosen = np.isin(body.words, words)
        assert comprehensiveness == pytest.approx(whole - probability(body.ids[~chosen]), abs=1e-6)
        stays = chosen | (body.words < 0)
        assert sufficiency == pytest.approx(whole - probability(body.ids[stays]), abs=1e-6)


def test_the_control_is_drawn_evenly(sigmoid):
    explainer = Explainer(sigmoid, ("yes", "no"), How("random", Selection(top=1)))
    spans = spans_of("2 3 4 5")
    drawn = [explainer.explain("2 3 4 5", spans, key) for key in range(800)]
    for words in ([e.chosen[0] for e in drawn], [e.by_chance[0] for e in drawn]):
        assert np.bincount(words, minlength=4).min() > 150
    agree = np.mean([e.chosen == e.by_chance for e in drawn])
    assert 0.18 < agree < 0.32  # drawn apart


def test_sub_words_are_put_together(teacher):
    """Contributions of the pieces of a word add up; of norms the largest counts."""
    t = teacher("bert")
    spans = spans_of(TEXT)
    body = body_of(t, TEXT, spans, ("", ""))
    assert len(body.ids) > len(spans) + 10  # the tokeniser cuts words into pieces
    for method, together in (("input_x_gradient", np.sum), ("saliency", np.max)):
        found = Explainer(t, LABELS, How(method, TOP)).explain(TEXT, spans, 1)
        window = windows_of(t, body, None)[0]
        pieces, _ = gradient_scores(t, window, answer_of(t, found.answer), Gradients(method), many)
        inside = pieces[slice(*window.inside)]
        expected = [together(inside[body.words == word]) for word in range(len(spans))]
        np.testing.assert_allclose(found.scores, expected, rtol=1e-5)


def test_open_answers(teacher):
    t = teacher("gpt2")
    found = Explainer(t, None, How("input_x_gradient", TOP, max_new_tokens=4)).explain(TEXT, spans_of(TEXT), 1)
    assert found.probabilities == ()
    assert found.scores.any()


def test_what_is_around_the_text_is_read_and_not_chosen(teacher):
    t = teacher("t5")
    spans = spans_of(TEXT)
    plain = Explainer(t, LABELS, How("saliency", TOP)).explain(TEXT, spans, 1)
    around = Explainer(t, LABELS, How("saliency", TOP, around=("Final answer of ", " is"))).explain(TEXT, spans, 1)
    assert len(around.scores) == len(plain.scores)
    assert around.scores.tolist() != plain.scores.tolist()
