"""Trees from tables follow the process's law given depth and length: against all trees, and against rejection."""

from __future__ import annotations

import numpy as np
from scipy import stats

from synthkit.ops.listops_tables import TreeTables, acceptance

P_VALUE = 1e-4


def _operator(name, arguments):
    return 0x8000 | name << 8 | arguments


def _all_trees(level, tokens, *, operators, base, min_args, max_args, operator_probability, max_depth):
    """Each tree of a node at a level with its probability and depth."""
    process = dict(
        operators=operators,
        base=base,
        min_args=min_args,
        max_args=max_args,
        operator_probability=operator_probability,
        max_depth=max_depth,
    )
    p = operator_probability if level < max_depth else 0.0
    found = [((value,), (1 - p) / base, 0, 1) for value in range(base)] if tokens >= 1 else []
    if p == 0 or tokens < 2 + min_args:
        return found
    below = _all_trees(level + 1, tokens - 2, **process)
    rows = [((), p / (max_args - min_args + 1) / len(operators), 0, 2)]
    for arguments in range(1, max_args + 1):
        rows = [
            (nodes + more, q * r, max(depth, 1 + d), length + n)
            for nodes, q, depth, length in rows
            for more, r, d, n in below
            if length + n <= tokens
        ]
        if arguments >= min_args:
            found += [((_operator(name, arguments), *nodes), *rest) for nodes, *rest in rows for name in operators]
    return found


def _draw(tables, n, window, **change):
    names = ("min_depth", "max_depth", "min_tokens", "max_tokens")
    stream = dict(operators=0b1111, base=10, key=11, split=0, index=np.arange(n), attempt=0)
    nodes, offsets = tables.draw(**{**stream, **change}, **dict(zip(names, window, strict=True)))
    return [tuple(tree.tolist()) for tree in np.split(nodes, offsets[1:-1])]


def _p_value(trees, probabilities):
    """Chi-square of drawn trees; those expected fewer than five times count together."""
    counts = dict.fromkeys(probabilities, 0)
    for tree in trees:
        counts[tree] += 1  # a tree that cannot be: KeyError
    total = sum(probabilities.values())
    expected = np.array([p / total * len(trees) for p in probabilities.values()])
    found = np.array(list(counts.values()))
    rare = expected < 5
    if rare.any():
        found, expected = (np.append(a[~rare], a[rare].sum()) for a in (found, expected))
    return stats.chisquare(found, expected).pvalue


def test_against_all_trees() -> None:
    # Few operators and values for the short trees; one of each for long ones, whose shape alone is compared.
    few, one = ((1, 4), 2), ((4,), 1)
    for (operators, base), arguments, p, depth, tokens in [
        (few, (1, 2), 0.4, 3, 9),
        (few, (2, 3), 0.7, 2, 9),
        (few, (1, 1), 0.8, 4, 9),
        (one, (1, 2), 0.6, 4, 16),
        (one, (2, 2), 0.6, 5, 22),
    ]:
        process = dict(min_args=arguments[0], max_args=arguments[1], operator_probability=p, max_depth=depth)
        everything = _all_trees(0, tokens, operators=operators, base=base, **process)
        assert len({tree for tree, *_ in everything}) == len(everything)
        tables, mask = TreeTables(**process, max_tokens=tokens + 3), sum(1 << name for name in operators)
        windows = [(0, depth, 1, tokens), (1, 2, 3, 8), (depth, depth, 1, tokens), (2, 2, 5, 7), (4, 4, 22, 22)]
        for window in windows:
            inside = {
                tree: q
                for tree, q, d, length in everything
                if window[0] <= d <= window[1] and window[2] <= length <= window[3]
            }
            if not inside:
                continue
            chance = acceptance(tables, depth_range=window[:2], token_range=window[2:])
            np.testing.assert_allclose(chance, sum(inside.values()), rtol=1e-12)
            drawn = _draw(tables, 40_000, window, operators=mask, base=base)
            if len(inside) > 1:
                assert _p_value(drawn, inside) > P_VALUE, (process, window)


def _rejection_draw(rng, p, min_args, max_args, max_depth, max_tokens):
    """Shape of one tree: numbers of arguments in prefix order, 0 for a value, and its depth; None if too long."""
    shape, left, tokens, depth = [], [1], 0, 0
    while left:
        if left[-1] == 0:
            left.pop()
            continue
        left[-1] -= 1
        if len(left) - 1 < max_depth and rng.random() < p:
            shape.append(int(rng.integers(min_args, max_args + 1)))
            left.append(shape[-1])
            depth = max(depth, len(left) - 1)
            tokens += 2
        else:
            shape.append(0)
            tokens += 1
        if tokens + sum(left) > max_tokens:
            return None
    return tuple(shape), depth, tokens


def _features(shapes):
    """What is compared of each shape: depth and tokens, arguments of the root, operators, the first nested operator."""
    for shape, depth, tokens in shapes:
        operators = [n for n in shape if n]
        first = next((i for i, n in enumerate(shape[1:]) if n), -1)
        yield (depth, tokens), shape[0], len(operators), first, operators[-1]


def test_against_rejection() -> None:
    process = dict(min_args=2, max_args=5, operator_probability=0.35, max_depth=3)
    window, rng, tried, accepted = (2, 3, 15, 20), np.random.default_rng(3), 0, []
    while len(accepted) < 2500:
        tried += 1
        tree = _rejection_draw(rng, 0.35, 2, 5, 3, window[3])
        if tree is not None and tree[1] >= window[0] and tree[2] >= window[2]:
            accepted.append(tree)
    tables = TreeTables(**process, max_tokens=25)
    chance = acceptance(tables, depth_range=window[:2], token_range=window[2:])
    assert stats.binomtest(len(accepted), tried, chance).pvalue > P_VALUE
    drawn = []
    for tree in _draw(tables, 25_000, window):
        shape = tuple(node & 0xFF if node & 0x8000 else 0 for node in tree)
        left, depth = [], 0
        for n in shape:
            while left and left[-1] == 0:
                left.pop()
            if left:
                left[-1] -= 1
            if n:
                left.append(n)
            depth = max(depth, len(left))
        drawn.append((shape, depth, sum(2 if n else 1 for n in shape)))
    for first, second in zip(zip(*_features(accepted), strict=True), zip(*_features(drawn), strict=True), strict=True):
        kinds = sorted(set(first) | set(second))
        table = np.array([[list(some).count(kind) for kind in kinds] for some in (first, second)])
        table = table[:, table.sum(axis=0) >= 60]
        assert stats.chi2_contingency(table).pvalue > P_VALUE


def test_operators_and_values_are_uniform_and_independent() -> None:
    tables = TreeTables(min_args=2, max_args=3, operator_probability=0.5, max_depth=2, max_tokens=10)
    pairs = [(tree[0] >> 8 & 7, tree[1]) for tree in _draw(tables, 20_000, (1, 1, 4, 5), operators=0b1100101, base=7)]
    table = np.array([[pairs.count((name, value)) for value in range(7)] for name in (0, 2, 5, 6)])
    assert table.sum() == 20_000
    assert stats.chisquare(table.ravel()).pvalue > P_VALUE
