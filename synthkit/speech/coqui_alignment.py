"""Phonemes and their times out of what a VITS model returns."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["aligned_phonemes"]


def aligned_phonemes(
    model: Any, outputs: dict[str, Any], num_samples: int, sample_rate: int
) -> tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]:
    """Phonemes with starts and ends, s, of one utterance.

    VITS draws a number of frames for each token (Kim et al. 2021, "Conditional variational autoencoder with adversarial
    learning for end-to-end text-to-speech"); the blank between two phonemes belongs to the first. Nothing where the
    model reads letters.

    Args:
        model: The VITS model.
        outputs: Of its ``synthesize``.
        num_samples: Length of the audio, samples.
        sample_rate: Its rate, Hz.
    """
    tokenizer = model.tokenizer
    if not tokenizer.use_phonemes:
        return (), (), ()
    tokens = outputs["text_inputs"][0].tolist()
    frames = outputs["outputs"]["durations"].reshape(-1).cpu().numpy().astype(np.float64)
    edges = np.concatenate([[0.0], np.cumsum(frames)])
    seconds = edges / max(edges[-1], 1.0) * num_samples / sample_rate
    characters = tokenizer.characters
    special = {characters.pad_id, characters.blank_id, getattr(characters, "bos_id", None)}
    special.add(getattr(characters, "eos_id", None))
    places = [i for i, token in enumerate(tokens) if token not in special]
    ends = [*places[1:], len(tokens)]
    found = [
        (characters.id_to_char(tokens[place]), float(seconds[place]), float(seconds[end]))
        for place, end in zip(places, ends, strict=True)
    ]
    heard = [item for item in found if item[0].strip() and item[0] not in characters.punctuations and item[2] > item[1]]
    if not heard:
        return (), (), ()
    names, starts, stops = zip(*heard, strict=True)
    return names, starts, stops
