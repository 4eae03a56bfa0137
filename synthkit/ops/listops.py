"""ListOps (Nangia and Bowman 2018): trees of operators on lists of small numbers, their values and explanations.

A tree is drawn from the root down. A node above the deepest level is an operator with the probability
``operator_probability``, else a value; operators, numbers of arguments and values are uniform. Trees outside of a
window of lengths and depths are drawn again: attempt t of row i has random words of its own, which depend on key,
split, index and attempt alone, so that one number a row, the attempt, says which tree it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit import _core
from synthkit.errors import InputError
from synthkit.ops.arrays import choose as one_of
from synthkit.ops.arrays import whole
from synthkit.ops.listops_exact import TableCache
from synthkit.ops.listops_input import (
    LEVELS,
    OPERATORS,
    STYLES,
    Settings,
    Trees,
    check_names,
    check_trees,
    explanation_codes,
    rows_of,
    setting_columns,
)
from synthkit.ops.listops_sizes import lengths_in_words, range_in_words
from synthkit.ops.reference import listops as reference
from synthkit.ops.threads import thread_count
from synthkit.ops.unique import HashSet

__all__ = [
    "BACKENDS",
    "LEVELS",
    "OPERATORS",
    "STYLES",
    "Settings",
    "Trees",
    "choose",
    "draw",
    "explain",
    "measure",
    "render",
    "sample",
]

# Modules with the same functions.
BACKENDS: dict[str, Any] = {"cpu": _core.listops, "reference": reference}

_LONG = LEVELS.index("long")
_PM = OPERATORS.index("PM")
_NO_TREE = "holds no tree: row"
# In the order of ListFault (csrc/cpu/listops_measure.h).
_FAULTS = (
    "",
    "has no nodes",
    "is no operator",
    "is an operator without arguments",
    "is a value that is not below the base",
    "comes after the tree's end",
    "is the last one, but arguments are missing",
)

Text = tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]


def draw(
    settings: Settings,
    *,
    key: int,
    split: int,
    index: npt.NDArray[np.int64],
    attempt: npt.NDArray[np.uint32],
    tables: TableCache | None = None,
    threads: int | None = 1,
    device: str = "cpu",
) -> Trees:
    """The trees of attempts that `choose` returned.

    Word k of a tree is word k % 4 of the Philox4x32-10 block with the counter (k // 4, index, attempt, split); its node
    k is made of this word w. With T = round(2^32 operator_probability) and n = operators * numbers of arguments: an
    operator if w < T, with the pair number floor(w n / T) (operator = pair // numbers of arguments, in the order of
    `OPERATORS`); else the value floor((w - T) base / (2^32 - T)); at the deepest level the value floor(w base / 2^32).
    The first two quotients are computed by one multiplication (csrc/common/listops.h), which changes no probability by
    more than 3 / 2^32.

    Args:
        settings: What trees to draw, the same that `choose` was given.
        key: 64-bit key.
        split: 32-bit word, see `synthkit.seeds.split_word`.
        index: Integers [n], 0 to 2^32 - 1.
        attempt: Integers [n], 0 to 2^32 - 1.
        tables: Draw from these, with the words that `synthkit.ops.listops_tables.TreeTables.draw` takes: every attempt
            is then accepted, however unlikely its depth and length are. None: draw until a tree fits.
        threads: Threads, None for one a core; the result is the same for any number.
        device: ``cpu``, or ``reference`` (Python, slow).

    Returns:
        The trees. O(nodes); memory beside them as for `sample`.

    Raises:
        InputError: An argument is wrong, or an attempt is not accepted by its row's window.
    """
    places = rows_of("index", index, None, np.uint32)
    attempts = rows_of("attempt", attempt, len(places), np.uint32)
    columns = setting_columns(settings, len(places))
    refused, arrays = _kernel(device, "draw", tables, columns)(
        columns, *_stream(key, split), places, attempts, threads=thread_count(threads)
    )
    if refused >= 0:
        raise InputError(
            f"attempt: row {refused} (index {places[refused]}): the settings do not accept attempt {attempts[refused]};"
            " take those that choose returns for the same settings, key and split"
        )
    return _trees(arrays, np.broadcast_to(columns[:, 4], len(places)))


def choose(
    settings: Settings,
    *,
    key: int,
    split: int,
    index: npt.NDArray[np.int64],
    part: tuple[int, int] = (0, 2**64 - 1),
    wanted: npt.NDArray[np.int32] | None = None,
    seen: HashSet | None = None,
    tables: TableCache | None = None,
    threads: int | None = 1,
    max_attempts: int = 2**24,
    device: str = "cpu",
) -> npt.NDArray[np.uint32]:
    """The first attempt of each row, in the order of the rows, that gives a tree which none before has.

    Row i takes the least attempt t whose tree has min_tokens <= tokens <= max_tokens and min_depth <= depth, whose hash
    h has part[0] <= h <= part[1], which has the wanted value, and whose hash is not in ``seen``; h is then added to
    ``seen``. The result depends neither on ``threads`` nor on how rows are cut into calls with one ``seen``.

    Args:
        settings: What trees to draw.
        key: 64-bit key.
        split: 32-bit word, see `synthkit.seeds.split_word`.
        index: Integers [n], 0 to 2^32 - 1.
        part: Accepted hashes, both ends included: which part of all trees a split may use.
        wanted: Integers [n]: the value that the tree must have, -1 for any.
        seen: Hashes of trees that are taken; the rows' hashes are added. None: no others than these rows'.
        tables: Draw from these; see `draw`.
        threads: Threads, None for one a core.
        max_attempts: Attempts of one row after which the call gives up, 1 to 2^32.
        device: ``cpu``, or ``reference`` (Python, slow).

    Returns:
        uint32 [n], attempts for `draw`. Memory: 64 bytes for each of at most 8192 rows, and ``seen``.

    Raises:
        InputError: An argument is wrong, or a row finds nothing; rows before it stay in ``seen``.
    """
    places, columns, search = _search(settings, key, split, index, part, wanted, seen, threads, max_attempts)
    attempts, row, failed = _kernel(device, "choose", tables, columns)(*search[0], **search[1])
    if row >= 0:
        raise InputError(_why_nothing(row, int(places[row]), search[1]["max_attempts"], failed))
    found: npt.NDArray[np.uint32] = attempts
    return found


def sample(
    settings: Settings,
    *,
    key: int,
    split: int,
    index: npt.NDArray[np.int64],
    part: tuple[int, int] = (0, 2**64 - 1),
    wanted: npt.NDArray[np.int32] | None = None,
    seen: HashSet | None = None,
    tables: TableCache | None = None,
    threads: int | None = 1,
    max_attempts: int = 2**24,
    device: str = "cpu",
) -> tuple[npt.NDArray[np.uint32], Trees]:
    """What `choose` returns for the same arguments, and the trees that `draw` makes of it, without drawing them again.

    Args:
        settings: What trees to draw.
        key: 64-bit key.
        split: 32-bit word, see `synthkit.seeds.split_word`.
        index: Integers [n], 0 to 2^32 - 1.
        part: Accepted hashes, both ends included.
        wanted: Integers [n]: the value that the tree must have, -1 for any.
        seen: Hashes of trees that are taken; the rows' hashes are added. None: no others than these rows'.
        tables: Draw from these; see `draw`.
        threads: Threads, None for one a core; the result is the same for any number.
        max_attempts: Attempts of one row after which the call gives up, 1 to 2^32.
        device: ``cpu``, or ``reference`` (Python, slow: it chooses and draws).

    Returns:
        Attempts, uint32 [n], and the trees. Memory beside them: the trees of 1024 rows, and ``seen``; rows that are far
        longer than those before them may take twice their memory while they are put together.

    Raises:
        InputError: An argument is wrong, or a row finds nothing; rows before it stay in ``seen``.
    """
    places, columns, search = _search(settings, key, split, index, part, wanted, seen, threads, max_attempts)
    attempts, row, failed, arrays = _kernel(device, "sample", tables, columns)(*search[0], **search[1])
    if row >= 0:
        raise InputError(_why_nothing(row, int(places[row]), search[1]["max_attempts"], failed))
    return attempts, _trees(arrays, np.broadcast_to(columns[:, 4], len(places)))


def measure(
    nodes: npt.NDArray[np.uint16], offsets: npt.NDArray[np.int64], base: int | npt.NDArray[Any], *, device: str = "cpu"
) -> Trees:
    """Trees from streams of nodes that come from elsewhere, checked and evaluated.

    Values: MIN, MAX; MED, the median, of an even number the mean of the middle two without its fraction; SM and PM, the
    sum and the product modulo base; FIRST, LAST.

    Args:
        nodes: uint16 [total], see `Trees`.
        offsets: Integers [n + 1].
        base: One for all or [n], 2 to 256.
        device: ``cpu``, or ``reference`` (Python, slow).

    Returns:
        The trees, without nodes that belong to no row. O(nodes).

    Raises:
        InputError: Wrong arrays, or a row that is not exactly one tree.
    """
    stream = rows_of("nodes", nodes, None, np.uint16)
    places = rows_of("offsets", offsets, None, np.int64)
    if len(places) == 0 or places[0] < 0 or places[-1] > len(stream) or (places[1:] < places[:-1]).any():
        raise InputError(f"offsets: must be [n + 1], not fall, and lie within 0 and the {len(stream)} nodes")
    n = len(places) - 1
    bases = rows_of("base", np.full(n, base) if np.ndim(base) == 0 else base, n, np.int32)
    if bases.size and (bases.min() < 2 or bases.max() > 256):
        raise InputError("base: must be 2 to 256")
    row, node, fault, arrays = BACKENDS[one_of(device, BACKENDS, name="device")].measure(stream, places, bases)
    if row >= 0:
        what = "it" if fault == 1 else f"node {node} ({int(stream[places[row] + node]):#x})"
        raise InputError(f"nodes: row {row} is not one tree: {what} {_FAULTS[fault]}")
    return _trees(arrays, bases)


def render(
    trees: Trees,
    style: str = "prefix",
    names: Sequence[str] = OPERATORS,
    *,
    threads: int | None = 1,
    device: str = "cpu",
) -> Text:
    """Trees as text.

    Args:
        trees: From `draw`, `measure` or `synthkit.ops.listops_text.parse`.
        style: ``prefix``: ``[MAX 2 9 [MIN 4 7 ] 0 ]``. ``parens``: the binary form of the reference,
            ``( ( ( [MAX 1 ) 7 ) ] )``: an operator's name, its arguments and its end are joined in pairs from the left.
            ``tokens``: ids with spaces between: 0 [PAD], 1 [BOS] or [CLS], 2 [EOS] or [SEP] (not written), 3 for ``]``,
            4 + place in `OPERATORS`, 11 + value.
        names: How the operators are called.
        threads: Threads, None for one a core.
        device: ``cpu``, or ``reference`` (Python, slow).

    Returns:
        Offsets int32 [n + 1] and bytes uint8, the buffers of an Arrow string column. O(bytes); memory beside them: for
        each thread the text of 1024 rows, and about 18 bytes a node of its longest tree.

    Raises:
        InputError: An argument is wrong, or the text has more than 2^31 - 1 bytes.
    """
    code = STYLES.index(one_of(style, STYLES, name="style"))
    given = check_trees(trees)
    return _text(
        device,
        lambda backend: backend.render(
            given.nodes, given.offsets, style=code, names=check_names(names), threads=thread_count(threads)
        ),
    )


def explain(
    trees: Trees,
    level: str | npt.NDArray[Any],
    names: Sequence[str] = OPERATORS,
    *,
    threads: int | None = 1,
    device: str = "cpu",
) -> Text:
    r"""How each tree is evaluated: one line an operator, inner ones first, then ``Final answer: 8``, joined by ``\n``.

    Args:
        trees: From `draw`, `measure` or `synthkit.ops.listops_text.parse`.
        level: One of `LEVELS` for all rows, or integers [n]: places in `LEVELS`, -1 for an empty text. ``answer``: the
            last line only. ``short``: ``MAX = 7``. ``medium``: ``MAX [7, 1, 3] = 7``. ``long``: the words of the public
            data of "Show Me How It's Done" (2023): ``Max, largest number of [7, 1, 3] is 7``, ``Min, smallest number of
            [7, 1] is 1``, ``MED, sorted list, [4, 9], MEDIAN is 6``, ``SUM, add [6, 8], sum is 14, answer is 4``; and
            in its manner ``First, first number of [3, 1] is 3``, ``Last, last number of [3, 1] is 1``, ``PROD, multiply
            [4, 9], product is 36, answer is 6``.
        names: How ``short`` and ``medium`` call the operators.
        threads: Threads, None for one a core.
        device: ``cpu``, or ``reference`` (Python, slow).

    Returns:
        Offsets int32 [n + 1] and bytes uint8. O(bytes), memory as for `render`.

    Raises:
        InputError: An argument is wrong, the text has more than 2^31 - 1 bytes, or a product at ``long`` could be 2^63
            or more.
    """
    given = check_trees(trees)
    codes = explanation_codes(level, len(given))
    _refuse_large_products(given, codes)
    return _text(
        device,
        lambda backend: backend.explain(
            given.nodes, given.offsets, given.base, codes, names=check_names(names), threads=thread_count(threads)
        ),
    )


def _search(
    settings: Settings,
    key: Any,
    split: Any,
    index: Any,
    part: tuple[int, int],
    wanted: Any,
    seen: HashSet | None,
    threads: int | None,
    max_attempts: Any,
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64], tuple[tuple[Any, ...], dict[str, Any]]]:
    """Indices and settings checked, and the arguments of the backends' `choose` and `sample`."""
    places = rows_of("index", index, None, np.uint32)
    columns = setting_columns(settings, len(places))
    low, high = _part(part)
    values = np.empty(0, np.int32) if wanted is None else rows_of("wanted", wanted, len(places), np.int32)
    if values.size and ((values < -1) | (values >= columns[:, 4])).any():
        raise InputError("wanted: values must be -1 (any) or below the row's base")
    if seen is not None and not isinstance(seen, HashSet):
        raise InputError(f"seen: must be a HashSet, not {type(seen).__name__}")
    named = {
        "part_low": low,
        "part_high": high,
        "wanted": values,
        "seen": (HashSet() if seen is None else seen).native,
        "max_attempts": whole("max_attempts", max_attempts, 1, 2**32),
        "threads": thread_count(threads),
    }
    return places, columns, ((columns, *_stream(key, split), places), named)


