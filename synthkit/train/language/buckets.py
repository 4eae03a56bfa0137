"""Batches of texts of about the same length, so that little is padding; a function of seed and step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from synthkit.models.base import Batch
from synthkit.models.language.model import IGNORED, Head
from synthkit.seeds import Permutation, derive_key
from synthkit.train.language.codec import Codec, PatchCodec
from synthkit.train.language.ids import Ints, Pairs, Tokenized
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.order import Order

__all__ = ["Buckets", "Collator", "padding_share", "questions"]

_POOL = 64  # batches that are sorted by length together


class Collator:
    """Makes tensors of rows.

    Args:
        store: Ids of all texts.
        codec: Says what is padding.
        head: What a batch holds.
        device: Where it goes.
        all_tokens: Whether question tokens count for a causal model.
    """

    def __init__(
        self, store: Tokenized, codec: Codec, head: Head, device: torch.device, *, all_tokens: bool = False
    ) -> None:
        self._store, self._codec, self._head, self._device = store, codec, head, device
        self._all_tokens = all_tokens

    def batch(self, rows: Ints, scale: float = 1.0, second_scale: float = 1.0) -> Batch:
        """For training: questions and answers of some rows, see `LanguageModel.terms`.

        Args:
            rows: The rows.
            scale: What the loss of their answers, summed over tokens, is multiplied by.
            second_scale: The same of what they explain.
        """
        store = self._store
        if self._head == "classification":
            found = {**self.questions(rows), "labels": self._tensor(store.labels[rows])}
            return found if store.teacher is None else {**found, "teacher": self._tensor(store.teacher[rows])}
        found = self._answered(store, rows, scale)
        explained = self._explained(rows)
        if store.second is not None and len(explained):
            second = self._answered(store.second, explained, second_scale)
            found |= {f"second_{name}": value for name, value in second.items()}
        return found

    def _answered(self, pairs: Pairs, rows: Ints, scale: float) -> dict[str, torch.Tensor]:
        questions = [pairs.input(row) for row in rows]
        answers = [pairs.target(row) for row in rows]
        if self._head == "seq2seq":
            labels = self._padded(answers, IGNORED)
        elif self._head == "masked":
            frame = len(self._codec.special.before), len(self._codec.special.after)
            labels = self._padded([_inner(ids, *frame) for ids in questions], IGNORED)
        else:
            hidden = [ids if self._all_tokens else np.full_like(ids, IGNORED) for ids in questions]
            labels = self._padded([np.concatenate(pair) for pair in zip(hidden, answers, strict=True)], IGNORED)
            questions = [np.concatenate(pair) for pair in zip(questions, answers, strict=True)]
        weight = torch.tensor(scale, device=self._device)
        return {**self._asked(questions, left=False), "labels": labels, "scale": weight}

    def _explained(self, rows: Ints) -> Ints:
        """Those of some rows that explain something."""
        second = self._store.second
        return rows[:0] if second is None else rows[second.target_sizes(rows) > 0]

    def questions(self, rows: Ints) -> Batch:
        """For answering: questions alone, padded on the left where the answer goes on from them."""
        return self._asked([self._store.input(row) for row in rows], left=self._head == "causal")

    def asked(self, rows: Ints) -> Batch:
        """Questions alone, padded on the right: for looking into a model."""
        return self._asked([self._store.input(row) for row in rows], left=False)

    def answered(self, rows: Ints) -> torch.Tensor:
        """Ids of the answers as labels, [B, S], `IGNORED` where there is none."""
        return self._padded([self._store.target(row) for row in rows], IGNORED)

    def scales(self, rows: Ints, parts: int) -> tuple[float, float]:
        """What makes sums over tokens into means over all tokens that count, of answers and of what is explained.

        Args:
            rows: Of a whole batch.
            parts: Equal parts that the batch is computed in; the mean over them is the batch's.
        """
        if self._head not in ("seq2seq", "causal"):
            return parts / len(rows), 1.0
        scale, second = parts / self._counted(self._store, rows), self._store.second
        return scale, 1.0 if second is None else parts / self._counted(second, self._explained(rows))

    def _counted(self, pairs: Pairs, rows: Ints) -> int:
        """Tokens of some rows that count."""
        count = int(pairs.target_sizes(rows).sum())
        if self._all_tokens:  # the first token of a question has nothing before it
            count += int((pairs.input_sizes(rows) - 1).sum())
        return max(count, 1)

    def _asked(self, questions: Sequence[npt.NDArray[np.int32]], *, left: bool) -> dict[str, torch.Tensor]:
        if isinstance(self._codec, PatchCodec):
            return self._patches(questions)
        ids = self._padded(questions, self._codec.special.pad, left=left)
        mask = self._padded([np.ones_like(ids) for ids in questions], 0, left=left)
        return {"input_ids": ids, "attention_mask": mask}

    def _patches(self, questions: Sequence[npt.NDArray[np.int32]]) -> dict[str, torch.Tensor]:
        """[B, T, patch], and a mask that covers the special ids around the patches."""
        patch = self._codec.patch  # type: ignore[attr-defined]
        before, after = len(self._codec.special.before), len(self._codec.special.after)
        left = before == after == 0  # without an end token the last position is that of the answer
        values = self._padded(questions, 0, left=left)
        count = values.shape[1] // patch
        sizes = torch.tensor([len(ids) // patch for ids in questions], device=self._device)
        place = torch.arange(count, device=self._device)
        mask = place >= count - sizes[:, None] if left else place < sizes[:, None]
        ends = torch.ones(len(questions), 1, dtype=torch.long, device=self._device)
        mask = torch.cat([ends.expand(-1, before), mask.long(), ends.expand(-1, after)], 1)
        return {"patches": values.view(len(values), count, patch).float(), "attention_mask": mask}

    def _padded(self, rows: Sequence[npt.NDArray[np.int32]], fill: int, *, left: bool = False) -> torch.Tensor:
        longest = max(map(len, rows))
        found = np.full((len(rows), longest), fill, np.int64)
        for place, ids in enumerate(rows):
            found[place, longest - len(ids) if left else 0 : longest if left else len(ids)] = ids
        return self._tensor(found)

    def _tensor(self, values: npt.NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(values).to(self._device, non_blocking=True)


def _inner(ids: npt.NDArray[np.int32], before: int, after: int) -> npt.NDArray[np.int32]:
    """Ids as labels; special ones at both ends do not count."""
    found = ids.copy()
    found[:before] = IGNORED
    found[len(ids) - after :] = IGNORED
    return found


class Buckets:
    """What each step is given.

    Passes go over all rows in orders of their own. The rows of 64 batches at a time are sorted by length and cut into
    batches, which come in an order of their own: a batch holds texts of about one length, and which ones is drawn.

    Args:
        store: Ids of all texts.
        collator: Makes tensors of rows.
        experiment: Its batch size, seed and name.
        name: Of the split, so that its order is its own.
        parts: Parts of a batch, over all processes and accumulated parts.
        mine: The parts of this process.
    """

    def __init__(
        self,
        store: Tokenized,
        collator: Collator,
        experiment: LanguageExperiment,
        name: str,
        *,
        parts: int = 1,
        mine: range = range(1),
    ) -> None:
        self._lengths, self._collator, self._parts, self._mine = store.lengths, collator, parts, mine
        self._batch, self._seed, self._name = (
            experiment.training.batch_size,
            experiment.seed,
            f"{experiment.name}-{name}",
        )
        self._order = Order(len(store), self._batch * _POOL, experiment.seed, self._name)
        self._pool: tuple[int, Ints] | None = None

    def at(self, step: int) -> list[Batch]:
        """The accumulated parts of the batch of a step, in order."""
        rows = self.rows(step)
        size = len(rows) // self._parts
        scales = self._collator.scales(rows, self._parts)
        return [self._collator.batch(rows[p * size : (p + 1) * size], *scales) for p in self._mine]

    def tokens(self, step: int) -> int:
        """Ids of questions and answers that a step reads, over all processes, without padding."""
        return int(self._lengths[self.rows(step)].sum())

    def rows(self, step: int) -> Ints:
        """Rows of the batch of a step, shorter texts first: int64 [batch_size]."""
        number = step // _POOL
        if self._pool is None or self._pool[0] != number:
            self._pool = number, self._sorted(number)
        found: Ints = self._pool[1][step % _POOL]
        return found

    def _sorted(self, number: int) -> Ints:
        """The batches of a pool: [64, batch_size]."""
        rows = self._order.batch(number)
        rows = rows[np.argsort(self._lengths[rows], kind="stable")].reshape(_POOL, self._batch)
        key = derive_key(self._seed, self._name, f"train-buckets-{number}")
        return rows[Permutation(key, _POOL)(np.arange(_POOL))]


def questions(lengths: Ints, size: int) -> Iterator[Ints]:
    """Rows in batches for answering, the longest first."""
    order = np.argsort(-lengths, kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]


def padding_share(lengths: Ints, batches: Iterator[Ints]) -> float:
    """Share of all positions of some batches that is padding."""
    filled = total = 0
    for rows in batches:
        filled += int(lengths[rows].sum())
        total += len(rows) * int(lengths[rows].max())
    return 1 - filled / total
