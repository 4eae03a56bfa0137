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
        while found in seen:
            attempt[row] += 1
            _refuse_endless(generator, rows, int(attempt[row]), len(seen))
            found = int(_first_of_part(generator, rows, part, attempt, np.array([row]))[0])
        seen.add(found)
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
        if len(waiting):
            _refuse_endless(generator, rows, int(attempt[wanted[waiting]].max()), None)
    return hashes


def _taken(rows: Rows, chosen: npt.NDArray[np.int64], attempt: npt.NDArray[np.uint32]) -> Rows:
    return replace(
        rows,
        index=rows.index[chosen],
        values={name: column[chosen] for name, column in rows.values.items()},
        indices=rows.indices[chosen],
        attempt=attempt,
    )


def _refuse_endless(generator: TextGenerator, rows: Rows, attempts: int, found: int | None) -> None:
    if attempts < _MOST_ATTEMPTS:
        return
    if found is None:
        raise InputError(f"splits.{rows.split}: none of {attempts} draws belongs to this split; give it a larger share")
    raise InputError(
        f"splits.{rows.split}: an example found nothing new in {attempts} draws, after {found} different inputs: "
        f"{generator.name!r} has hardly more with these settings; ask for fewer examples"
    )