def _stream(key: Any, split: Any) -> tuple[int, int]:
    return whole("key", key, 0, 2**64 - 1), whole("split", split, 0, 2**32 - 1)


def _kernel(device: str, name: str, tables: TableCache | None, columns: npt.NDArray[np.int64]) -> Any:
    """The backend's function; the native ones know of tables."""
    chosen = one_of(device, BACKENDS, name="device")
    kernel = getattr(BACKENDS[chosen], name)
    if chosen != "cpu":
        if tables is not None:
            raise InputError("tables: only device cpu draws from them here; see TreeTables for the reference")
        return kernel
    found, place = ([], np.empty(0, np.int32)) if tables is None else tables.of(columns)

    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return kernel(*arguments, **named, tables=[table.handle for table in found], table_of=place)
        except ValueError as error:
            if tables is None or _NO_TREE not in str(error):
                raise
            raise InputError(_why_no_tree(columns, int(str(error).rsplit(" ", 1)[-1]))) from None

    return call


def _why_no_tree(columns: npt.NDArray[np.int64], row: int) -> str:
    fewest, most, _, *window = columns[row % len(columns), 2:].tolist()
    depths, tokens = window[:2], window[2:]
    return (
        f"settings: row {row}: no tree of depth {range_in_words(*depths)} has {range_in_words(*tokens)} tokens; "
        f"{lengths_in_words(fewest, most, depths, tokens)}"
    )


