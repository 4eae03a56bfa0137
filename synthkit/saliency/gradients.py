"""Saliency by gradients, through captum: of the answer's log likelihood by the vectors of the words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synthkit.saliency.likelihood import Answer, log_likelihood
from synthkit.saliency.reading import Window
from synthkit.saliency.teacher import Teacher

__all__ = ["Baseline", "Gradients", "gradient_scores"]

Baseline = Literal["pad", "mask", "zero"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gradients:
    """How gradients are taken.

    Attributes:
        method: ``saliency``, ``input_x_gradient`` or ``integrated_gradients``.
        steps: Points of the path of integrated gradients.
        baseline: Where that path begins: the vector of the padding or mask token in place of each word, or zeros.
    """

    method: str
    steps: int = 32
    baseline: Baseline = "pad"


def gradient_scores(
    teacher: Teacher, window: Window, answer: Answer, how: Gradients, rows: Callable[[int, int, bool], int]
) -> tuple[Floats, float]:
    """A number for each id of a window, those outside of the text 0.

    Args:
        teacher: The model.
        window: What it reads.
        answer: What is explained.
        how: Which method.
        rows: How many rows are computed at once.

    Returns:
        ``saliency``: the norm of the gradient (Simonyan et al. 2014). ``input_x_gradient``: its product with the
        vector. ``integrated_gradients``: the mean gradient on the way from the baseline, times the way (Sundararajan
        et al. 2017), by the Gauss-Legendre rule. And by how much the latter miss the difference of the log likelihoods
        at both ends, nats; NaN for the others.
    """
    from captum.attr import InputXGradient, IntegratedGradients, Saliency

    ids = torch.from_numpy(window.ids).to(teacher.device)[None]
    vectors = teacher.vectors(ids).requires_grad_()

    def answers(given: Tensor) -> Tensor:
        count = len(given)
        with teacher.reading(_whole(teacher, given, answer)):
            return log_likelihood(teacher, ids.expand(count, -1), torch.ones_like(ids).expand(count, -1), answer)

    delta = float("nan")
    if how.method == "saliency":
        found = Saliency(answers).attribute(vectors, abs=False).norm(dim=-1)
    elif how.method == "input_x_gradient":
        found = InputXGradient(answers).attribute(vectors).sum(-1)
    else:
        size = len(answer) if isinstance(answer, tuple) else 0
        result, gap = IntegratedGradients(answers).attribute(
            vectors.detach(),
            _baseline(teacher, window, vectors, how.baseline),
            n_steps=how.steps,
            method="gausslegendre",
            internal_batch_size=rows(len(window.ids), size, True),
            return_convergence_delta=True,
        )
        found, delta = result.sum(-1), float(gap.abs().max())
    scores = found[0].detach().double().cpu().numpy()
    return window.of_text(scores), delta


def _whole(teacher: Teacher, vectors: Tensor, answer: Answer) -> Tensor:
    """For a causal model, with the vectors of the answer behind them."""
    if teacher.head != "causal" or not isinstance(answer, tuple):
        return vectors
    behind = teacher.vectors(torch.tensor(answer, device=teacher.device))
    return torch.cat([vectors, behind.expand(len(vectors), -1, -1)], 1)


def _baseline(teacher: Teacher, window: Window, vectors: Tensor, kind: Baseline) -> Tensor:
    """The vectors with those of the text replaced; special ids stay as they are."""
    found = vectors.clone()
    first, last = window.inside
    if kind == "zero":
        found[:, first:last] = 0
        return found
    mask = teacher.tokenizer.mask_token_id
    number = mask if kind == "mask" and mask is not None else teacher.pad
    found[:, first:last] = teacher.vectors(torch.tensor([number], device=teacher.device))
    return found
