"""Attention by layer and head: its entropy, and how much of it follows the structure of a text."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from synthkit.analysis.structure import READOUT, Link

__all__ = ["Spans", "entropy", "link_mass", "uniform_attention"]

# First token and last token + 1 of each symbol of a text.
Spans = Sequence[tuple[int, int]]


def entropy(attention: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
    """Entropy of where each token looks, in nats, and relative to looking everywhere alike.

    Args:
        attention: [B, H, Q, K], rows sum to 1.
        visible: bool [B, Q, K]: the keys that a query sees; none for queries that are padding.

    Returns:
        Two arrays [B, H, Q]: the entropy, and the entropy over the logarithm of the number of visible keys (0 where a
        query sees one key only); both 0 for padding.
    """
    seen = visible[:, None]
    shares = attention.float().clamp(min=0) * seen
    found = -(shares * shares.clamp(min=1e-30).log()).sum(-1)
    most = visible.sum(-1).clamp(min=1).float().log()[:, None]
    return found, torch.where(most > 0, found / most.clamp(min=1e-12), torch.zeros_like(found))


def uniform_attention(visible: Tensor) -> Tensor:
    """Attention that looks at all visible keys alike: [B, 1, Q, K]; zeros for padding."""
    counts = visible.sum(-1, keepdim=True).clamp(min=1)
    return (visible.float() / counts)[:, None]


def link_mass(
    attention: Tensor, links: Sequence[Sequence[Link]], spans: Sequence[Spans], readout: Sequence[int]
) -> Tensor:
    """Attention from each link's symbol to its targets.

    A symbol of several tokens attends as the mean of its tokens, and is attended to with the sum over them.

    Args:
        attention: [B, H, Q, K].
        links: Of each text, as many as there are in the text with most of them at most.
        spans: Tokens of each symbol of each text.
        readout: Token of each text that the answer is read from.

    Returns:
        [B, H, L], L the most links of a text; 0 where a text has fewer.
    """
    most = max(map(len, links), default=0)
    size = attention.shape[-1]
    queries = torch.zeros(len(links), most, attention.shape[-2])
    keys = torch.zeros(len(links), most, size)
    for text, of_text in enumerate(links):
        for place, link in enumerate(of_text):
            if link.query == READOUT:
                queries[text, place, readout[text]] = 1.0
            else:
                first, last = spans[text][link.query]
                queries[text, place, first:last] = 1.0 / (last - first)
            for target in link.targets:
                first, last = spans[text][target]
                keys[text, place, first:last] = 1.0
    looked = queries.to(attention)[:, None] @ attention
    return (looked * keys.to(attention)[:, None]).sum(-1)
