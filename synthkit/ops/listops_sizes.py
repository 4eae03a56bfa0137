"""Which ListOps trees exist, by depth and length in tokens, and how many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import whole

__all__ = ["MANY_TREES", "count", "feasible", "length_range", "lengths_in_words", "range_in_words", "whole_range"]

MANY_TREES = 2**63
MAX_ARGS, MAX_BASE, MAX_OPERATORS = 255, 256, 7
MAX_TABLE_TOKENS, MAX_TOKENS = 4096, 1_000_000


def length_range(depth: int, min_args: int, max_args: int) -> tuple[int, int]:
    """Tokens of the shortest and the longest tree of exactly this depth.

    The shortest is a chain: each of ``depth`` operators adds its arguments and 1 to a single value. The longest has
    max_args^depth values under (max_args^depth - 1) / (max_args - 1) operators of 2 tokens.

    Raises:
        InputError: depth < 0, or not 1 <= min_args <= max_args <= 255.
    """
    levels = whole("depth", depth, 0, MAX_TOKENS)
    fewest, most = _arguments(min_args, max_args)
    operators = levels if most == 1 else (most**levels - 1) // (most - 1)
    return 1 + levels * (fewest + 1), int(most**levels + 2 * operators)


def feasible(
    min_args: int, max_args: int, depth_range: tuple[int, int], token_range: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """Which pairs of depth and length some tree has.

    Exact. A tree with n operators and S arguments has 1 + n + S tokens. For each depth and n the possible S are all
    numbers from a least one, found in csrc/cpu/listops_count.h, to n max_args.

    Args:
        min_args: Fewest arguments of an operator, 1 to 255.
        max_args: Most arguments, ``min_args`` to 255.
        depth_range: Least and greatest depth, both included, 0 to 4096.
        token_range: Fewest and most tokens, both included, 1 to 4096.

    Returns:
        bool [depths, lengths].

    Raises:
        InputError: An argument is out of range or a range is empty.

    Cost: microseconds a depth.
    """
    fewest, most = _arguments(min_args, max_args)
    first, last = whole_range("depth_range", depth_range, 0, MAX_TABLE_TOKENS)
    shortest, longest = whole_range("token_range", token_range, 1, MAX_TABLE_TOKENS)
    found = _core.listops_tables.feasible(
        min_args=fewest, max_args=most, min_depth=first, max_depth=last, max_tokens=longest
    )
    return found[:, shortest:].astype(np.bool_)


def count(
    *,
    operators: int,
    min_args: int,
    max_args: int,
    base: int,
    depth_range: tuple[int, int],
    token_range: tuple[int, int],
) -> int:
    """How many different trees, that is, different strings, have a depth and a length in these ranges.

    Args:
        operators: How many operators there are to choose from, 1 to 7.
        min_args: Fewest arguments of an operator, 1 to 255.
        max_args: Most arguments, ``min_args`` to 255.
        base: Values are 0 to base - 1; 1 to 256.
        depth_range: Least and greatest depth, both included, 0 to 1,000,000.
        token_range: Fewest and most tokens, both included, 1 to 1,000,000.

    Returns:
        Their number, exactly, while below `MANY_TREES` (2^63); `MANY_TREES` for that many or more.

    Raises:
        InputError: An argument is out of range or a range is empty, or trees of more than 4096 tokens would have to be
            counted one shape at a time (one operator and one value, or chains of one-argument operators).

    Cost: where one shape alone has 2^63 trees, microseconds; else the levels are counted by dynamic programming, which
    only short trees need: milliseconds.
    """
    fewest, most = _arguments(min_args, max_args)
    first, last = whole_range("depth_range", depth_range, 0, MAX_TOKENS)
    shortest, longest = whole_range("token_range", token_range, 1, MAX_TOKENS)
    limits = {
        "operators": whole("operators", operators, 1, MAX_OPERATORS),
        "base": whole("base", base, 1, MAX_BASE),
        "min_args": fewest,
        "max_args": most,
        "min_depth": first,
        "max_depth": last,
        "min_tokens": shortest,
        "max_tokens": longest,
    }
    try:
        return _core.listops_tables.count(**limits)
    except ValueError as error:
        raise InputError(
            f"token_range: trees of up to {longest} tokens would have to be counted one shape at a time; "
            f"take at most {MAX_TABLE_TOKENS} tokens"
        ) from error


def lengths_in_words(min_args: int, max_args: int, depths: Sequence[int], tokens: Sequence[int]) -> str:
    """Which lengths trees of these depths have, for whoever asked for others: `tokens` holds none of them."""
    shortest = length_range(depths[0], min_args, max_args)[0]
    longest = length_range(depths[-1], min_args, max_args)[1]
    most = f"{longest}" if longest < 10**9 else "10^9 and more"
    told = (
        f"depth {range_in_words(depths[0], depths[-1])} with {range_in_words(min_args, max_args)} arguments "
        f"holds {shortest} to {most} tokens"
    )
    if tokens[-1] < shortest or tokens[0] > longest:
        return told
    exists = feasible(min_args, max_args, (depths[0], depths[-1]), (1, MAX_TABLE_TOKENS)).any(axis=0)
    lengths = np.flatnonzero(exists) + 1
    below, above = lengths[lengths < tokens[0]], lengths[lengths > tokens[-1]]
    near = [str(int(some[at])) for some, at in ((below, -1), (above, 0)) if len(some)]
    return f"{told}, but not these; the nearest are {' and '.join(near)}"


def range_in_words(first: int, last: int) -> str:
    """The range, or the one number that it holds."""
    return f"{first}" if first == last else f"{first} to {last}"


def whole_range(name: str, pair: Any, least: int, most: int) -> tuple[int, int]:
    """Two whole numbers in order, from ``least`` to ``most``."""
    try:
        first, last = pair
    except (TypeError, ValueError):
        raise InputError(f"{name}: must be two numbers, the least and the greatest, not {pair!r}") from None
    low = whole(name, first, least, most)
    return low, whole(name, last, low, most)


def _arguments(min_args: int, max_args: int) -> tuple[int, int]:
    fewest = whole("min_args", min_args, 1, MAX_ARGS)
    return fewest, whole("max_args", max_args, fewest, MAX_ARGS)
