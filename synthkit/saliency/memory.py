"""How much is computed at once, so that a stated amount of memory is enough."""

from __future__ import annotations

from typing import Any

from synthkit.errors import InputError
from synthkit.saliency.teacher import Teacher

__all__ = ["Memory", "row_bytes"]

_FLOAT = 4
_SHORTEST = 8  # ids of a text in a window


def row_bytes(config: Any, ids: int, answer: int, *, gradients: bool) -> int:
    """Upper estimate of the activations of one row, bytes.

    A layer keeps, for its backward pass, some dozen vectors of the width for each id (projections, residual sums,
    normalisations), its wide part three times, and attention weights three times for each head. Without gradients one
    layer is there at a time.

    Args:
        config: Of the model.
        ids: Ids that are read.
        answer: Ids of the answer.
        gradients: Whether a backward pass follows.
    """
    width: int = config.hidden_size
    wides = [
        int(getattr(config, n)) for n in ("intermediate_size", "d_ff", "encoder_ffn_dim", "n_inner") if _has(config, n)
    ]
    wide = wides[0] if wides else 4 * width
    heads: int = config.num_attention_heads
    encoder = _layers(config, "encoder_layers")
    decoder = _layers(config, "decoder_layers", "num_decoder_layers") if config.is_encoder_decoder else 0
    causal = not config.is_encoder_decoder and answer > 0
    read = ids + (answer if causal else 0)
    one = _layer(read, read, width, wide, heads)
    said = answer or ids  # a classifier's decoder reads the text again
    other = _layer(said, read + said, 2 * width, wide, heads) if decoder else 0
    layers = encoder * one + decoder * other if gradients else 2 * max(one, other)
    logits = 4 * int(config.vocab_size) * (read if causal else answer)
    return _FLOAT * (layers + logits + 8 * read * width)


def _layer(ids: int, seen: int, width: int, wide: int, heads: int) -> int:
    """Numbers that a layer keeps."""
    return 16 * ids * width + 4 * ids * wide + 4 * heads * ids * seen


def _has(config: Any, name: str) -> bool:
    return isinstance(getattr(config, name, None), int)


def _layers(config: Any, *names: str) -> int:
    found = next((getattr(config, n) for n in names if _has(config, n)), None)
    return int(found if found is not None else config.num_hidden_layers)


class Memory:
    """Rows and lengths that fit.

    Args:
        teacher: The model.
        limit: Bytes, for weights and activations together.

    Raises:
        InputError: Its weights and one short text take more.
    """

    def __init__(self, teacher: Teacher, limit: int) -> None:
        self._config = teacher.network.config
        self._frame = len(teacher.before) + len(teacher.after)
        self._most = teacher.limit
        weights = sum(p.numel() * p.element_size() for p in teacher.network.parameters())
        self._free = limit - weights
        least = row_bytes(self._config, _SHORTEST + self._frame, 1, gradients=True)
        if self._free < least:
            raise InputError(
                f"params.max_memory: {limit:,} bytes are not enough for this teacher: its weights take {weights:,}, "
                f"and a text of {_SHORTEST} tokens {least:,} more; allow more (--max-memory)"
            )

    def rows(self, ids: int, answer: int, gradients: bool) -> int:
        """Rows of some length that are computed at once; at least 1."""
        size = row_bytes(self._config, ids, answer, gradients=gradients)
        return max(int(self._free // size), 1)

    def room(self, answer: int, *, causal: bool) -> int:
        """Most ids of a text that one row with gradients has room for, beside special ones and the answer."""
        low, high = _SHORTEST, 1 << 20
        if self._most is not None:
            high = max(self._most - self._frame - (answer if causal else 0), 1)
        low = min(low, high)
        while low < high:
            middle = (low + high + 1) // 2
            fits = row_bytes(self._config, middle + self._frame, answer, gradients=True) <= self._free
            low, high = (middle, high) if fits else (low, middle - 1)
        return low
