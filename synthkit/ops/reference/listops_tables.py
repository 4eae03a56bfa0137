"""Exact conditional sampling of ListOps trees, their existence and number, in NumPy and Python."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit.ops.reference.philox import philox4x32

__all__ = ["Tables", "count", "feasible"]

UP, DOWN = 2.0**512, 2.0**-512

Numbers = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]  # m, x: weights m * 2^(512 x) by length
Weight = tuple[float, int]
Row = tuple[int, int, int, int, int, int]


class Tables:
    """Weights of forests by family, level, number of trees and length; see csrc/cpu/listops_tables.h for formulas.

    A family is "inner" (trees that stay above max_depth) or "full" (trees that reach it).
    """

    def __init__(
        self, *, min_args: int, max_args: int, operator_probability: float, max_depth: int, max_tokens: int
    ) -> None:
        self.counts = range(min_args, max_args + 1)
        self.leaf = 1.0 - operator_probability
        self.choice = operator_probability / len(self.counts)
        self.max_depth, self.max_tokens = max_depth, max_tokens
        self.any: dict[tuple[str, int, int], Numbers] = {}
        self.exact: dict[tuple[str, int, int], Numbers] = {}
        self.deepest = min(max_depth, (max_tokens - 1) // (min_args + 1))
        self._build("inner", self.leaf, min(max_depth - 1, self.deepest))
        if self.deepest == max_depth:
            self._build("full", 1.0, max_depth)

    def _build(self, family: str, bottom: float, last: int) -> None:
        for r in range(last + 1):
            at = (family, r, 1)
            if r == 0:
                self.any[at] = self.exact[at] = self._with_value({}, bottom)
            else:
                self.any[at] = self._with_value(self._parents(self.any, family, r - 1), self.leaf)
                self.exact[at] = self._with_value(self._parents(self.exact, family, r - 1), 0.0)
            for k in range(2, max(self.counts) + 1) if r < last else ():
                rest = (family, r, k - 1)
                pairs = [(self.exact[at], self.any[rest])]
                if r > 0:
                    pairs.append((self.any["inner", r - 1, 1], self.exact[rest]))
                self.any[family, r, k] = self._convolve([(self.any[at], self.any[rest])])
                self.exact[family, r, k] = self._convolve(pairs)

    def _empty(self) -> npt.NDArray[np.float64]:
        return np.zeros(self.max_tokens + 1)

    def _parents(
        self, forests: dict[tuple[str, int, int], Numbers], family: str, r: int
    ) -> dict[int, npt.NDArray[np.float64]]:
        """Choice times the forests of level r, by x, two tokens longer."""
        sums: dict[int, npt.NDArray[np.float64]] = {}
        for k in self.counts:
            m, x = forests[family, r, k]
            for c in np.unique(x[m > 0]).tolist():
                sums.setdefault(c, self._empty())[2:] += np.where(x == c, m, 0.0)[:-2]
        return sums

    def _with_value(self, sums: dict[int, npt.NDArray[np.float64]], value: float) -> Numbers:
        m, x = self._finish(sums, self.choice)
        m[1], x[1] = _form(value, 0)
        return m, x

    def _convolve(self, pairs: list[tuple[Numbers, Numbers]]) -> Numbers:
        sums: dict[int, npt.NDArray[np.float64]] = {}
        for length in range(1, self.max_tokens - 1):
            for (m, x), (n, y) in pairs:
                for c in np.unique(y[n > 0]).tolist() if m[length] > 0 else ():
                    shifted = m[length] * np.where(y == c, n, 0.0)[: len(n) - length]
                    sums.setdefault(int(x[length]) + c, self._empty())[length:] += shifted
        for some in sums.values():
            some[self.max_tokens - 1 :] = 0.0  # an operator above takes two tokens
        return self._finish(sums, 1.0)

    def _finish(self, sums: dict[int, npt.NDArray[np.float64]], factor: float) -> Numbers:
        m, x = self._empty(), np.zeros(self.max_tokens + 1, np.int64)
        none = self._empty()
        for length in range(self.max_tokens + 1):
            top = max((c for c, some in sums.items() if some[length] > 0), default=None)
            if top is not None:
                value = sums[top][length] + sums.get(top - 1, none)[length] * DOWN
                value += sums.get(top - 2, none)[length] * DOWN * DOWN
                m[length], x[length] = _form(float(value * factor), top)
        return m, x

    def weight(self, depth: int, tokens: int) -> Weight:
        """Probability m * 2^(512 x) of trees of this depth and length."""
        found = self.exact.get(("full" if depth == self.max_depth else "inner", depth, 1))
        return _at(found, tokens) if found else (0.0, 0)

    def weights(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
        """All of them: m and x, [max_depth + 1, max_tokens + 1]."""
        table = [[self.weight(d, n) for n in range(self.max_tokens + 1)] for d in range(self.max_depth + 1)]
        return np.array(table)[:, :, 0], np.array(table)[:, :, 1].astype(np.int32)

    def draw(
        self,
        rows: npt.NDArray[np.int32],
        index: npt.NDArray[np.uint32],
        attempt: npt.NDArray[np.uint32],
        *,
        key: int,
        split: int,
        threads: int,  # noqa: ARG002
    ) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64], int]:
        """As the native kernel: nodes, offsets, and the first row without a tree or -1."""
        trees: list[list[int]] = []
        for i, row in enumerate(rows.tolist()):
            words = _words(key, (int(index[i]), int(attempt[i]), split))
            tree = self._draw_one(words, row)
            if tree is None:
                return np.zeros(0, np.uint16), np.zeros(len(rows) + 1, np.int64), i
            trees.append(tree)
        offsets = np.cumsum([0, *map(len, trees)], dtype=np.int64)
        return np.array([node for tree in trees for node in tree], np.uint16), offsets, -1

    def _draw_one(self, words: Iterator[int], row: Row) -> list[int] | None:
        operators, base, min_depth, max_depth, min_tokens, max_tokens = row
        names = [op for op in range(7) if operators >> op & 1]
        depths = range(max(min_depth, 0), min(max_depth, self.deepest) + 1)
        lengths = range(max(min_tokens, 1), min(max_tokens, self.max_tokens) + 1)
        pairs = [(depth, tokens) for depth in depths for tokens in lengths]
        picked = _pick_weighted(words, [self.weight(*pair) for pair in pairs])
        if picked is None:
            return None
        depth, tokens = pairs[picked]
        nodes: list[int] = []

        def subtree(family: str, level: int, length: int, exact: bool) -> None:
            if length == 1:
                nodes.append(_below(words, base))
                return
            below, left = level - 1, length - 2
            forests = self.exact if exact else self.any
            options = [_at(forests[family, below, k], left) for k in self.counts]
            picked = _pick_weighted(words, options)
            count = self.counts[picked if picked is not None else 0]
            nodes.append(0x8000 | names[_below(words, len(names))] << 8 | count)
            for trees in range(count, 0, -1):
                if trees == 1 or trees == left:
                    child, reaches, shorter = left - trees + 1, exact and trees == 1, False
                else:
                    child, reaches, shorter = self._child(_uniform(words), family, below, trees, left, exact)
                subtree("inner" if shorter else family, below - 1 if shorter else below, child, reaches)
                left -= child
                exact = exact and not reaches

        subtree("full" if depth == self.max_depth else "inner", depth, tokens, True)
        return nodes

    def _child(
        self, uniform: float, family: str, level: int, trees: int, left: int, exact: bool
    ) -> tuple[int, bool, bool]:
        """Length of the next of `trees` trees with `left` tokens, if it reaches the depth, if it must not."""
        one, rest = (family, level, 1), (family, level, trees - 1)
        terms = []
        for length in range(1, left):
            if exact:
                terms.append((self.exact[one], self.any[rest], (length, True, False)))
                if level > 0:
                    terms.append((self.any["inner", level - 1, 1], self.exact[rest], (length, False, True)))
            else:
                terms.append((self.any[one], self.any[rest], (length, False, False)))
        m, x = _at((self.exact if exact else self.any)[family, level, trees], left)
        total = 0.0
        last = (0, False, False)
        for first, second, child in terms:
            (a, x_a), (b, x_b) = _at(first, child[0]), _at(second, left - child[0])
            term = _term(a * b, x_a + x_b - x)
            total += term
            last = child if term > 0 else last
            if total > uniform * m:
                return child
        return last


def feasible(min_args: int, max_args: int, max_depth: int, max_tokens: int) -> npt.NDArray[np.bool_]:
    """[max_depth + 1, max_tokens + 1]: whether a tree of the depth and length exists; sets of lengths as bits."""
    mask = (1 << (max_tokens + 1)) - 1
    shorter, any_, exact = 0, 0b10, 0b10
    found = np.zeros((max_depth + 1, max_tokens + 1), np.bool_)
    for depth in range(max_depth + 1):
        found[depth] = [bool(exact >> n & 1) for n in range(max_tokens + 1)]
        all_forests, exact_forests = any_, exact
        deeper, reaching = 0b10, 0
        for k in range(1, max_args + 1):
            if k > 1:
                reached = _sums(exact, all_forests, mask) | _sums(shorter, exact_forests, mask)
                all_forests, exact_forests = _sums(any_, all_forests, mask), reached
            if k >= min_args:
                deeper, reaching = deeper | all_forests << 2 & mask, reaching | exact_forests << 2 & mask
        shorter, any_, exact = any_, deeper, reaching
    return found


def count(min_args: int, max_args: int, operators: int, base: int, max_depth: int, max_tokens: int) -> list[list[int]]:
    """[max_depth + 1][max_tokens + 1]: how many trees there are of each depth and length, as Python integers."""
    zero = [0] * (max_tokens + 1)
    at_most = [zero]  # by depth + 1
    for _ in range(max_depth + 1):
        trees, forest = zero.copy(), [1, *zero[1:]]
        for k in range(1, max_args + 1):
            forest = _product(forest, at_most[-1])
            if k >= min_args:
                trees = [a + operators * b for a, b in zip(trees, [0, 0, *forest], strict=False)]
        trees[1] += base
        at_most.append(trees)
    return [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(at_most[1:], at_most, strict=False)]


def _product(a: list[int], b: list[int]) -> list[int]:
    return [sum(a[i] * b[n - i] for i in range(n + 1) if a[i] and b[n - i]) for n in range(len(a))]


def _sums(a: int, b: int, mask: int) -> int:
    """The set of all sums of an element of a and one of b."""
    found = 0
    for bit in range(a.bit_length()):
        found |= (b << bit if a >> bit & 1 else 0) & mask
    return found


def _form(m: float, x: int) -> Weight:
    """The weight m * 2^(512 x) with m in [2^-256, 2^256)."""
    if m >= 2.0**256:
        return m * DOWN, x + 1
    return (m * UP, x - 1) if 0 < m < 2.0**-256 else (m, x)


def _term(m: float, steps: int) -> float:
    """The term m * 2^(512 steps), 0 where it is too small to matter."""
    return m * {-1: DOWN, 0: 1.0, 1: UP}.get(steps, 0.0)


def _at(numbers: Any, length: int) -> Weight:
    return float(numbers[0][length]), int(numbers[1][length])


def _pick_weighted(words: Iterator[int], weights: list[Weight]) -> int | None:
    """A place in proportion to the weights; None, and no word used, if there are none."""
    top = max((x for m, x in weights if m > 0), default=None)
    if top is None:
        return None
    terms = [_term(m, x - top) for m, x in weights]
    running = list(accumulate(terms))
    place = bisect_right(running, _uniform(words) * running[-1])
    return place if place < len(running) else bisect_left(running, running[-1])


def _words(key: int, rest: tuple[int, int, int]) -> Iterator[int]:
    keys = np.array([key & 0xFFFFFFFF, key >> 32], np.uint32)
    block = 0
    while True:
        yield from philox4x32(np.array([[block, *rest]], np.uint32), keys)[0].tolist()
        block += 1


def _below(words: Iterator[int], n: int) -> int:
    return next(words) * n >> 32


def _uniform(words: Iterator[int]) -> float:
    high = next(words)
    return math.ldexp((high << 32 | next(words)) >> 11, -53)
