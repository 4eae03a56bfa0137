"""What the sampler draws is distributed as the definition says: against exact numbers, and a sampler of its own.

Exact: let H_k(x) be the generating function of the lengths of what a node at level k becomes if the whole tree is at
most d operators deep. H_k = (1 - p) x + p x^2 mean(H_{k+1}^a over numbers of arguments a) for k < d, and H_d is x where
d is the deepest level and (1 - p) x elsewhere. Differences in d give the joint distribution of length and depth.
"""

import functools

import numpy as np
import pytest
from scipy import stats

from synthkit.ops import listops
from synthkit.ops.listops import Settings
from synthkit.ops.listops_text import parse

STREAM = {"key": 0x5EED, "split": 17}
RARE = 1e-4

SPINN = Settings(max_args=5, max_depth=19, min_tokens=1, max_tokens=1_000_000)
SHORT = Settings(min_tokens=21, max_tokens=49)
LRA = Settings()


@functools.cache
def _first_attempts(n=300_000):
    """Trees of no window: each row's first attempt is accepted, and equal trees may come again."""
    return listops.draw(SPINN, **STREAM, index=np.arange(n), attempt=np.zeros(n, np.uint32))


@functools.cache
def _chosen(which, n):
    index = np.arange(n)
    return listops.draw(which, **STREAM, index=index, attempt=listops.choose(which, **STREAM, index=index))


def _up_to_depth(p, max_args, max_depth, d, size):
    """Coefficients 0 to size - 1 of H_0."""
    h = np.zeros(size)
    h[1] = 1.0 if d == max_depth else 1.0 - p
    for _ in range(d):
        power, total = h, np.zeros(size)
        for _ in range(2, max_args + 1):
            power = np.convolve(power, h)[:size]
            total += power
        h = np.zeros(size)
        h[1] = 1.0 - p
        h[2:] += p * total[:-2] / (max_args - 1)
    return h


def _length_and_depth(p, which, size):
    """Probabilities [depth, length] below `size` tokens."""
    cumulative = [_up_to_depth(p, which.max_args, which.max_depth, d, size) for d in range(which.max_depth + 1)]
    return np.diff(cumulative, axis=0, prepend=0.0)


def _p_value(observed, probabilities):
    """Of a chi-square test, with rare cells and all that is not listed put together."""
    n = observed.sum()
    expected = n * probabilities / probabilities.sum()
    common = expected >= 10
    cells = np.append(observed[common], observed[~common].sum())
    wanted = np.append(expected[common], expected[~common].sum())
    if wanted[-1] < 5:
        cells, wanted = np.append(cells[:-2], cells[-2:].sum()), np.append(wanted[:-2], wanted[-2:].sum())
    return stats.chisquare(cells, wanted * (n / wanted.sum())).pvalue


def _counts(trees, shape):
    counts = np.zeros(shape)
    inside = trees.tokens < shape[1]
    np.add.at(counts, (trees.depth[inside], trees.tokens[inside]), 1)
    return counts


def _tilt(observed, right, wrong):
    """How far the mean log likelihood ratio of `wrong` is from what `right` says, and where `wrong` would put it.

    Both in standard deviations. No other test of `right` against `wrong` sees more (Neyman and Pearson).
    """
    right, wrong = right / right.sum(), wrong / wrong.sum()
    possible = right > 0
    ratio = np.log(wrong[possible] / right[possible])
    mean = (right[possible] * ratio).sum()
    deviation = np.sqrt((right[possible] * (ratio - mean) ** 2).sum() / observed.sum())
    found = (observed[possible] * ratio).sum() / observed.sum()
    return (found - mean) / deviation, ((wrong[possible] * ratio).sum() - mean) / deviation


def _with_rest(cells, total):
    return np.append(cells, total - cells.sum())


def test_length_and_depth_without_a_window():
    trees = _first_attempts()
    right, wrong = (_with_rest(_length_and_depth(p, SPINN, 150), 1.0) for p in (0.25, 0.2525))
    observed = _with_rest(_counts(trees, (20, 150)), len(trees))
    assert _p_value(observed, right) > RARE
    found, if_wrong = _tilt(observed, right, wrong)
    assert abs(found) < 3.9  # 10^-4 on both sides
    assert if_wrong > 6  # an error of 1 % in p would be seen


def test_length_and_depth_in_a_short_window():
    trees = _chosen(SHORT, 400_000)
    right, wrong = (_length_and_depth(p, SHORT, 50)[:, 21:] for p in (0.25, 0.2525))
    observed = _counts(trees, (10, 50))
    assert observed[:, :21].sum() == 0
    assert _p_value(observed[:, 21:], right) > RARE
    found, if_wrong = _tilt(observed[:, 21:], right, wrong)
    assert abs(found) < 3.9
    assert if_wrong > 5


def test_lengths_in_a_long_window():
    trees = _chosen(LRA, 20_000)
    probabilities = _up_to_depth(0.25, 10, 9, 9, 2000)[501:]
    observed = np.bincount(trees.tokens, minlength=2000)[501:]
    assert observed.sum() == len(trees)
    bins = [cells[:1498].reshape(-1, 14).sum(1) for cells in (observed, probabilities)]
    assert _p_value(*bins) > RARE
    assert (trees.depth == 9).mean() > 0.99


