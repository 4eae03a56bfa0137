"""How likely a teacher finds an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from synthkit.saliency.reading import Window
from synthkit.saliency.teacher import Teacher

__all__ = ["Answer", "answer_ids", "log_likelihood", "of_rows", "padded"]

Answer = int | tuple[int, ...]  # a class, or ids of a text with the end behind it
Rows = Callable[[int, int, bool], int]  # (ids, ids of the answer, with gradients) -> rows that are computed at once

_IGNORED = -100


def answer_ids(teacher: Teacher, text: str, prefix: str) -> tuple[int, ...]:
    """Ids of an answer as text, with the end behind it."""
    ids, _ = teacher.encode(prefix + text)
    if teacher.head == "seq2seq":
        end = () if teacher.end is None else (teacher.end,)
        return (*teacher.before, *ids, *(teacher.after or end))
    return (*ids, *(() if teacher.end is None else (teacher.end,)))


def log_likelihood(
    teacher: Teacher, ids: Tensor, mask: Tensor, answer: Answer, lengths: Tensor | None = None
) -> Tensor:
    """Natural logarithm of the probability of an answer, for each row.

    Args:
        teacher: The model.
        ids: int64 [B, T]; padded on the right. For a causal model the answer is added here, behind each row's text.
        mask: int64 [B, T], 0 where a row is padded.
        answer: A class, or ids.
        lengths: Ids of each row, [B], for a causal model whose rows are padded; None where none is.

    Returns:
        float32 [B].
    """
    if teacher.head == "classification":
        assert isinstance(answer, int)  # noqa: S101
        logits = teacher.network(input_ids=ids, attention_mask=mask).logits.float()
        found: Tensor = logits.log_softmax(-1)[:, answer]
        return found
    assert isinstance(answer, tuple)  # noqa: S101
    said = torch.tensor(answer, device=ids.device).repeat(len(ids), 1)
    if teacher.head == "seq2seq":
        logits = teacher.network(input_ids=ids, attention_mask=mask, labels=said, use_cache=False).logits
        return -F.cross_entropy(logits.float().transpose(1, 2), said, reduction="none").sum(1)
    return _going_on(teacher, ids, mask, said, lengths)


def _going_on(teacher: Teacher, ids: Tensor, mask: Tensor, said: Tensor, lengths: Tensor | None) -> Tensor:
    """Of an answer behind the text: rows are padded behind the answer."""
    whole = torch.cat([ids, said], 1)
    labels = torch.full_like(whole, _IGNORED)
    size = said.shape[1]
    if lengths is None:
        labels[:, -size:] = said
        seen = torch.cat([mask, torch.ones_like(said)], 1)
    else:
        seen = torch.zeros_like(whole)
        for row, length in enumerate(lengths.tolist()):
            whole[row, length : length + size] = said[row]
            whole[row, length + size :] = teacher.pad
            labels[row, length : length + size] = said[row]
            seen[row, : length + size] = 1
    logits = teacher.network(input_ids=whole, attention_mask=seen, use_cache=False).logits[:, :-1].float()
    return -F.cross_entropy(logits.transpose(1, 2), labels[:, 1:], ignore_index=_IGNORED, reduction="none").sum(1)


def padded(teacher: Teacher, windows: Sequence[Window]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, mask and lengths of windows side by side: [B, T], [B, T], [B]."""
    longest = max(len(window.ids) for window in windows)
    ids = np.full((len(windows), longest), teacher.pad, np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
    lengths = torch.tensor([len(window.ids) for window in windows])
    return torch.from_numpy(ids).to(teacher.device), torch.from_numpy(mask).to(teacher.device), lengths


@torch.no_grad()
def of_rows(teacher: Teacher, windows: Sequence[Window], answer: Answer, rows: Rows) -> list[float]:
    """Log likelihood of an answer for each of some windows, as many at a time as memory allows."""
    found: list[float] = []
    order = sorted(range(len(windows)), key=lambda i: (len(windows[i].ids), i), reverse=True)
    size = len(answer) if isinstance(answer, tuple) else 0
    start = 0
    while start < len(order):
        count = rows(len(windows[order[start]].ids), size, False)
        ids, mask, lengths = padded(teacher, [windows[i] for i in order[start : start + count]])
        found += log_likelihood(teacher, ids, mask, answer, lengths).double().cpu().tolist()
        start += count
    values = dict(zip(order, found, strict=True))
    return [values[i] for i in range(len(windows))]