def _part(part: Any) -> tuple[int, int]:
    if not isinstance(part, Sequence) or isinstance(part, str) or len(part) != 2:
        raise InputError(f"part: must be the least and the largest hash, not {part!r}")
    low, high = (whole("part", int(p) if isinstance(p, np.integer) else p, 0, 2**64 - 1) for p in part)
    if low > high:
        raise InputError(f"part: the least hash, {low}, is above the largest, {high}")
    return low, high


def _trees(arrays: tuple[npt.NDArray[Any], ...], base: npt.NDArray[Any]) -> Trees:
    nodes, offsets, *measures = arrays
    return Trees(nodes, offsets, base.astype(np.int32), *measures)


def _why_nothing(row: int, index: int, most: int, failed: tuple[int, int, int, int]) -> str:
    window, part, value, seen = failed
    hints = (
        "allow more lengths or depths, or another operator_probability",
        "give the split a larger part",
        "ask for another value, or for any (-1)",
        "nearly all trees of these settings are taken: ask for fewer rows, or allow longer trees",
    )
    likely = hints[(seen and 3) or (value and 2) or (part and 1) or 0]
    return (
        f"settings: row {row} (index {index}): none of {most} attempts gave a new tree: {window} were outside of the "
        f"window of tokens and depth, {part} outside of the part, {value} had not the wanted value, {seen} were seen "
        f"before; {likely}, or raise max_attempts"
    )