def _nodes(trees):
    is_operator = (trees.nodes & 0x8000) != 0
    return trees.nodes[is_operator], trees.nodes[~is_operator]


def test_operators_arguments_and_values_are_uniform():
    operators, values = _nodes(_first_attempts())
    pairs = np.bincount((operators >> 8 & 7) * 4 + (operators & 0xFF) - 2, minlength=16)
    assert len(pairs) == 16
    assert stats.chisquare(pairs).pvalue > RARE
    counts = np.bincount(values)
    assert len(counts) == 10
    assert stats.chisquare(counts).pvalue > RARE


def test_deepest_values_are_uniform():
    which = Settings(operator_probability=1.0, max_depth=1, min_tokens=1, max_args=5, base=7)
    trees = listops.draw(which, **STREAM, index=np.arange(30_000), attempt=np.zeros(30_000, np.uint32))
    operators, values = _nodes(trees)
    assert len(operators) == len(trees)
    assert stats.chisquare(np.bincount(values)).pvalue > RARE


def test_neighbours_are_independent():
    # The roots of rows i and i + 1, of attempts t and t + 1, and the first two arguments of one tree.
    n = 200_000
    first = _first_attempts()
    second = listops.draw(SPINN, **STREAM, index=np.arange(n), attempt=np.ones(n, np.uint32))
    trees = first.nodes[np.minimum(first.offsets[:-1, None] + [0, 1, 2], len(first.nodes) - 1)]
    has = first.root >= 0
    kind = np.where(trees & 0x8000, 10, trees)
    a, b = first.nodes[first.offsets[:n]], second.nodes[second.offsets[:-1]]
    a, b = (np.where(x & 0x8000, 10, x) for x in (a, b))
    for x, y in ((kind[:-1, 0], kind[1:, 0]), (a, b), (kind[has, 1], kind[has, 2])):
        table = np.zeros((11, 11))
        np.add.at(table, (x, y), 1)
        assert stats.chi2_contingency(table).pvalue > RARE


class Script:
    """The reference generators once more, from their description: trees as text, by recursion."""

    def __init__(self, max_args, max_depth, seed):
        self.rng = np.random.default_rng(seed)
        self.max_args, self.max_depth = max_args, max_depth

    def tree(self, depth=1):
        rng = self.rng
        if depth >= self.max_depth or rng.random() > 0.25:
            return str(rng.integers(10)), 1
        name = ("MIN", "MAX", "MED", "SM")[rng.integers(4)]
        parts = [self.tree(depth + 1) for _ in range(rng.integers(2, self.max_args + 1))]
        return f"[{name} {' '.join(text for text, _ in parts)} ]", 2 + sum(length for _, length in parts)

    def take(self, n, low=0, high=10**9):
        texts = []
        while len(texts) < n:
            text, length = self.tree()
            if low < length < high:
                texts.append(text)
        return parse(texts)


def _features(trees):
    """Things of a tree that hang together in many ways; each as small integers."""
    operators = (trees.nodes & 0x8000) != 0
    row = np.repeat(np.arange(len(trees)), np.diff(trees.offsets))
    counts = [
        np.bincount(row[operators & (trees.nodes >> 8 & 7 == k)], minlength=len(trees)).clip(max=6) for k in range(4)
    ]
    root_arguments = np.where(trees.root >= 0, trees.nodes[trees.offsets[:-1]] & 0xFF, 0)
    return {
        "value": trees.value,
        "operators": np.minimum(trees.operators, 20),
        "root and arguments": (trees.root + 1) * 16 + root_arguments,
        "root and value": (trees.root + 1) * 10 + trees.value,
        "depth and root": np.minimum(trees.depth, 9) * 5 + trees.root + 1,
        "depth and operators": np.minimum(trees.depth, 9) * 10 + np.minimum(trees.operators, 9),
        "MIN and MAX": counts[0] * 7 + counts[1],
        "MED and SM": counts[2] * 7 + counts[3],
    }


@pytest.mark.parametrize(
    ("script", "window", "found"),
    [
        ((5, 20, 1), (0, 10**9), lambda: _first_attempts(30_000)),
        ((4, 5, 2), (9, 40), lambda: _chosen(Settings(max_args=4, max_depth=4, min_tokens=10, max_tokens=39), 20_000)),
    ],
)
def test_a_script_of_its_own_agrees(script, window, found):
    other, own = Script(*script).take(6000, *window), found()
    for name, values in _features(own).items():
        others = _features(other)[name]
        top = max(values.max(), others.max()) + 1
        table = np.array([np.bincount(values, minlength=top), np.bincount(others, minlength=top)])
        common = table[1] >= 5
        table = np.column_stack([table[:, common], table[:, ~common].sum(1)])
        table = table[:, table.sum(0) > 0]
        assert stats.chi2_contingency(table).pvalue > RARE, name
