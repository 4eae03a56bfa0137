"""Codecs for a model and a task: its own tokeniser, its entries as symbols, fresh symbols, or patches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from synthkit.errors import InputError, WorkError
from synthkit.records import TextExample
from synthkit.storage.files import write_file
from synthkit.train.directory import explained
from synthkit.train.language.codec import (
    MASK,
    Codec,
    OwnCodec,
    PatchCodec,
    SpecialIds,
    SymbolCodec,
    symbols_of,
)
from synthkit.train.language.loading import Opened, open_tokenizer
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.texts import Texts
from synthkit.train.language.wording import Wording

__all__ = ["fit_codec", "keep_symbols", "kept_symbols", "read_symbols", "task_symbols"]

_FILE = "vocabulary.json"
_MARKS = ("", "\u0120", "\u2581")  # of GPT-2 and of sentencepiece: a word with a space before it
_NEWLINES = {"\n": "\u010a"}


def task_symbols(experiment: LanguageExperiment, texts: Texts) -> list[str]:
    """Symbols of the training texts, and of their answers where the model writes them, in alphabetical order."""
    found: set[str] = set()
    wording = Wording(experiment, texts, MASK)
    writes = experiment.model.head != "classification"
    index = 0
    for chunk in texts.chunks():
        for example in chunk:
            # Also of what a mask hides here: it may be shown elsewhere.
            found.update(symbols_of(example.input), symbols_of(wording.question(example, index)))
            if writes:
                found.update(*map(symbols_of, _said(wording, example, index)))
            index += 1
    if writes:
        found.update(symbols_of(experiment.tokens.separator))
    return sorted(found)


def _said(wording: Wording, example: TextExample, index: int) -> list[str]:
    """What may be said of an example, and the question for its explanation."""
    second = wording.second(example, index)
    said = [example.target, wording.explanation(example), *wording.answers([example], index)]
    return said if second is None else [*said, second.question, second.said]


def kept_symbols(experiment: LanguageExperiment, texts: Texts, folder: Path | None) -> list[str]:
    """The task's symbols: those that the run's folder keeps, or those of the texts. Empty where none are needed.

    Raises:
        WorkError: The file is damaged.
    """
    if experiment.tokens.scheme not in ("symbols", "fresh"):
        return []
    if folder is not None and (folder / _FILE).is_file():
        return read_symbols(folder)
    return task_symbols(experiment, texts)


def keep_symbols(folder: Path, symbols: list[str]) -> None:
    """Keep the task's symbols in a run's folder, where it keeps none.

    Raises:
        WorkError: They cannot be written.
    """
    if symbols and not (folder / _FILE).is_file():
        said = json.dumps({"symbols": symbols}, ensure_ascii=False, indent=0) + "\n"
        with explained(folder / _FILE):
            write_file(folder, _FILE, said.encode())


def read_symbols(folder: Path) -> list[str]:
    """The symbols that a run's folder keeps; none where it keeps none.

    Raises:
        WorkError: The file is damaged.
    """
    path = folder / _FILE
    if not path.is_file():
        return []
    try:
        return [str(symbol) for symbol in json.loads(path.read_text())["symbols"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkError(f"{path}: damaged: {error}") from None


def fit_codec(experiment: LanguageExperiment, place: str, opened: Opened, symbols: list[str]) -> tuple[Codec, Opened]:
    """The codec of an experiment, and the model with a table of embeddings that fits it.

    Args:
        experiment: Its tokens and head.
        place: Where the model is.
        opened: The model; its table of embeddings is exchanged for ``fresh`` symbols.
        symbols: Of the task.

    Raises:
        InputError: A symbol has no entry in the vocabulary, or shares one.
    """
    tokens, head = experiment.tokens, experiment.model.head
    tokenizer = open_tokenizer(place)
    special = _special(tokenizer, opened.network.config, head)
    _say_padding(opened.network, special)
    if tokens.scheme == "own":
        return OwnCodec(tokenizer, special, tokens.separator, tokens.newline), opened
    if tokens.scheme == "patches":
        return PatchCodec(tokens.patch, special), opened
    if tokens.scheme == "symbols":
        ids = _entries(symbols, tokens.map, tokenizer.get_vocab(), place)
        return SymbolCodec(ids, special, _separator(ids, tokens.separator, head)), opened
    fresh = _fresh_special(special, opened.network)
    taken = {fresh.pad, *fresh.before, *fresh.after, fresh.end, fresh.mask}
    free = (number for number in range(len(symbols) + len(taken)) if number not in taken)
    ids = dict(zip(symbols, free, strict=False))
    size = max([*ids.values(), *(number for number in taken if number is not None)]) + 1
    named = _exchange_tables(opened.network, size, fresh)
    codec = SymbolCodec(ids, fresh, _separator(ids, tokens.separator, head))
    return codec, Opened(opened.network, opened.fresh | named, opened.limit)


def _special(tokenizer: Any, config: Any, head: str) -> SpecialIds:
    around, alone = tokenizer("a")["input_ids"], tokenizer("a", add_special_tokens=False)["input_ids"]
    start = next((i for i in range(len(around)) if around[i : i + len(alone)] == alone), 0)
    before, after = around[:start], around[start + len(alone) :]
    end = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else config.eos_token_id
    pad = next((i for i in (tokenizer.pad_token_id, config.pad_token_id, end) if i is not None), 0)
    if head == "causal":
        before, after = [], []
        if end is None:
            raise InputError("model.path: its tokeniser has no token for the end of a text, which a causal model needs")
    if head == "masked" and tokenizer.mask_token_id is None:
        raise InputError("model.head: its tokeniser has no token for hidden words; masked does not go with it")
    return SpecialIds(before, after, pad, end, tokenizer.mask_token_id)


def _say_padding(network: Any, special: SpecialIds) -> None:
    """Let the configuration name the ids that the batches are made with."""
    network.config.pad_token_id = special.pad
    if network.config.eos_token_id is None:
        network.config.eos_token_id = special.end


def _entries(
    symbols: Iterable[str], given: Mapping[str, str], vocabulary: Mapping[str, int], place: str
) -> dict[str, int]:
    """Symbol -> id of its entry."""
    found: dict[str, int] = {}
    missing: list[str] = []
    for symbol in symbols:
        entry = _entry(symbol, given, vocabulary, set(found.values()))
        if entry is None:
            missing.append(symbol)
        else:
            found[symbol] = entry
    if missing:
        named = ", ".join(repr(symbol) for symbol in missing[:8]) + (", ..." if len(missing) > 8 else "")
        raise InputError(
            f"tokens.map: the vocabulary of {place} has no entry of its own for {named}; name one, e.g. "
            f"--set 'tokens.map.{missing[0]}=word'"
        )
    return found


def _entry(symbol: str, given: Mapping[str, str], vocabulary: Mapping[str, int], taken: set[int]) -> int | None:
    if symbol in given:
        if given[symbol] not in vocabulary:
            raise InputError(f"tokens.map: {given[symbol]!r}, for {symbol!r}, is not in the vocabulary")
        number = vocabulary[given[symbol]]
        if number in taken:
            raise InputError(f"tokens.map: {given[symbol]!r} stands for two symbols, one of them {symbol!r}")
        return number
    bare = symbol.strip("[](){}<>.,:;") or symbol
    words = [symbol, _NEWLINES.get(symbol, symbol), bare, bare.lower(), bare.capitalize()]
    for word in words:
        for mark in reversed(_MARKS):
            number = vocabulary.get(f"{mark}{word}", -1)
            if number >= 0 and number not in taken:
                return number
    return None


def _separator(ids: Mapping[str, int], separator: str, head: str) -> int | None:
    if head not in ("causal", "masked"):
        return None
    found = symbols_of(separator)
    if len(found) != 1:
        raise InputError(f"tokens.separator: must be one symbol with this scheme, not {separator!r}")
    return ids[found[0]]


def _fresh_special(special: SpecialIds, network: Any) -> SpecialIds:
    """Small ids; padding stays where the table of embeddings has it."""
    pad = getattr(network.get_input_embeddings(), "padding_idx", None)
    pad = 0 if pad is None or pad > 4 else int(pad)
    before, end, mask = (number for number in range(4) if number != pad)
    return SpecialIds(
        [before] * len(special.before), [end] * len(special.after), pad, end, None if special.mask is None else mask
    )


def _exchange_tables(network: Any, size: int, special: SpecialIds) -> frozenset[str]:
    """New tables of input and output embeddings with as large numbers as the old ones had; their names."""
    deviation = float(network.get_input_embeddings().weight.detach().std())
    network.resize_token_embeddings(size, mean_resizing=False)
    tables = (network.get_input_embeddings(), network.get_output_embeddings())
    changed = {id(table.weight): table.weight for table in tables if table is not None}
    with torch.no_grad():
        for weight in changed.values():
            weight.normal_(0.0, deviation)
    config = network.config
    old_start = getattr(config, "decoder_start_token_id", None)
    if old_start is not None:
        config.decoder_start_token_id = special.pad if old_start == config.pad_token_id else special.end
    config.pad_token_id, config.eos_token_id = special.pad, special.end
    config.bos_token_id = special.before[0] if special.before else special.end
    return frozenset(name for name, p in network.named_parameters() if id(p) in changed or "predictions.bias" in name)
