"""What a model answers: a class of each text, or a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from synthkit.models.language.model import LanguageModel
from synthkit.train.language.buckets import Collator, questions
from synthkit.train.language.codec import Codec
from synthkit.train.language.token_store import Tokenized

__all__ = ["Answers", "answer_classes", "answer_texts"]

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Answers:
    """Of all texts of a split, in order.

    Attributes:
        said: What was said, class names too.
        confidence: Probability of the class, None where the model writes text.
        full: How many answers were cut off at the longest length.
    """

    said: list[str]
    confidence: npt.NDArray[np.float32] | None
    full: int = 0


@torch.no_grad()
def answer_classes(
    model: LanguageModel,
    store: Tokenized,
    collator: Collator,
    classes: tuple[str, ...],
    batch_size: int,
    on_progress: OnProgress | None = None,
) -> Answers:
    """The likeliest class; of a text in windows, by the mean of their log probabilities."""
    model.eval()
    total = np.zeros((int(store.rows.max()) + 1, len(classes)), np.float64)
    windows = np.bincount(store.rows, minlength=len(total))
    done = 0
    for rows in questions(np.diff(store.input_starts), batch_size):
        scores = model.logits(collator.questions(rows)).log_softmax(1).double().cpu().numpy()
        np.add.at(total, store.rows[rows], scores)
        done += len(rows)
        if on_progress is not None:
            on_progress(done, len(store))
    mean = total / windows[:, None]
    best = mean.argmax(1)
    likely = np.exp(mean)
    share = (likely / likely.sum(1, keepdims=True))[np.arange(len(best)), best].astype(np.float32)
    return Answers([classes[k] for k in best], share)


@torch.no_grad()
def answer_texts(
    model: LanguageModel,
    store: Tokenized,
    collator: Collator,
    codec: Codec,
    batch_size: int,
    max_new_tokens: int,
    on_progress: OnProgress | None = None,
) -> Answers:
    """Greedy decoding; texts of about one length are answered together."""
    model.eval()
    said = [""] * len(store)
    ends = {codec.special.end, codec.special.pad, model.network.config.eos_token_id}
    done = full = 0
    for rows in questions(np.diff(store.input_starts), batch_size):
        found = model.answers(collator.questions(rows), max_new_tokens).cpu().numpy()
        for row, ids in zip(rows, found, strict=True):
            ended = [place for place, number in enumerate(ids) if number in ends]
            full += not ended and len(ids) >= max_new_tokens
            said[int(store.rows[row])] = codec.decode(ids[: ended[0]].tolist() if ended else ids.tolist())
        done += len(rows)
        if on_progress is not None:
            on_progress(done, len(store))
    return Answers(said, None, full)