def _refuse_large_products(trees: Trees, codes: npt.NDArray[np.int32]) -> None:
    is_product = (trees.nodes >> np.uint16(8)) == np.uint16(0x80 | _PM)
    places = np.flatnonzero(is_product)
    if not len(places):
        return
    rows = np.searchsorted(trees.offsets, places, side="right") - 1
    told = codes[rows] == _LONG
    arguments = (trees.nodes[places[told]] & np.uint16(0xFF)).astype(np.float64)
    rows = rows[told]
    bits = arguments * np.log2(np.maximum(trees.base[rows] - 1, 1))
    for k in np.flatnonzero(bits > 62.9).tolist():
        largest = int(trees.base[rows[k]]) - 1
        if largest ** int(arguments[k]) >= 2**63:
            raise InputError(
                f"level: row {rows[k]}: a product of {int(arguments[k])} values up to {largest} could be 2^63 or more, "
                "which a long explanation does not write; take the level medium, fewer arguments or a smaller base"
            )


def _text(device: str, work: Any) -> Text:
    backend = BACKENDS[one_of(device, BACKENDS, name="device")]
    try:
        offsets, data = work(backend)
    except InputError:
        raise
    except ValueError as error:  # what only the kernel can tell: a text too long, a row that is no tree
        raise InputError(str(error)) from error
    return offsets, data
