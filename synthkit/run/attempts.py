"""Which random draw of each example counts: what keeps inputs unique and splits apart.

A text that is drawn belongs to the split in whose part of the 64-bit numbers its hash falls; parts are in proportion to
the splits' sizes. So splits cannot share a text, and need not know of each other. Inside a split, each example takes
the first of its draws 0, 1, 2, ... that belongs to the split and occurs at no smaller index. The number of that draw is
kept for each example (``attempts.parquet`` beside the recipe), so that any example can be made again at once.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from synthkit.errors import WorkError
from synthkit.generators import TextGenerator
from synthkit.generators.unique import Chooser
from synthkit.plan import Plan
from synthkit.records import Rows
from synthkit.storage import Storage

__all__ = ["ATTEMPTS", "AttemptSearch", "Attempts", "read_attempts", "split_parts"]

ATTEMPTS = "attempts.parquet"
_CHUNK = 32768
_CHUNK_BYTES = 32 * 2**20
_LEAST = 256
_LARGEST = 2**64


@dataclass(frozen=True, slots=True)
class Attempts:
    """The draw that counts for each example: split -> uint32 [examples]."""

    of: Mapping[str, npt.NDArray[np.uint32]]

    def applied(self, rows: Rows) -> Rows:
        """Rows with their attempts."""
        return replace(rows, attempt=self.of[rows.split][rows.index])

    def to_parquet(self) -> bytes:
        """A table with the columns ``split`` and ``attempt``, splits one after the other."""
        codes = np.repeat(np.arange(len(self.of), dtype=np.int32), [len(column) for column in self.of.values()])
        # From buffers, since pyarrow imports pandas (0.3 s) to look at a NumPy array.
        indices = pa.Array.from_buffers(pa.int32(), len(codes), [None, pa.py_buffer(codes)])
        splits = pa.DictionaryArray.from_arrays(indices, pa.array(list(self.of)))
        columns = [pa.py_buffer(np.concatenate([*self.of.values(), np.empty(0, np.uint32)]))]
        attempt = pa.Array.from_buffers(pa.uint32(), len(splits), [None, *columns])
        table = pa.table({"split": splits, "attempt": attempt})
        sink = io.BytesIO()
        pq.write_table(table, sink, compression="zstd", use_dictionary=["split"])
        return sink.getvalue()


def read_attempts(root: Storage, path: str, sizes: Mapping[str, int]) -> Attempts:
    """Read what `Attempts.to_parquet` made.

    Raises:
        WorkError: It is damaged, or not of these sizes.
    """
    try:
        column = (
            pq.read_table(pa.py_buffer(root.read(path)), columns=["attempt"])
            .column("attempt")
            .to_numpy()
            .astype(np.uint32)
        )
    except (OSError, pa.ArrowException) as error:
        raise WorkError(f"{ATTEMPTS}: not readable as parquet: {error}") from None
    if len(column) != sum(sizes.values()):
        raise WorkError(f"{ATTEMPTS}: holds {len(column)} attempts for {sum(sizes.values())} examples")
    ends = np.cumsum(list(sizes.values()))[:-1]
    return Attempts(dict(zip(sizes, np.split(column, ends), strict=True)))


def split_parts(sizes: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """First and last 64-bit hash that belongs to each split, in proportion to the sizes."""
    parts, taken, total = {}, 0, sum(sizes.values())
    for split, size in sizes.items():
        first, taken = taken, taken + size
        parts[split] = (_LARGEST * first // total, _LARGEST * taken // total - 1)
    return parts


class AttemptSearch:
    """Finds attempts in index order, a chunk at a time, as far as somebody asks."""

    def __init__(self, plan: Plan, generator: TextGenerator, threads: int = 1) -> None:
        self._plan = plan
        self._chunk = min(_CHUNK, max(_CHUNK_BYTES // generator.layout.bytes_per_example, _LEAST))
        self._chooser = Chooser(generator, split_parts(plan.full_sizes), threads)
        self._found: dict[str, npt.NDArray[np.uint32]] = {split: np.empty(0, np.uint32) for split in plan.sizes}

    def upto(self, split: str, count: int) -> npt.NDArray[np.uint32]:
        """Attempts of the first ``count`` examples of a split, or of more.

        Raises:
            InputError: There are not so many different texts.
        """
        pieces = [self._found[split]]
        first = len(self._found[split])
        while first < count:
            size = min(self._chunk, self._plan.sizes[split] - first, max(count - first, _LEAST))
            pieces.append(self._chooser.choose(self._plan.rows(split, first, size)))
            first += size
        self._found[split] = np.concatenate(pieces)
        return self._found[split]

    def all(self) -> Attempts:
        """Attempts of all examples."""
        return Attempts({split: self.upto(split, size) for split, size in self._plan.sizes.items()})
