"""ListOps trees of a wanted depth and length: which exist, how many, how likely they are, and drawn exactly.

The process: a node with fewer than ``max_depth`` operators above it is an operator with ``operator_probability``, else
a value; deeper nodes are values. An operator has ``min_args`` to ``max_args`` arguments, each number equally likely. A
tree's length in tokens counts 1 for a value and 2 for an operator; its depth is its nested operators, 0 for a value.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import choose, whole
from synthkit.ops.listops_rows import row_table, words_of
from synthkit.ops.listops_sizes import (
    MANY_TREES,
    count,
    feasible,
    length_range,
    lengths_in_words,
    range_in_words,
    whole_range,
)
from synthkit.ops.reference import listops_tables as reference
from synthkit.ops.threads import thread_count

__all__ = [
    "BACKENDS",
    "MANY_TREES",
    "MAX_ARGS",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_TOKENS",
    "TreeTables",
    "acceptance",
    "count",
    "feasible",
    "length_range",
]

MAX_ARGS, MAX_DEPTH, MAX_TOKENS = 64, 512, 4096
MAX_BYTES = 256 * 2**20
LEAST_PROBABILITY = 1e-30

Trees = tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64], int]


class Backend(Protocol):
    """Tables of one setting."""

    def weights(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]: ...

    def draw(
        self,
        rows: npt.NDArray[np.int32],
        index: npt.NDArray[np.uint32],
        attempt: npt.NDArray[np.uint32],
        *,
        key: int,
        split: int,
        threads: int,
    ) -> Trees: ...


class _Native:
    def __init__(self, **settings: Any) -> None:
        self.handle = _core.listops_tables.build(**settings)

    def weights(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
        return _core.listops_tables.weights(self.handle)

    def draw(self, *rows: Any, **stream: Any) -> Trees:
        return _core.listops_tables.draw(self.handle, *rows, **stream)


BACKENDS: dict[str, Any] = {"cpu": _Native, "reference": reference.Tables}


class TreeTables:
    """Draws trees exactly as the process does, given that depth and length lie in a window, without rejection.

    Dynamic programming over the levels: the weights of all forests of 1 to ``max_args`` trees of each length that stay
    within a level, or that reach it; a tree is then drawn from the root down, each choice in proportion to the weight
    of what it leaves open (the recursive method of Nijenhuis and Wilf 1978, in floating point as Denise and Zimmermann
    1999). Weights are positive and only added and multiplied, with a relative error of some 1e-13, and have a range far
    beyond that of a double: a tree that the process can draw never gets lost for being unlikely. A choice is made by
    a number of 53 bits.

    Picklable by its arguments: the tables are built anew.

    Args:
        min_args: Fewest arguments, 1 to 64.
        max_args: Most arguments, ``min_args`` to 64.
        operator_probability: 0, or 1e-30 to 1.
        max_depth: The process's limit of nested operators, 0 to 512.
        max_tokens: Length of the longest trees that can be drawn, 1 to 4096.
        device: ``cpu``, or ``reference`` (NumPy, slow; for small settings).

    Raises:
        InputError: An argument is out of range, or the tables would take more than 256 MiB.

    Cost: at most 40 bytes and 3 ``max_tokens`` multiplications for each depth, number of arguments and length. The
    setting of Long Range Arena (2 to 10 arguments, 9 levels, 1,999 tokens) takes 5 MiB and a fifth of a second, tables
    of 256 MiB some 20 seconds.
    """

    def __init__(
        self,
        *,
        min_args: int,
        max_args: int,
        operator_probability: float,
        max_depth: int,
        max_tokens: int,
        device: str = "cpu",
    ) -> None:
        name = choose(device, BACKENDS, name="device")
        fewest = whole("min_args", min_args, 1, MAX_ARGS)
        sizes = {
            "min_args": fewest,
            "max_args": whole("max_args", max_args, fewest, MAX_ARGS),
            "max_depth": whole("max_depth", max_depth, 0, MAX_DEPTH),
            "max_tokens": whole("max_tokens", max_tokens, 1, MAX_TOKENS),
        }
        real = isinstance(operator_probability, Real) and not isinstance(operator_probability, bool)
        if not real or not (operator_probability == 0 or LEAST_PROBABILITY <= operator_probability <= 1):
            raise InputError(
                f"operator_probability: must be 0, or {LEAST_PROBABILITY:g} to 1, not {operator_probability!r}"
            )
        size = _core.listops_tables.size(**sizes)
        if size > MAX_BYTES:
            raise InputError(
                f"max_tokens: tables for {max_tokens} tokens, {max_depth} levels and {max_args} arguments take "
                f"{size / 2**20:.0f} MiB, more than {MAX_BYTES // 2**20}; take fewer tokens, levels or arguments"
            )
        self.settings: dict[str, Any] = {**sizes, "operator_probability": float(operator_probability)}
        self.device = name
        self._backend: Backend = BACKENDS[name](**self.settings)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.settings, "device": self.device}

    def __setstate__(self, state: dict[str, Any]) -> None:
        TreeTables.__init__(self, **state)

    @property
    def handle(self) -> object | None:
        """The native tables, for other kernels that draw from them; None with ``device="reference"``."""
        return getattr(self._backend, "handle", None)

    def weights(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
        """Probability of each depth and length as m * 2^(512 x).

        Returns:
            m float64, 2^-256 to 2^256 or 0, and x int32, both [max_depth + 1, max_tokens + 1].
        """
        return self._backend.weights()

    def draw(
        self,
        *,
        operators: npt.ArrayLike,
        base: npt.ArrayLike,
        min_depth: npt.ArrayLike,
        max_depth: npt.ArrayLike,
        min_tokens: npt.ArrayLike,
        max_tokens: npt.ArrayLike,
        key: int,
        split: int,
        index: npt.ArrayLike,
        attempt: npt.ArrayLike,
        threads: int | None = 1,
    ) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64]]:
        """One tree for each index: a function of its row, key, split, index and attempt alone.

        Random words are those of the Philox blocks (k, index, attempt, split) under the key, in order: two for depth
        and length; then for each node in prefix order two for its length (not for the last argument of an operator,
        nor where arguments and tokens left are equally many), two for the number of arguments and one for the operator,
        or one for the value. Two words w, v make the number floor((2^32 w + v) / 2^11) / 2^53; one word of n options
        takes floor(w n / 2^32).

        Args:
            operators: Bit masks of the operators to choose from uniformly, 1 to 127: bit i for MIN, MAX, MED, SM,
                FIRST, LAST, PM in this order.
            base: Values are uniform in 0 to base - 1; 1 to 256.
            min_depth: Least depth, 0 or more.
            max_depth: Greatest depth, up to that of the tables.
            min_tokens: Least length, 1 or more.
            max_tokens: Greatest length, up to that of the tables.
            key: 0 to 2^64 - 1.
            split: 0 to 2^32 - 1.
            index: Integers [n], 0 to 2^32 - 1.
            attempt: Integers [n], 0 to 2^32 - 1, or one for all.
            threads: Threads; None for one a core. The result does not depend on them.

        All that describes rows may be scalars or arrays [n].

        Returns:
            nodes uint16 [total], trees in prefix order one after the other (a value, or 32768 + 256 operator +
            arguments), and offsets int64 [n + 1] of the trees.

        Raises:
            InputError: An argument is out of range, or a row's window holds no tree: the row is named, with the lengths
                that exist.

        Cost: about the sum of the lengths of all subtrees; 4 bytes a node. A window of many depths and lengths is
        summed once for neighbouring rows that share it: 24 bytes a pair, 50 MB a thread at most.
        """
        workers = thread_count(threads)
        indices = words_of("index", index, None)
        attempts = words_of("attempt", attempt, len(indices))
        limits = {
            "operators": (operators, 1, 127),
            "base": (base, 1, 256),
            "min_depth": (min_depth, 0, self.settings["max_depth"]),
            "max_depth": (max_depth, 0, self.settings["max_depth"]),
            "min_tokens": (min_tokens, 1, self.settings["max_tokens"]),
            "max_tokens": (max_tokens, 1, self.settings["max_tokens"]),
        }
        rows = row_table(limits, len(indices))
        stream = {"key": whole("key", key, 0, 2**64 - 1), "split": whole("split", split, 0, 2**32 - 1)}
        nodes, offsets, impossible = self._backend.draw(rows, indices, attempts, **stream, threads=workers)
        if impossible >= 0:
            depths, tokens = rows[impossible, 2:4].tolist(), rows[impossible, 4:6].tolist()
            raise InputError(f"row {impossible}: {self._why_none(depths, tokens)}")
        return nodes, offsets

    def _why_none(self, depths: list[int], tokens: list[int]) -> str:
        s = self.settings
        wanted = f"no tree of depth {range_in_words(*depths)} has {range_in_words(*tokens)} tokens"
        if s["operator_probability"] == 0 and s["max_depth"] > 0:
            return f"{wanted}; with operator_probability 0 there are single values only (depth 0, 1 token)"
        if s["operator_probability"] == 1 and s["max_depth"] > 0:
            return f"{wanted}; with operator_probability 1 all values lie below {s['max_depth']} operators"
        return f"{wanted}; {lengths_in_words(s['min_args'], s['max_args'], depths, tokens)}"


def acceptance(tables: TreeTables, *, depth_range: tuple[int, int], token_range: tuple[int, int]) -> float:
    """Probability that one draw of the process has a depth and a length in these ranges.

    Args:
        tables: Of the process.
        depth_range: Least and greatest depth, both included, within the tables' 0 to max_depth.
        token_range: Least and greatest length, both included, within the tables' 1 to max_tokens.

    Returns:
        0 to 1, with a relative error of some 1e-13; 0.0 below 1e-308.

    Raises:
        InputError: A range is empty or out of the tables.
    """
    first, last = whole_range("depth_range", depth_range, 0, tables.settings["max_depth"])
    shortest, longest = whole_range("token_range", token_range, 1, tables.settings["max_tokens"])
    m, x = (table[first : last + 1, shortest : longest + 1] for table in tables.weights())
    return min(math.fsum(np.ldexp(m, 512 * x).ravel().tolist()), 1.0)
