"""Tiny language models with random weights, built and saved here: for tests and small sizes, where no hub is needed."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

__all__ = ["TINY", "save_tiny"]

_WORDS = (
    *(str(number) for number in range(17)),
    *[
        "MIN",
        "MAX",
        "MED",
        "MEDIAN",
        "SM",
        "SUM",
        "PM",
        "FIRST",
        "LAST",
        "Min",
        "Max",
        "Final",
        "answer",
        "Not",
        "three",
        "Row",
        "Column",
        "Diagonal",
        "empty",
    ],
    *["smallest", "largest", "number", "sorted", "list", "add", "sum", "of", "is", "none", "xor", "Bit"],
)
_CHARACTERS = (*string.digits, *string.ascii_letters, *"[]()=.,:;/_-><|#@+*'")
_SHARED = {"layers": 3, "heads": 2, "width": 32, "wide": 64, "positions": 512}


def save_tiny(architecture: str, folder: Path, seed: int = 0, **size: int) -> None:
    """Write a directory as ``save_pretrained`` does: configuration, weights and tokeniser.

    Args:
        architecture: One of `TINY`.
        folder: Where; made if it is not there.
        seed: Of the weights.
        size: ``layers`` (of each stack), ``heads``, ``width``, ``wide`` (of the feed-forward part), ``positions``.

    Raises:
        ValueError: No such architecture or size.
    """
    if architecture not in TINY:
        raise ValueError(f"no tiny model is called {architecture!r}; there are: {', '.join(TINY)}")
    if set(size) - set(_SHARED):
        raise ValueError(f"a tiny model has no {', '.join(sorted(set(size) - set(_SHARED)))}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network, tokenizer = TINY[architecture]({**_SHARED, **size})
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _bert(size: Mapping[str, int]) -> tuple[Any, Any]:
    from transformers import BertConfig, BertForMaskedLM, BertTokenizer

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_CHARACTERS, *(f"##{c}" for c in _CHARACTERS)]
    vocabulary = _numbered([*pieces, *_WORDS])
    tokenizer = BertTokenizer(vocabulary, do_lower_case=False, model_max_length=size["positions"])
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=size["width"],
        num_hidden_layers=size["layers"],
        num_attention_heads=size["heads"],
        intermediate_size=size["wide"],
        max_position_embeddings=size["positions"],
        pad_token_id=tokenizer.pad_token_id,
    )
    return BertForMaskedLM(config), tokenizer


def _gpt2(size: Mapping[str, int]) -> tuple[Any, Any]:
    from transformers import GPT2Config, GPT2LMHeadModel, GPT2Tokenizer

    vocabulary, merges = _byte_pairs(["<|endoftext|>"])
    tokenizer = GPT2Tokenizer(vocabulary, merges, model_max_length=size["positions"])
    end = tokenizer.eos_token_id
    config = GPT2Config(
        vocab_size=len(vocabulary),
        n_embd=size["width"],
        n_layer=size["layers"],
        n_head=size["heads"],
        n_inner=size["wide"],
        n_positions=size["positions"],
        bos_token_id=end,
        eos_token_id=end,
    )
    return GPT2LMHeadModel(config), tokenizer


def _t5(size: Mapping[str, int]) -> tuple[Any, Any]:
    from transformers import T5Config, T5ForConditionalGeneration, T5Tokenizer

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    words = [f"\u2581{word}" for word in (*_WORDS, *_CHARACTERS)]
    pieces += [(piece, -3.0) for piece in dict.fromkeys((*words, *_CHARACTERS))]
    tokenizer = T5Tokenizer(pieces, extra_ids=0, model_max_length=size["positions"])
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=size["width"],
        d_kv=size["width"] // size["heads"],
        d_ff=size["wide"],
        num_layers=size["layers"],
        num_heads=size["heads"],
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    config.decoder_start_token_id = tokenizer.pad_token_id
    return T5ForConditionalGeneration(config), tokenizer


def _bart(size: Mapping[str, int]) -> tuple[Any, Any]:
    from transformers import BartConfig, BartForConditionalGeneration, BartTokenizer

    vocabulary, merges = _byte_pairs(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer = BartTokenizer(vocabulary, merges, model_max_length=size["positions"])
    config = BartConfig(
        vocab_size=len(vocabulary),
        d_model=size["width"],
        encoder_layers=size["layers"],
        decoder_layers=size["layers"],
        encoder_attention_heads=size["heads"],
        decoder_attention_heads=size["heads"],
        encoder_ffn_dim=size["wide"],
        decoder_ffn_dim=size["wide"],
        max_position_embeddings=size["positions"],
    )
    return BartForConditionalGeneration(config), tokenizer


def _byte_pairs(special: list[str]) -> tuple[dict[str, int], Any]:
    """Bytes as GPT-2 writes them, and the merges that make each word, with and without a space before it."""
    from tokenizers.pre_tokenizers import ByteLevel

    merges: dict[tuple[str, str], None] = {}
    for word in _WORDS:
        for written in (word, f"\u0120{word}"):
            made = written[0]
            for character in written[1:]:
                merges[made, character] = None
                made += character
    for character in _CHARACTERS:
        merges["\u0120", character] = None
    ordered = sorted(merges, key=lambda pair: (len("".join(pair)), pair))
    pieces = [*special, *sorted(ByteLevel.alphabet()), *("".join(pair) for pair in ordered)]
    return _numbered(pieces), ordered


def _numbered(pieces: list[str]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}


# Architecture -> its builder.
TINY: Mapping[str, Callable[[Mapping[str, int]], tuple[Any, Any]]] = {
    "bert": _bert,
    "gpt2": _gpt2,
    "t5": _t5,
    "bart": _bart,
}
