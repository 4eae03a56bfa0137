"""Entropies, attention on a tree, similarity and probes: against tables worked by hand."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from synthkit.analysis.attention import entropy, link_mass, uniform_attention
from synthkit.analysis.look import symbol_spans
from synthkit.analysis.reductions import LayerSimilarity, LinearProbe, Means
from synthkit.analysis.structure import READOUT, Link, operator_trees, winning_lines
from synthkit.records import TextExample


def everyone(*shape):
    return torch.ones(shape, dtype=torch.bool)


def test_entropy_by_hand():
    attention = torch.tensor([[[[0.5, 0.5, 0.0, 0.0], [0.25] * 4, [1.0, 0, 0, 0], [0.5, 0.25, 0.25, 0]]]])
    nats, relative = entropy(attention, everyone(1, 4, 4))
    by_hand = [math.log(2), math.log(4), 0.0, 1.5 * math.log(2)]
    assert nats[0, 0].tolist() == pytest.approx(by_hand, abs=1e-6)
    assert relative[0, 0].tolist() == pytest.approx([0.5, 1.0, 0.0, 0.75], abs=1e-6)


def test_entropy_counts_visible_keys_only():
    """One-way attention: the first token sees itself alone; padding sees nothing."""
    visible = everyone(1, 3, 3).tril()
    visible[0, 2] = False
    nats, relative = entropy(uniform_attention(visible), visible)
    assert nats[0, 0].tolist() == pytest.approx([0.0, math.log(2), 0.0])
    assert relative[0, 0].tolist() == pytest.approx([0.0, 1.0, 0.0])


SYMBOLS = ["[SUM", "6", "[MIN", "7", "3", "]", "9", "]"]
EXPLAINED = "Min, smallest number of [7, 3] is 3\nSUM, add [6, 3, 9], sum is 18, answer is 8\nFinal answer: 8"


def test_the_tree_of_a_list_by_hand():
    found = operator_trees(SYMBOLS, EXPLAINED)
    assert set(found.links) == {
        Link("down", 2, (3, 4, 5)),
        Link("up", 5, (2, 3, 4)),
        Link("down", 0, (1, 2, 6, 7)),
        Link("up", 7, (0, 1, 5, 6)),
    }
    assert {(m.kind, m.symbol, m.label) for m in found.marks} == {
        ("operator", 2, "3"),
        ("bracket", 5, "3"),
        ("operator", 0, "8"),
        ("bracket", 7, "8"),
    }
    assert found.depth == (0, 1, 1, 2, 2, 1, 1, 0)


def test_round_brackets_say_nothing():
    parens = ["(", "(", "(", "[SUM", "6", ")", "(", "(", "(", "[MIN", "7", ")", "3", ")", "]", ")", ")", "]"]
    found = operator_trees(parens, None)
    assert [link.query for link in found.links if link.kind == "down"] == [9, 3]
    assert found.links[0].targets == (10, 12, 14)
    assert found.marks == ()


def test_values_of_sub_trees_are_those_of_the_task():
    """Each partial result, on drawn lists, against a plain recursive evaluation."""
    from synthkit.dataset import task
    from synthkit.recipe.load import load_recipe

    owner = task(load_recipe("listops_explained"))
    functions = {"[MIN": min, "[MAX": max, "[SUM": lambda v: sum(v) % 10, "[MEDIAN": lambda v: int(np.median(v))}
    for example in owner.examples(0, 50, "test"):
        symbols = example.input.split()
        found = operator_trees(symbols, owner.explain(example))
        values, stack = {}, []
        for place, symbol in enumerate(symbols):
            if symbol.startswith("["):
                stack.append((place, []))
            elif symbol == "]":
                operator, arguments = stack.pop()
                values[operator] = functions[symbols[operator]](arguments)
                if stack:
                    stack[-1][1].append(values[operator])
            else:
                stack[-1][1].append(int(symbol))
        assert {m.symbol: int(m.label) for m in found.marks if m.kind == "operator"} == values


def spans(symbols):
    return [(k + 1, k + 2) for k in range(len(symbols))]  # one special token before


@pytest.mark.parametrize("kind", ["down", "up"])
def test_attention_that_follows_the_tree_scores_one_and_uniform_attention_scores_chance(kind):
    links = [link for link in operator_trees(SYMBOLS, EXPLAINED).links if link.kind == kind]
    size = len(SYMBOLS) + 2
    follows = torch.zeros(1, 1, size, size)
    follows[..., 0] = 1.0
    for link in links:
        follows[0, 0, link.query + 1] = 0.0
        for target in link.targets:
            follows[0, 0, link.query + 1, target + 1] = 1.0 / len(link.targets)
    mass = link_mass(follows, [links], [spans(SYMBOLS)], [0])
    assert mass[0, 0].tolist() == pytest.approx([1.0] * len(links))
    even = link_mass(uniform_attention(everyone(1, size, size)), [links], [spans(SYMBOLS)], [0])
    assert even[0, 0].tolist() == pytest.approx([len(link.targets) / size for link in links])


def test_symbols_of_several_tokens():
    """From a symbol: the mean over its tokens. To a symbol: the sum over its tokens."""
    attention = torch.tensor([[[[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1], [0, 0, 0, 1], [1, 0, 0, 0]]]])
    links = [[Link("down", 0, (1,)), Link("readout", READOUT, (0,))]]
    mass = link_mass(attention, links, [[(0, 2), (2, 4)]], [3])
    assert mass[0, 0].tolist() == pytest.approx([(0.7 + 0.2) / 2, 1.0])


def test_texts_with_fewer_links_and_none():
    attention = uniform_attention(everyone(3, 4, 4))
    links = [[Link("down", 0, (1,)), Link("down", 1, (2,))], [Link("down", 0, (1,))], []]
    mass = link_mass(attention, links, [[(0, 1), (1, 2), (2, 3)]] * 3, [0, 0, 0])
    assert mass.shape == (3, 1, 2)
    assert mass[:, 0].tolist() == [[0.25, 0.25], [0.25, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("symbols", "places"),
    [
        ("O X . / O O . / X X O", (0, 5, 10)),
        ("X a1, X c1, O a2, X b2, O c2, O a3, X c3", (1, 7, 13)),
        ("a1 a2 c3 c1 b2", (0, 4, 2)),
    ],
)
def test_the_cells_of_a_winning_line_in_every_notation(symbols, places):
    example = TextExample("t-0", {"winning_line": "diagonal"}, np.zeros(0, np.int64), symbols, "X", None)
    found = winning_lines(example, symbols.split())
    lines = {link.query: set(link.targets) for link in found.links if link.kind == "line"}
    assert lines == {p: set(places) - {p} for p in places}
    assert [link for link in found.links if link.kind == "readout"] == [Link("readout", READOUT, places)]


@pytest.mark.parametrize("line", ["none", "two lines"])
def test_boards_without_one_winning_line(line):
    example = TextExample("t-0", {"winning_line": line}, np.zeros(0, np.int64), "X", "X", None)
    assert winning_lines(example, ["X"]).links == ()


def test_tokens_of_symbols():
    text = "[MAX 10 ]"
    tokens = [
        (0, 1),
        (1, 4),
        (4, 5),
        (5, 6),
        (6, 7),
        (7, 9),
    ]  # a space alone, a space with a ]
    assert symbol_spans(text, tokens, 1) == [(1, 3), (4, 6), (6, 7)]
    assert symbol_spans(text, tokens[:5], 0) == []


def test_means_of_parts():
    means = Means()
    means.add(("a",), torch.tensor([2.0, 4.0]), 2)
    means.add(("a",), torch.tensor([1.0, 5.0]), 1)
    assert means.get(("a",)).tolist() == [1.0, 3.0]
    assert means.get(("b",)) is None


def plain_cka(x, y):
    """From the definition, with Gram matrices (Kornblith et al. 2019, eq. 1 to 3)."""
    n = len(x)
    centre = np.eye(n) - np.ones((n, n)) / n
    k, m = centre @ x @ x.T @ centre, centre @ y @ y.T @ centre
    return np.trace(k @ m) / np.sqrt(np.trace(k @ k) * np.trace(m @ m))


def test_cka_by_hand():
    """X = (1, -1, 0), Y = (1, 0, -1): their product is 1, their squares 2, so 1 / 4."""
    similarity = LayerSimilarity(3, 1)
    similarity.add(torch.tensor([[[1.0], [-1.0], [0.0]], [[1.0], [0.0], [-1.0]], [[2.0], [2.0], [2.0]]]))
    found = similarity.cka()
    assert found[0, 1] == pytest.approx(0.25)
    assert found[0, 0] == pytest.approx(1.0)
    assert math.isnan(found[0, 2])


def test_cka_in_parts_is_that_of_the_definition():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 5))
    turned, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    layers = np.stack([x, 3 * x @ turned + 7, x**2, rng.normal(size=(40, 5))])
    similarity = LayerSimilarity(4, 5)
    for part in np.array_split(layers, 7, axis=1):
        similarity.add(torch.from_numpy(part))
    found = similarity.cka()
    for i in range(4):
        for j in range(i, 4):
            assert found[i, j] == pytest.approx(plain_cka(layers[i], layers[j]), abs=1e-5)
    assert found[0, 1] == pytest.approx(1.0, abs=1e-5)  # turned, scaled and moved


def test_wide_models_compare_neighbours_and_the_embedding_only(monkeypatch):
    monkeypatch.setattr("synthkit.analysis.reductions._PAIR_BYTES", 100)
    assert LayerSimilarity(4, 8).pairs == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3)]


def test_a_probe_finds_what_is_linear_and_nothing_else():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 600)
    linear = np.eye(3)[labels] + 0.1 * rng.normal(size=(600, 3))
    noise = rng.normal(size=(600, 3))
    states = torch.from_numpy(np.stack([linear, noise]))
    names = [str(label) for label in labels]
    probe = LinearProbe(2, 3, ("0", "1", "2"))
    for start in (0, 100, 350):
        stop = {0: 100, 100: 350, 350: 400}[start]
        probe.fit(states[:, start:stop], names[start:stop])
    probe.test(states[:, 400:], names[400:])
    assert probe.rows == 400
    assert probe.accuracy()[0] > 0.98
    assert probe.accuracy()[1] < 0.45
    commonest = str(np.bincount(labels[:400]).argmax())
    assert probe.chance() == pytest.approx(np.mean([name == commonest for name in names[400:]]))


def test_a_probe_is_ridge_regression():
    rng = np.random.default_rng(2)
    x, labels = rng.normal(size=(90, 4)), rng.integers(0, 3, 90)
    x[:, 0] += labels
    probe = LinearProbe(1, 4, ("0", "1", "2"))
    probe.fit(torch.from_numpy(x[None, :60]), [str(v) for v in labels[:60]])
    alpha = 60 * 1e-3 * np.trace(np.cov(x[:60].T, bias=True)) / 4
    right = Ridge(alpha=alpha).fit(x[:60], np.eye(3)[labels[:60]]).predict(x[60:]).argmax(1)
    probe.test(torch.from_numpy(x[None, 60:]), [str(v) for v in labels[60:]])
    assert probe.accuracy()[0] == np.mean(right == labels[60:])


def test_labels_that_no_training_row_had_count_as_wrong():
    probe = LinearProbe(1, 2, ("a", "b"))
    probe.fit(torch.eye(2)[None], ["a", "b"])
    probe.test(torch.eye(2)[None], ["a", "z"])
    assert probe.accuracy().tolist() == [0.5]
