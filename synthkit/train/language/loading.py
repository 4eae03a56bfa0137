"""Models of transformers, by name on the hub or from a directory, pre-trained or from scratch."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from synthkit.errors import InputError, WorkError
from synthkit.models.language.quiet import quiet
from synthkit.models.language.tiny import TINY, save_tiny
from synthkit.train.language.record import LanguageModelChoice

__all__ = ["Opened", "layer_count", "model_place", "open_network", "open_tokenizer"]

_TINY = "tiny:"
_HEADS = {
    "classification": "AutoModelForSequenceClassification",
    "seq2seq": "AutoModelForSeq2SeqLM",
    "causal": "AutoModelForCausalLM",
    "masked": "AutoModelForMaskedLM",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A model as it was loaded.

    Attributes:
        network: The ``PreTrainedModel``, in float32, on the CPU.
        fresh: Parameters that are not pre-trained.
        limit: Most tokens that it can take; None where there is no limit.
    """

    network: Any
    fresh: frozenset[str]
    limit: int | None


def model_place(choice: LanguageModelChoice, folder: Path) -> str:
    """Where a model is: its name on the hub, or its directory; tiny models are built in ``folder``.

    Raises:
        InputError: No such directory or tiny model.
    """
    path = choice.path
    if path.startswith(_TINY):
        return str(_built(path.removeprefix(_TINY), folder))
    looks_like_path = path.startswith((".", "/", "~")) or path.count("/") > 1 or path.endswith("/")
    there = Path(path).expanduser()
    if there.is_dir():
        if not (there / "config.json").is_file():
            raise InputError(f"model.path: {path} holds no model: config.json is missing")
        return str(there)
    if looks_like_path or there.exists():
        raise InputError(f"model.path: {path}: no such directory")
    return path


def _built(architecture: str, folder: Path) -> Path:
    if architecture not in TINY:
        raise InputError(f"model.path: no tiny model is called {architecture!r}; there are: {', '.join(TINY)}")
    final = folder / f"tiny-{architecture}"
    if not (final / "config.json").is_file():
        temporary = folder / f".tmp-{os.getpid()}-{final.name}"
        shutil.rmtree(temporary, ignore_errors=True)
        with quiet():
            save_tiny(architecture, temporary)
        shutil.rmtree(final, ignore_errors=True)
        temporary.replace(final)
    return final


def open_tokenizer(place: str) -> Any:
    """The tokeniser of a model.

    Raises:
        InputError: There is none, or none of the fast kind.
    """
    from transformers import AutoTokenizer

    with quiet(), _told(place):
        tokenizer = AutoTokenizer.from_pretrained(place)
    if not tokenizer.is_fast:
        raise InputError(f"model.path: {place} has no fast tokeniser (tokenizer.json)")
    return tokenizer


def layer_count(choice: LanguageModelChoice, folder: Path) -> int:
    """Layers of a model, the encoder's and the decoder's together, without loading its weights.

    Raises:
        InputError: No such model.
    """
    from synthkit.models.language.parts import find_parts

    config = _config(choice, model_place(choice, folder), None)
    with quiet(), torch.device("meta"):
        return len(find_parts(_auto(choice.head, config).from_config(config)).layers)


def open_network(
    choice: LanguageModelChoice, place: str, labels: Sequence[str] | None, seed: int, *, weights: bool = False
) -> Opened:
    """A model with its head.

    Args:
        choice: Which.
        place: From `model_place`.
        labels: Classes, for ``classification``.
        seed: Of all weights that are fresh.
        weights: Whether attention weights are wanted, which only the plain implementation gives.

    Raises:
        InputError: No such model, no such head for it, or a configuration that does not fit its weights.
    """
    config = _config(choice, place, labels)
    auto = _auto(choice.head, config)
    settings: dict[str, Any] = {"attn_implementation": "eager"} if weights else {}
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if choice.weights == "scratch":
            network = auto.from_config(config, **settings)
            fresh = [name for name, _ in network.named_parameters()]
        else:
            with _told(place):
                network, info = auto.from_pretrained(
                    place,
                    config=config,
                    output_loading_info=True,
                    dtype=torch.float32,
                    use_safetensors=True,
                    ignore_mismatched_sizes=True,
                    **settings,
                )
            if info["mismatched_keys"]:
                name = sorted(str(key[0] if isinstance(key, tuple) else key) for key in info["mismatched_keys"])[0]
                raise InputError(f"model.config: weight {name} of {place} has another shape; use model.weights=scratch")
            fresh = sorted(info["missing_keys"])
    limit = getattr(config, "max_position_embeddings", None)
    if config.model_type == "roberta" and limit is not None:
        limit -= 2  # positions begin behind that of the padding
    return Opened(network, frozenset(fresh), None if config.model_type in ("t5", "mt5", "umt5") else limit)


def _config(choice: LanguageModelChoice, place: str, labels: Sequence[str] | None) -> Any:
    from transformers import AutoConfig

    with quiet(), _told(place):
        config = AutoConfig.from_pretrained(place)
    for name, value in choice.config.items():
        if not hasattr(config, name):
            raise InputError(f"model.config.{name}: the configuration of {place} has no such field")
        setattr(config, name, value)
    if labels is not None:
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: number for number, label in enumerate(labels)}
    config.use_cache = True
    return config


def _auto(head: str, config: Any) -> Any:
    import transformers

    auto = getattr(transformers, _HEADS[head])
    if type(config) not in auto._model_mapping:
        raise InputError(f"model.head: {config.model_type} has no {head} head in transformers")
    return auto


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Within it, what transformers raises is told in words of ours."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if Path(place).is_dir():
            raise WorkError(f"{place}: cannot be loaded: {first}") from error
        raise InputError(
            f"model.path: {place!r} is no directory, and not to be had from the Hugging Face hub here ({first}). On a "
            f"machine that reaches the hub: hf download {place} --local-dir DIR; then use --set model.path=DIR"
        ) from error
