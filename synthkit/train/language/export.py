"""A trained language model as a directory that transformers reads, and that other trainings begin with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from synthkit.errors import InputError, WorkError
from synthkit.models.language.quiet import quiet
from synthkit.train.language.codec import SymbolCodec
from synthkit.train.language.loading import model_place, open_tokenizer
from synthkit.train.language.symbol_tokenizer import symbol_tokenizer
from synthkit.train.language.trained import load_language_run, open_language_run

__all__ = ["export_model"]


def export_model(run: Path, out: Path) -> None:
    """Write configuration, weights (adapters merged) and tokeniser, as ``save_pretrained`` does.

    Args:
        run: Directory of a finished training.
        out: A new directory.

    Raises:
        InputError: No such training, one that reads patches of numbers, or the directory is there.
        WorkError: Damaged files, or a full disk.
    """
    opened = open_language_run(run)
    if opened.experiment.tokens.scheme == "patches":
        raise InputError(f"{run}: reads patches of numbers, which no tokeniser makes; use another tokens.scheme")
    if out.exists():
        raise InputError(f"{out}: is there already; choose a new directory")
    ready = load_language_run(opened)
    network = _merged(ready.model.network)
    if opened.experiment.tokens.scheme == "fresh" and isinstance(ready.codec, SymbolCodec):
        tokenizer = symbol_tokenizer(ready.codec, ready.limit)
        _say_fresh_ids(network)
    else:
        tokenizer = open_tokenizer(model_place(opened.experiment.model, run))
    temporary = out.with_name(f".tmp-{os.getpid()}-{out.name}")
    try:
        with quiet():
            network.save_pretrained(temporary)
            tokenizer.save_pretrained(temporary)
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(out)
    except OSError as error:
        raise WorkError(f"{out}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _say_fresh_ids(network: Any) -> None:
    """Let generation begin and end with the ids that fresh symbols brought, not with those that the model had."""
    settings = getattr(network, "generation_config", None)
    if settings is not None:
        for name in ("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"):
            setattr(settings, name, getattr(network.config, name, None))


def _merged(network: Any) -> Any:
    """Adapters become part of the weights that they adapt."""
    from peft.tuners.lora import LoraLayer

    for name, module in list(network.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            parent, _, last = name.rpartition(".")
            setattr(network.get_submodule(parent), last, module.get_base_layer())
    if hasattr(network, "peft_config"):
        del network.peft_config
        network._hf_peft_config_loaded = False
    return network
