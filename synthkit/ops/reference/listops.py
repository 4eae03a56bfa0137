"""ListOps in plain Python: the functions of the native module, from the definitions in synthkit.ops.listops.

Trees are folded from their last node to their first: what an operator needs of its arguments is then on top of a stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from synthkit.ops.reference.philox import philox4x32
from synthkit.ops.reference.unique import hash_bytes

__all__ = ["choose", "draw", "explain", "measure", "render", "sample"]

_MIN, _MAX, _MED, _SM, _FIRST, _LAST, _PM = range(7)
_WORD = 2**32
T = TypeVar("T")


def _fold(nodes: list[int], value: Callable[[int], T], operator: Callable[[int, list[T]], T]) -> T:
    """``value`` of each value, then ``operator`` of its place in OPERATORS and what its arguments gave."""
    stack: list[T] = []
    for node in reversed(nodes):
        if node & 0x8000:
            arguments = [stack.pop() for _ in range(node & 0xFF)]
            stack.append(operator(node >> 8 & 7, arguments))
        else:
            stack.append(value(node))
    (result,) = stack
    return result


def _apply(op: int, arguments: list[int], base: int) -> int:
    if op == _MED:
        return int(np.median(arguments))
    if op == _SM:
        return sum(arguments) % base
    if op == _PM:
        return _product(arguments) % base
    return {_MIN: min(arguments), _MAX: max(arguments), _FIRST: arguments[0], _LAST: arguments[-1]}[op]


def _product(arguments: list[int]) -> int:
    return reduce(lambda a, b: a * b, arguments, 1)


def _words(key: int, split: int, index: int, attempt: int) -> Iterator[int]:
    block, count = 0, 1
    while True:
        counters = np.empty((count, 4), np.uint32)
        counters[:, 0] = np.arange(block, block + count)
        counters[:, 1:] = index, attempt, split
        yield from philox4x32(counters, np.array([key % _WORD, key // _WORD], np.uint32)).reshape(-1).tolist()
        block, count = block + count, 64


def _scaled(x: int, n: int, span: int) -> int:
    """X n / span rounded down, nearly: the multiplication of csrc/common/listops.h."""
    if span <= n:
        return x * (_WORD - 1) // _WORD
    power = max(2**k for k in range(32, 64) if n * 2**k // span < _WORD)
    return x * (n * power // span) // power


def _grow(row: list[int], words: Iterator[int]) -> tuple[list[int], int, int] | None:
    """Nodes, tokens and depth; None for a tree out of its window."""
    mask, threshold, min_args, max_args, base, min_depth, max_depth, min_tokens, max_tokens = row
    allowed = [op for op in range(7) if mask >> op & 1]
    counts = max_args - min_args + 1
    nodes: list[int] = []
    pending = [1]  # nodes still to be drawn at each level
    depth = operators = 0
    while pending:
        if pending[-1] == 0:
            pending.pop()
            continue
        pending[-1] -= 1
        w = next(words)
        if len(pending) > max_depth:
            nodes.append(w * base // _WORD)
        elif w < threshold:
            pair = _scaled(w, len(allowed) * counts, threshold)
            arguments = min_args + pair % counts
            nodes.append(0x8000 | allowed[pair // counts] << 8 | arguments)
            pending.append(arguments)
            operators += 1
            depth = max(depth, len(pending) - 1)
        else:
            nodes.append(_scaled(w - threshold, base, _WORD - threshold))
        if len(nodes) + operators + sum(pending) > max_tokens:
            return None
    tokens = len(nodes) + operators
    return (nodes, tokens, depth) if tokens >= min_tokens and depth >= min_depth else None


def _hash(nodes: list[int]) -> int:
    return hash_bytes(np.array(nodes, "<u2").tobytes())


def _evaluate(nodes: list[int], base: int) -> int:
    return _fold(nodes, lambda v: v, lambda op, arguments: _apply(op, arguments, base))


def _measures(trees: list[list[int]], bases: list[int]) -> tuple[npt.NDArray[Any], ...]:
    """The arrays of Trees but for the base."""
    lengths = np.array([len(nodes) for nodes in trees], np.int64)
    rows = [
        (
            _evaluate(nodes, base),
            _fold(nodes, lambda _: 0, lambda _, depths: 1 + max(depths)),
            _fold(nodes, lambda _: 1, lambda _, tokens: 2 + sum(tokens)),
            _fold(nodes, lambda _: 0, lambda _, operators: 1 + sum(operators)),
            nodes[0] >> 8 & 7 if nodes[0] & 0x8000 else -1,
        )
        for nodes, base in zip(trees, bases, strict=True)
    ]
    table = np.array(rows, np.int32).reshape(-1, 5)
    return (
        np.array([node for nodes in trees for node in nodes], np.uint16),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        *(np.ascontiguousarray(table[:, k]) for k in range(5)),
        np.array([_hash(nodes) for nodes in trees], np.uint64),
    )


def draw(
    settings: npt.NDArray[np.int64],
    key: int,
    split: int,
    index: npt.NDArray[np.uint32],
    attempt: npt.NDArray[np.uint32],
    *,
    threads: int,
) -> tuple[int, tuple[npt.NDArray[Any], ...] | None]:
    """First row that is refused, or -1; and the trees."""
    del threads
    rows = np.broadcast_to(settings, (len(index), settings.shape[1])).tolist()
    trees = []
    for i, row in enumerate(rows):
        grown = _grow(row, _words(key, split, int(index[i]), int(attempt[i])))
        if grown is None:
            return i, None
        trees.append(grown[0])
    return -1, _measures(trees, [row[4] for row in rows])


def choose(
    settings: npt.NDArray[np.int64],
    key: int,
    split: int,
    index: npt.NDArray[np.uint32],
    *,
    part_low: int,
    part_high: int,
    wanted: npt.NDArray[np.int32],
    seen: Any,
    max_attempts: int,
    threads: int,
) -> tuple[npt.NDArray[np.uint32], int, tuple[int, ...]]:
    """Attempts, the row that found none or -1, and how many of its attempts failed for window, part, value, seen."""
    del threads
    rows = np.broadcast_to(settings, (len(index), settings.shape[1])).tolist()
    attempts = np.zeros(len(index), np.uint32)
    for i, row in enumerate(rows):
        failed = [0, 0, 0, 0]
        for t in range(max_attempts):
            grown = _grow(row, _words(key, split, int(index[i]), t))
            digest = _hash(grown[0]) if grown else 0
            if grown is None:
                failed[0] += 1
            elif not part_low <= digest <= part_high:
                failed[1] += 1
            elif len(wanted) and wanted[i] >= 0 and _evaluate(grown[0], row[4]) != wanted[i]:
                failed[2] += 1
            elif not seen.add(np.array([digest], np.uint64))[0]:
                failed[3] += 1
            else:
                attempts[i] = t
                break
        else:
            return attempts, i, tuple(failed)
    return attempts, -1, (0, 0, 0, 0)


def sample(
    settings: npt.NDArray[np.int64],
    key: int,
    split: int,
    index: npt.NDArray[np.uint32],
    *,
    threads: int,
    **rules: Any,
) -> tuple[npt.NDArray[np.uint32], int, tuple[int, ...], tuple[npt.NDArray[Any], ...] | None]:
    """What `choose` returns, and the trees if all rows found one."""
    attempts, row, failed = choose(settings, key, split, index, threads=threads, **rules)
    trees = None if row >= 0 else draw(settings, key, split, index, attempts, threads=threads)[1]
    return attempts, row, failed, trees


def _fault(nodes: list[int], base: int) -> tuple[int, int] | None:
    """What is wrong with a stream (a place in the messages of synthkit.ops.listops), and at which node."""
    pending = 1
    for i, node in enumerate(nodes):
        if pending == 0:
            return 5, i
        if node & 0x8000:
            if node >> 8 > 0x86:
                return 2, i
            if not node & 0xFF:
                return 3, i
            pending += node & 0xFF
        elif node >= base:
            return 4, i
        pending -= 1
    if not nodes:
        return 1, 0
    return (6, len(nodes) - 1) if pending else None


def _rows(nodes: npt.NDArray[np.uint16], offsets: npt.NDArray[np.int64]) -> list[list[int]]:
    return [nodes[a:b].tolist() for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)]


def measure(
    nodes: npt.NDArray[np.uint16], offsets: npt.NDArray[np.int64], base: npt.NDArray[np.int32]
) -> tuple[int, int, int, tuple[npt.NDArray[Any], ...] | None]:
    """Row, node and kind of the first fault (-1, 0, 0 for none), and the trees."""
    trees = _rows(nodes, offsets)
    for i, tree in enumerate(trees):
        fault = _fault(tree, int(base[i]))
        if fault:
            return i, fault[1], fault[0], None
    return -1, 0, 0, _measures(trees, base.tolist())


def _strings(rows: list[str]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    coded = [row.encode() for row in rows]
    offsets = np.cumsum([0] + [len(row) for row in coded]).astype(np.int32)
    return offsets, np.frombuffer(b"".join(coded), np.uint8).copy()


def _prefix(nodes: list[int], names: list[str]) -> str:
    return _fold(nodes, str, lambda op, arguments: f"[{names[op]} {' '.join(arguments)} ]")


def _tokens(nodes: list[int], _names: list[str]) -> str:
    return _fold(nodes, lambda v: str(11 + v), lambda op, arguments: f"{4 + op} {' '.join(arguments)} 3")


def _parens(nodes: list[int], names: list[str]) -> str:
    def pairs(op: int, arguments: list[str]) -> str:
        return reduce(lambda left, right: f"( {left} {right} )", [*arguments, "]"], f"[{names[op]}")

    return _fold(nodes, str, pairs)


def render(
    nodes: npt.NDArray[np.uint16], offsets: npt.NDArray[np.int64], *, style: int, names: list[str], threads: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Offsets and bytes of the texts."""
    del threads
    write = (_prefix, _parens, _tokens)[style]
    return _strings([write(tree, names) for tree in _rows(nodes, offsets)])


