"""Attention rollout (Abnar and Zuidema 2020, arXiv 2005.00928): how attention passes the words on, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from synthkit.saliency.likelihood import Answer
from synthkit.saliency.reading import Window
from synthkit.saliency.teacher import Teacher

__all__ = ["rolled_out", "rollout_scores"]


def rolled_out(attentions: Sequence[Tensor]) -> Tensor:
    """Product over the layers of half the mean attention of the heads and half the way past it.

    Args:
        attentions: Of each layer, the first first: [heads, T, T], each row sums to 1.

    Returns:
        [T, T]: what of each place (column) is in each place (row) at the end; rows sum to 1.
    """
    size = attentions[0].shape[-1]
    one = torch.eye(size, dtype=torch.float64, device=attentions[0].device)
    found = one
    for each in attentions:
        found = ((each.double().mean(0) + one) / 2) @ found
    return found


@torch.no_grad()
def rollout_scores(teacher: Teacher, window: Window, answer: Answer) -> npt.NDArray[np.float64]:
    """What of each id of a window is where the answer is read off, those outside of the text 0.

    That place is the first id of an encoder's classifier, the last of a decoder's; for an answer as text the places
    that say its ids, of which the mean is taken. Of an encoder-decoder, the decoder's attention to the encoder (mean
    over heads and layers) passes on the encoder's rollout.
    """
    ids = torch.from_numpy(window.ids).to(teacher.device)[None]
    network, seen = teacher.network, torch.ones_like(ids)
    if network.config.is_encoder_decoder:
        given = {} if isinstance(answer, int) else {"labels": torch.tensor([answer], device=teacher.device)}
        out = network(input_ids=ids, attention_mask=seen, output_attentions=True, use_cache=False, **given)
        cross = torch.stack([each[0] for each in out.cross_attentions]).double().mean((0, 1))
        read = cross[-1] if isinstance(answer, int) else cross.mean(0)
        found = read @ rolled_out([each[0] for each in out.encoder_attentions])
    elif isinstance(answer, int):
        out = network(input_ids=ids, attention_mask=seen, output_attentions=True)
        whole = rolled_out([each[0] for each in out.attentions])
        found = whole[-1] if _reads_last(network) else whole[0]
    else:
        said = torch.tensor([answer], device=teacher.device)
        both = torch.cat([ids, said], 1)
        out = network(input_ids=both, attention_mask=torch.ones_like(both), output_attentions=True, use_cache=False)
        whole = rolled_out([each[0] for each in out.attentions])
        found = whole[ids.shape[1] - 1 : -1].mean(0)[: ids.shape[1]]
    return window.of_text(found.cpu().numpy())


def _reads_last(network: torch.nn.Module) -> bool:
    """Whether a classifier reads the last id: those of decoders do, which see to the left alone."""
    ids = torch.zeros(1, 2, dtype=torch.long, device=next(network.parameters()).device)
    first = network(input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=True).attentions[0]
    return bool((first[0, :, 0, 1] == 0).all())
