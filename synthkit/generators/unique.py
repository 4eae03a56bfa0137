"""Which draw of a random example counts: the first whose input is new and belongs to the example's split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.generators.base import TextGenerator
from synthkit.ops.unique import HashSet, hash_strings
from synthkit.records import Rows

__all__ = ["Chooser", "ChoosesItself"]

_MOST_ATTEMPTS = 2**16
_MOST_AT_ONCE = 512


@runtime_checkable
class ChoosesItself(Protocol):
    """A generator with a faster way than making every candidate."""

    def choose(self, rows: Rows, part: tuple[int, int], seen: HashSet, threads: int) -> npt.NDArray[np.uint32]:
        """The attempt of each row, uint32 [n]; the hashes of the chosen inputs are added to ``seen``, in order.

        Args:
            rows: Consecutive examples of a split.
            part: First and last hash of the inputs that belong to the split.
            seen: Hashes of the split's inputs at smaller indices.
            threads: Threads to use; the result does not depend on them.
        """


class Chooser:
    """Chooses attempts for the splits of a dataset, each in index order.

    Args:
        generator: Whose ``source`` is ``attempts``.
        parts: Split -> first and last hash of the inputs that belong to it.
        threads: Threads to use.
    """

    def __init__(self, generator: TextGenerator, parts: Mapping[str, tuple[int, int]], threads: int) -> None:
        self._generator = generator
        self._parts = parts
        self._threads = threads
        self._native = {split: HashSet() for split in parts}
        self._seen: dict[str, set[int]] = {split: set() for split in parts}

    def choose(self, rows: Rows) -> npt.NDArray[np.uint32]:
        """Attempts of the next rows of their split, uint32 [n].

        Raises:
            InputError: A row finds nothing new: there are not so many different inputs.
        """
        part = self._parts[rows.split]
        if isinstance(self._generator, ChoosesItself):
            return self._generator.choose(rows, part, self._native[rows.split], self._threads)
        return _choose_by_making(self._generator, rows, part, self._seen[rows.split])


def _choose_by_making(
    generator: TextGenerator, rows: Rows, part: tuple[int, int], seen: set[int]
) -> npt.NDArray[np.uint32]:
    """Make candidates; those of the wrong split are drawn again all together, repeats one after the other."""
    attempt = np.zeros(len(rows), np.uint32)
    hashes = _first_of_part(generator, rows, part, attempt, np.arange(len(rows)))
    for row, found in enumerate(hashes.tolist()):
        new = _first_new(generator, rows, part, attempt, row, seen) if found in seen else found
        seen.add(new)
    return attempt


def _first_of_part(
    generator: TextGenerator,
    rows: Rows,
    part: tuple[int, int],
    attempt: npt.NDArray[np.uint32],
    wanted: npt.NDArray[np.int64],
) -> npt.NDArray[np.uint64]:
    """Raise the attempts of the wanted rows, in place, until each input belongs to the split; returns their hashes."""
    hashes = np.empty(len(wanted), np.uint64)
    waiting = np.arange(len(wanted))
    low, high = (np.uint64(end) for end in part)
    while len(waiting):
        chosen = wanted[waiting]
        texts = generator.make(_taken(rows, chosen, attempt[chosen])).input
        found = hash_strings(texts.offsets, texts.data)
        inside = (found >= low) & (found <= high)
        hashes[waiting[inside]] = found[inside]
        waiting = waiting[~inside]
        attempt[wanted[waiting]] += 1
        if len(waiting) and attempt[wanted[waiting]].max() >= _MOST_ATTEMPTS:
            raise InputError(
                f"splits.{rows.split}: none of {_MOST_ATTEMPTS} draws belongs to this split; give it a larger share"
            )
    return hashes


def _first_new(
    generator: TextGenerator,
    rows: Rows,
    part: tuple[int, int],
    attempt: npt.NDArray[np.uint32],
    row: int,
    seen: set[int],
) -> int:
    """Raise the attempt of a row, in place, until its input belongs to the split and is new; returns its hash.

    Draws are made in blocks that grow: a call takes longer than a draw, and a row that repeats often, repeats long.
    """
    low, high = (np.uint64(end) for end in part)
    first, count = int(attempt[row]) + 1, 1
    while first < _MOST_ATTEMPTS:
        tried = np.arange(first, min(first + count, _MOST_ATTEMPTS), dtype=np.uint32)
        texts = generator.make(_taken(rows, np.full(len(tried), row), tried)).input
        found = hash_strings(texts.offsets, texts.data)
        for place in np.flatnonzero((found >= low) & (found <= high)).tolist():
            if int(found[place]) not in seen:
                attempt[row] = tried[place]
                return int(found[place])
        first, count = first + len(tried), min(2 * count, _MOST_AT_ONCE)
    raise InputError(
        f"splits.{rows.split}: an example found nothing new in {_MOST_ATTEMPTS} draws, after {len(seen)} different "
        f"inputs: {generator.name!r} has hardly more with these settings; ask for fewer examples"
    )


def _taken(rows: Rows, chosen: npt.NDArray[np.int64], attempt: npt.NDArray[np.uint32]) -> Rows:
    return replace(
        rows,
        index=rows.index[chosen],
        values={name: column[chosen] for name, column in rows.values.items()},
        indices=rows.indices[chosen],
        attempt=attempt,
    )