def _long(op: int, arguments: list[int], result: int) -> str:
    if op == _MED:
        return f"MED, sorted list, {sorted(arguments)}, MEDIAN is {result}"
    if op == _SM:
        return f"SUM, add {arguments}, sum is {sum(arguments)}, answer is {result}"
    if op == _PM:
        return f"PROD, multiply {arguments}, product is {_product(arguments)}, answer is {result}"
    words = {_MIN: "Min, smallest", _MAX: "Max, largest", _FIRST: "First, first", _LAST: "Last, last"}
    return f"{words[op]} number of {arguments} is {result}"


def _explanation(nodes: list[int], base: int, level: int, names: list[str]) -> str:
    if level < 0:
        return ""

    def step(op: int, arguments: list[tuple[int, list[str]]]) -> tuple[int, list[str]]:
        values = [value for value, _ in arguments]
        result = _apply(op, values, base)
        own = ("", f"{names[op]} = {result}", f"{names[op]} {values} = {result}", _long(op, values, result))[level]
        return result, [line for _, lines in arguments for line in lines] + [own]

    value, lines = _fold(nodes, lambda v: (v, []), step)
    return "\n".join([*(lines if level else []), f"Final answer: {value}"])


def explain(
    nodes: npt.NDArray[np.uint16],
    offsets: npt.NDArray[np.int64],
    base: npt.NDArray[np.int32],
    level: npt.NDArray[np.int32],
    *,
    names: list[str],
    threads: int,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Offsets and bytes of the explanations."""
    del threads
    rows = zip(_rows(nodes, offsets), base.tolist(), level.tolist(), strict=True)
    return _strings([_explanation(tree, b, code, names) for tree, b, code in rows])
